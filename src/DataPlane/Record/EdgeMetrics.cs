using System.Collections.Concurrent;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>The process's counters. Label sets are bounded: names from the configuration and words of ours, never a client's text.</summary>
internal sealed class EdgeMetrics
{
    private static readonly int Kinds = Enum.GetValues<ErrorKind>().Length;
    private readonly ConcurrentDictionary<(string Model, string Provider, string? Variant), TargetState> _targets = new();
    private readonly long[] _errors = new long[Kinds];
    private readonly long[] _untargeted = new long[Enum.GetValues<EndReason>().Length];
    private long _connectionsOpen;
    private long _connections;
    private long _connectionsRefused;
    private long _streamsOpen;
    private long _exchangesOpen;

    public long ConnectionsOpen => Volatile.Read(ref _connectionsOpen);

    public long Connections => Volatile.Read(ref _connections);

    public long ConnectionsRefused => Volatile.Read(ref _connectionsRefused);

    public long StreamsOpen => Volatile.Read(ref _streamsOpen);

    public long ExchangesOpen => Volatile.Read(ref _exchangesOpen);

    public StageTimes Stages { get; } = new();

    public ICollection<TargetState> Targets => _targets.Values;

    public long Errors(ErrorKind kind) => Volatile.Read(ref _errors[(int)kind]);

    /// <summary>Exchanges that ended so before a target was chosen for them, or had none to be chosen.</summary>
    public long Untargeted(EndReason end) => Volatile.Read(ref _untargeted[(int)end]);

    public long OnConnected()
    {
        Interlocked.Increment(ref _connections);
        return Interlocked.Increment(ref _connectionsOpen);
    }

    public void OnDisconnected() => Interlocked.Decrement(ref _connectionsOpen);

    public void OnConnectionRefused() => Interlocked.Increment(ref _connectionsRefused);

    public void OnStream(int change) => Interlocked.Add(ref _streamsOpen, change);

    public void OnExchangeBegun() => Interlocked.Increment(ref _exchangesOpen);

    /// <summary>Gives an exchange's target its counters, which a new configuration does not know yet.</summary>
    public void Know(Exchange exchange) => exchange.Target!.State ??= StateOf(exchange.Model!, exchange.Target);

    /// <summary>Counts an exchange that has ended.</summary>
    public void OnExchangeEnded(Exchange exchange)
    {
        Interlocked.Decrement(ref _exchangesOpen);
        if (exchange.Error.IsError)
            Interlocked.Increment(ref _errors[(int)exchange.Error.Kind]);
        Stages.Add(exchange);
        if (exchange.Target is { } target)
            (target.State ??= StateOf(exchange.Model!, target)).Add(exchange);
        else
            Interlocked.Increment(ref _untargeted[(int)exchange.End]);
    }

    private TargetState StateOf(ModelModel model, TargetModel target) => _targets.GetOrAdd(
        (model.Name, target.Provider.Name, target.Variant), static name => new TargetState(name.Model, name.Provider, name.Variant));
}
