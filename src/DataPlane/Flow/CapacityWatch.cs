using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Reads now and then how busy providers say that they are, where they have a <c>capacity</c>, and tells their targets. What is not read anew is forgotten
/// after a few intervals, so a server whose metrics are gone is used as one that never had any.
/// </summary>
/// <remarks>Driven by the wheel's tick, one reading at a time for each provider; an exchange sees nothing of it but its targets' signals.</remarks>
internal sealed class CapacityWatch(EdgeClock clock, UpstreamPools pools, RouteStates routes, Action<string> say, Action<Exception> onDefect)
{
    private Watched[] _watched = [];

    /// <summary>Providers that are read, as they stand.</summary>
    public IReadOnlyList<Watched> All => Volatile.Read(ref _watched);

    /// <summary>Goes on with another configuration. Not by two threads at a time.</summary>
    public void Use(ConfigSnapshot config)
    {
        var watched = new List<Watched>();
        foreach (var provider in config.Providers)
        {
            if (provider is not { Capacity: { } capacity, IsDisabled: false })
                continue;
            var known = Array.Find(_watched, one => one.Provider.Name == provider.Name && one.Provider.EndpointIdentity == provider.EndpointIdentity);
            watched.Add(new Watched(provider, capacity, known?.State ?? new ReadingState(clock.CoarseMs)));
        }

        Volatile.Write(ref _watched, [.. watched]);
    }

    /// <summary>Begins what is due. Called by one thread at a time, and waits for nothing.</summary>
    public void Tick()
    {
        var now = clock.CoarseMs;
        foreach (var one in Volatile.Read(ref _watched))
        {
            if (one.State.Turns.TryBegin(now))
                _ = ReadAsync(one);
        }
    }

    private async Task ReadAsync(Watched one)
    {
        try
        {
            Judge(one, await one.State.Reading.ReadAsync(pools.Of(one.Provider), one.Capacity));
        }
        catch (Exception defect)
        {
            onDefect(defect);
        }

        one.State.Turns.End(clock.CoarseMs, one.Capacity.Interval);
    }

    private void Judge(Watched one, ReadingOutcome outcome)
    {
        if (outcome == ReadingOutcome.None)
            return;
        var state = one.State;
        Interlocked.Increment(
            ref outcome == ReadingOutcome.Read ? ref state.Read : ref outcome == ReadingOutcome.Failed ? ref state.Failed : ref state.Unknown);
        if (outcome != state.Last)
        {
            say($"provider {one.Provider.Name}: " + outcome switch
            {
                ReadingOutcome.Read => "its metrics say how busy it is",
                ReadingOutcome.Unknown => "its metrics hold nothing that says how busy it is",
                _ => "its metrics cannot be read",
            });
        }

        state.Last = outcome;
        if (outcome != ReadingOutcome.Read)
            return;
        var until = clock.CoarseMs + one.Capacity.KeptMs;
        foreach (var target in routes.Targets)
        {
            if (target.Provider == one.Provider.Name)
                target.Signals?.Report(state.Reading.Loads.Of(Encoding.UTF8.GetBytes(target.Model)), target.Load.Pending, until);
        }
    }

    /// <summary>A provider that is read.</summary>
    internal sealed record Watched(ProviderModel Provider, CapacityModel Capacity, ReadingState State);

    /// <summary>What is known of one: written by the reading that is under way, of which there is one at a time.</summary>
    internal sealed class ReadingState(long dueMs)
    {
        /// <summary>Readings that said something.</summary>
        public long Read;

        /// <summary>Readings that had no answer.</summary>
        public long Failed;

        /// <summary>Readings that held nothing of use.</summary>
        public long Unknown;

        /// <summary>When it is read.</summary>
        public Recurrence Turns { get; } = new(dueMs);

        /// <summary>What became of the last one.</summary>
        public ReadingOutcome Last { get; set; }

        public CapacityReading Reading { get; } = new();
    }
}
