using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>
/// Deadlines towards a provider (<c>timeouts:</c>). What is not written here comes from the next wider place: a target's
/// from its model, a model's from the provider, a provider's from the document.
/// </summary>
public sealed class TimeoutsOptions
{
    /// <summary>To reach the provider: name, connection, TLS.</summary>
    public static readonly DurationField ConnectField = new("connect", "2s", "1ms", "10m");

    /// <summary>From a streamed request's end to the first event with content.</summary>
    public static readonly DurationField FirstByteField = new("firstByte", "180s", "1ms", "24h", ZeroDuration.Off);

    /// <summary>The provider's silence within a streamed answer.</summary>
    public static readonly DurationField IdleField = new("idle", "180s", "1ms", "24h", ZeroDuration.Off);

    /// <summary>From the end of a request that is not streamed to the end of its answer: of one attempt.</summary>
    public static readonly DurationField WholeField = new("whole", "off", "1ms", "24h", ZeroDuration.Off);

    /// <summary>One exchange with all of its attempts.</summary>
    public static readonly DurationField TotalField = new("total", "30m", "1ms", "24h", ZeroDuration.Off);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("timeouts", ConnectField, FirstByteField, IdleField, WholeField, TotalField);

    /// <summary>Nothing written.</summary>
    public static readonly TimeoutsOptions None = new();

    /// <summary>See <see cref="ConnectField"/>.</summary>
    public Setting<TimeSpan> Connect { get; init; }

    /// <summary>See <see cref="FirstByteField"/>.</summary>
    public Setting<TimeSpan> FirstByte { get; init; }

    /// <summary>See <see cref="IdleField"/>.</summary>
    public Setting<TimeSpan> Idle { get; init; }

    /// <summary>See <see cref="WholeField"/>.</summary>
    public Setting<TimeSpan> Whole { get; init; }

    /// <summary>See <see cref="TotalField"/>.</summary>
    public Setting<TimeSpan> Total { get; init; }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static TimeoutsOptions Read(ConfigNode? node, FaultList faults)
    {
        var reader = node is null ? null : FieldReader.Open(node, Table, faults);
        return reader is null ? None : new TimeoutsOptions
        {
            Connect = reader.Get(ConnectField),
            FirstByte = reader.Get(FirstByteField),
            Idle = reader.Get(IdleField),
            Whole = reader.Get(WholeField),
            Total = reader.Get(TotalField),
        };
    }

    /// <summary>These deadlines, completed by those of a wider place.</summary>
    public TimeoutsOptions Over(TimeoutsOptions wider)
    {
        ArgumentNullException.ThrowIfNull(wider);
        return new TimeoutsOptions
        {
            Connect = Connect.Or(wider.Connect),
            FirstByte = FirstByte.Or(wider.FirstByte),
            Idle = Idle.Or(wider.Idle),
            Whole = Whole.Or(wider.Whole),
            Total = Total.Or(wider.Total),
        };
    }
}
