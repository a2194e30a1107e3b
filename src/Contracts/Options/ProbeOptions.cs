using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>How a provider is asked whether it is there, besides its requests (<c>providers.NAME.probe</c>).</summary>
public sealed class ProbeOptions
{
    /// <summary>What is asked for, from the host's root on.</summary>
    public static readonly StringField PathField = new("path", TextRules.RequestPath) { IsRequired = true };

    /// <summary>How long it is from one question to the next.</summary>
    public static readonly DurationField IntervalField = new("interval", "10s", "100ms", "1h");

    /// <summary>How long one answer may take, the connection included.</summary>
    public static readonly DurationField TimeoutField = new("timeout", "2s", "10ms", "60s");

    /// <summary>Failures in a row by which it is taken to be gone.</summary>
    public static readonly IntegerField FailuresField = new("failures", 3, 1, 100);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("probe", PathField, IntervalField, TimeoutField, FailuresField);

    /// <summary>See <see cref="PathField"/>.</summary>
    public Setting<string> Path { get; private init; }

    /// <summary>See <see cref="IntervalField"/>.</summary>
    public Setting<TimeSpan> Interval { get; private init; }

    /// <summary>See <see cref="TimeoutField"/>.</summary>
    public Setting<TimeSpan> Timeout { get; private init; }

    /// <summary>See <see cref="FailuresField"/>.</summary>
    public Setting<int> Failures { get; private init; }

    /// <summary>Reads the section; null where there is none.</summary>
    public static ProbeOptions? Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? null : new ProbeOptions
        {
            Path = reader.Get(PathField),
            Interval = reader.Get(IntervalField),
            Timeout = reader.Get(TimeoutField),
            Failures = reader.Get(FailuresField),
        };
}
