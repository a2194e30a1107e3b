using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Asks providers that have a <c>probe</c> now and then whether they are there. One that fails so often in a row has its targets ejected, whatever their
/// requests say; the first answer after that brings them back. What requests themselves ejected has its own time: an answer to a probe says of a provider
/// that it is there, and not that its models work.
/// </summary>
/// <remarks>
/// Driven by the wheel's tick, one question at a time for each provider; an exchange knows nothing of it but its targets' health. An ejection is renewed by
/// each failure, and ends by itself should nobody renew it.
/// </remarks>
internal sealed class ProviderWatch(EdgeClock clock, UpstreamPools pools, RouteStates routes, Action<string> say, Action<Exception> onDefect)
{
    private Watched[] _watched = [];

    /// <summary>Providers that are asked, as they stand.</summary>
    public IReadOnlyList<Watched> All => Volatile.Read(ref _watched);

    /// <summary>Goes on with another configuration. Not by two threads at a time.</summary>
    public void Use(ConfigSnapshot config)
    {
        var watched = new List<Watched>();
        foreach (var provider in config.Providers)
        {
            if (provider is not { Probe: { } probe, IsDisabled: false })
                continue;
            var known = Array.Find(_watched, one => one.Provider.Name == provider.Name && one.Provider.EndpointIdentity == provider.EndpointIdentity);
            var state = known?.State ?? new ProbeState(clock.CoarseMs + (long)(probe.Interval.TotalMilliseconds * Random.Shared.NextDouble()));
            watched.Add(new Watched(provider, probe, state));
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
                _ = AskAsync(one);
        }
    }

    private async Task AskAsync(Watched one)
    {
        try
        {
            if (await ProviderProbe.AskAsync(pools.Of(one.Provider), one.Probe) is { } isThere)
                Judge(one, isThere);
        }
        catch (Exception defect)
        {
            onDefect(defect);
        }

        one.State.Turns.End(clock.CoarseMs, one.Probe.Interval);
    }

    private void Judge(Watched one, bool isThere)
    {
        var (state, probe, now) = (one.State, one.Probe, clock.CoarseMs);
        Interlocked.Increment(ref isThere ? ref state.Answered : ref state.Failed);
        state.Row = isThere ? 0 : Math.Min(state.Row + 1, probe.Failures);
        var isGone = state.Row >= probe.Failures;
        if (isGone != state.IsGone)
            say($"provider {one.Provider.Name}: " + (isGone ? "its probe has failed, and its targets are not asked" : "its probe is answered again"));
        if (!isGone && !state.IsGone)
            return;
        state.IsGone = isGone;

        // Longer than until the next failure, however busy the machine is.
        var until = now + TargetHealth.EjectedMs + (long)((2 * probe.Interval) + probe.Timeout).TotalMilliseconds;
        foreach (var target in routes.Targets)
        {
            if (target.Provider != one.Provider.Name)
                continue;
            if (isGone)
            {
                target.Health.Eject(now, until);
                continue;
            }

            target.Load.Forget();
            target.Health.Return(now);
        }
    }

    /// <summary>A provider that is asked.</summary>
    internal sealed record Watched(ProviderModel Provider, ProbeModel Probe, ProbeState State);

    /// <summary>What is known of one: written by the question that is under way, of which there is one at a time.</summary>
    internal sealed class ProbeState(long dueMs)
    {
        /// <summary>Questions that were answered well.</summary>
        public long Answered;

        /// <summary>Questions that were not.</summary>
        public long Failed;

        /// <summary>When it is asked.</summary>
        public Recurrence Turns { get; } = new(dueMs);

        /// <summary>Failures in a row.</summary>
        public int Row { get; set; }

        /// <summary>Whether it is taken to be gone.</summary>
        public bool IsGone { get; set; }
    }
}
