using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinLink"/>.</summary>
public enum LinkDefect
{
    None,

    /// <summary>Compares the number, and writes the reason later.</summary>
    PlainStop,

    /// <summary>The word holds the reason alone.</summary>
    NoNumber,

    /// <summary>A later reason takes the place of an earlier one.</summary>
    LastReasonWins,

    /// <summary>An attachment looks for a reason before it shows the lease.</summary>
    LooksFirst,

    /// <summary>A stop looks for a lease before it shows the reason.</summary>
    StopLooksFirst,
}

/// <summary>The stop word of a client's link once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinLink(LinkDefect defect) : ILink
{
    private long _stop;
    private long _number;
    private long _lease;
    private IUpstreamLease? _upstream;

    public long Number => Volatile.Read(ref _number);

    public StopReason Reason => (StopReason)(Volatile.Read(ref _stop) & 0xff);

    public void Begin()
    {
        Volatile.Write(ref _number, _number + 1);
        Volatile.Write(ref _stop, _number << 8);
    }

    public bool Attach(IUpstreamLease upstream, long lease)
    {
        Volatile.Write(ref _lease, lease);
        var seen = Reason;
        if (defect == LinkDefect.LooksFirst)
            Race.Gap();
        Interlocked.Exchange(ref _upstream, upstream);
        if (defect != LinkDefect.LooksFirst)
            seen = Reason;
        return seen == StopReason.None;
    }

    public void Detach() => Interlocked.Exchange(ref _upstream, null);

    public void Stop(long number, StopReason reason)
    {
        var upstream = Volatile.Read(ref _upstream);
        if (defect == LinkDefect.StopLooksFirst)
            Race.Gap();
        if (!SetReason(number, reason))
            return;
        if (defect != LinkDefect.StopLooksFirst)
            upstream = Volatile.Read(ref _upstream);
        upstream?.Abort(Volatile.Read(ref _lease));
    }

    private bool SetReason(long number, StopReason reason)
    {
        switch (defect)
        {
            case LinkDefect.PlainStop:
                if (Volatile.Read(ref _stop) != number << 8)
                    return false;
                Race.Gap();
                Volatile.Write(ref _stop, number << 8 | (byte)reason);
                return true;
            case LinkDefect.NoNumber:
                var seen = Volatile.Read(ref _stop);
                Race.Gap();
                return (seen & 0xff) == 0 && Interlocked.CompareExchange(ref _stop, seen | (byte)reason, seen) == seen;
            case LinkDefect.LastReasonWins:
                seen = Volatile.Read(ref _stop);
                return seen >> 8 == number && Interlocked.CompareExchange(ref _stop, number << 8 | (byte)reason, seen) == seen;
            default:
                return Interlocked.CompareExchange(ref _stop, number << 8 | (byte)reason, number << 8) == number << 8;
        }
    }
}
