using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>How a provider is asked how busy it is, and from where on its targets count as full (<c>providers.NAME.capacity</c>).</summary>
public sealed class CapacityOptions
{
    /// <summary>Where its metrics are where no path is written.</summary>
    public const string DefaultPath = "/metrics";

    /// <summary>Where its metrics are, in Prometheus' text format, from the host's root on.</summary>
    public static readonly StringField PathField = new("path", TextRules.RequestPath) { Default = DefaultPath };

    /// <summary>How long it is from one reading to the next.</summary>
    public static readonly DurationField IntervalField = new("interval", "2s", "100ms", "1h");

    /// <summary>How long one reading may take, a connection included.</summary>
    public static readonly DurationField TimeoutField = new("timeout", "1s", "10ms", "60s");

    /// <summary>Requests that wait at the server from which on it is full; left out, any number may.</summary>
    public static readonly CountField QueueField = new("queue", 1, 1_000_000);

    /// <summary>The part of its key-value cache in use from which on it is full; left out, all of it may be.</summary>
    public static readonly PercentField CacheField = new("cache");

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("capacity", PathField, IntervalField, TimeoutField, QueueField, CacheField);

    /// <summary>See <see cref="PathField"/>.</summary>
    public Setting<string> Path { get; private init; }

    /// <summary>See <see cref="IntervalField"/>.</summary>
    public Setting<TimeSpan> Interval { get; private init; }

    /// <summary>See <see cref="TimeoutField"/>.</summary>
    public Setting<TimeSpan> Timeout { get; private init; }

    /// <summary>See <see cref="QueueField"/>.</summary>
    public Setting<long> Queue { get; private init; }

    /// <summary>See <see cref="CacheField"/>; percent.</summary>
    public Setting<int> Cache { get; private init; }

    /// <summary>Reads the section; null where there is none.</summary>
    public static CapacityOptions? Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? null : new CapacityOptions
        {
            Path = reader.Get(PathField),
            Interval = reader.Get(IntervalField),
            Timeout = reader.Get(TimeoutField),
            Queue = reader.Get(QueueField),
            Cache = reader.Get(CacheField),
        };
}
