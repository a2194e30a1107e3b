using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>The usage journal as a user writes it (<c>journal:</c>).</summary>
public sealed class JournalOptions
{
    /// <summary>When an answer's last bytes go out: at once, or after its record is on disk.</summary>
    public static readonly ChoiceField ModeField = new("mode", ["group", "sync"]) { Default = "group" };

    /// <summary>What a kill of the process may lose at most in group mode; records are gathered for a quarter of it.</summary>
    public static readonly DurationField CommitIntervalField = new("commitInterval", "20ms", "1ms", "1s");

    /// <summary>How often a stream under way is noted.</summary>
    public static readonly DurationField ProgressField = new("progress", "10s", "100ms", "10m");

    /// <summary>Largest size on disk.</summary>
    public static readonly SizeField BytesMaxField = new("bytesMax", "256mb", "16mb", "64gb");

    /// <summary>What happens when the journal is full or its disk fails.</summary>
    public static readonly ChoiceField FullField = new("full", ["refuse", "continue-and-count", "drop-oldest"]) { Default = "refuse" };

    /// <summary>How long records are kept.</summary>
    public static readonly DurationField KeepField = new("keep", "24h", "1m", "8760h");

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("the journal", ModeField, CommitIntervalField, ProgressField, BytesMaxField, FullField, KeepField);

    /// <summary>The section; null where there is none.</summary>
    public ConfigMap? Node { get; private init; }

    /// <summary>See <see cref="ModeField"/>.</summary>
    public Setting<string> Mode { get; private init; }

    /// <summary>See <see cref="CommitIntervalField"/>.</summary>
    public Setting<TimeSpan> CommitInterval { get; private init; }

    /// <summary>See <see cref="ProgressField"/>.</summary>
    public Setting<TimeSpan> Progress { get; private init; }

    /// <summary>See <see cref="BytesMaxField"/>.</summary>
    public Setting<long> BytesMax { get; private init; }

    /// <summary>See <see cref="FullField"/>.</summary>
    public Setting<string> Full { get; private init; }

    /// <summary>See <see cref="KeepField"/>.</summary>
    public Setting<TimeSpan> Keep { get; private init; }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static JournalOptions Read(ConfigNode? node, FaultList faults)
    {
        var reader = node is null ? null : FieldReader.Open(node, Table, faults);
        return reader is null ? new JournalOptions() : new JournalOptions
        {
            Node = reader.Map,
            Mode = reader.Get(ModeField),
            CommitInterval = reader.Get(CommitIntervalField),
            Progress = reader.Get(ProgressField),
            BytesMax = reader.Get(BytesMaxField),
            Full = reader.Get(FullField),
            Keep = reader.Get(KeepField),
        };
    }
}
