using AiEdge.Limits;

namespace AiEdge.DataPlane.Link;

/// <summary>How often a plane asks for credit and how soon it comes back: in a small fleet often, in a large one as the control plane can bear.</summary>
internal static class QuotaPace
{
    /// <summary>Reports of buckets that a control plane is asked to take a second, before planes ask less often than they like.</summary>
    private const long ReportsASecond = 25_000;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EachPlane = TimeSpan.FromMilliseconds(10);

    /// <summary>From one turn to the next: a quarter of a second to a second. All planes are taken to use as many buckets as this one.</summary>
    /// <param name="planes">In the fleet; 0 where that is not known.</param>
    /// <param name="buckets">That are lent to this plane.</param>
    public static long TurnNs(int planes, int buckets) => planes == 0
        ? LimitClock.SecondNs
        : Math.Clamp((long)planes * buckets * (LimitClock.SecondNs / ReportsASecond), LimitClock.SecondNs / 4, LimitClock.SecondNs);

    /// <summary>The time over which planes spread that come back together: a hundred of them a second.</summary>
    public static TimeSpan Spread(int planes, TimeSpan max) => Min(max, Least + EachPlane * planes);

    /// <summary>The bound of the wait after a further try in vain. Where the fleet's size is not known, it may be a large one.</summary>
    public static TimeSpan Next(TimeSpan last, int planes, TimeSpan max) =>
        Min(last * 2 + Least, planes == 0 ? max : Min(max, 5 * Least + EachPlane * planes));

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
