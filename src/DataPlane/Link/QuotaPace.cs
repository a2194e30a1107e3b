using AiEdge.Limits;

namespace AiEdge.DataPlane.Link;

/// <summary>How often a plane asks for credit and how soon it comes back: in a small fleet often, in a large one as the control plane can bear.</summary>
internal static class QuotaPace
{
    /// <summary>Reports of buckets that a control plane is asked to take a second, before planes ask less often than they like.</summary>
    private const long ReportsASecond = 25_000;

    /// <summary>The most and the least that an answer is waited for before the control plane is taken to hang.</summary>
    public const long PatienceNsMax = LimitClock.SecondNs;
    private const long PatienceNsMin = LimitClock.SecondNs * 2 / 5;
    private const int PatienceTimes = 16;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EachPlane = TimeSpan.FromMilliseconds(10);

    /// <summary>From one turn to the next: a quarter of a second to a second. All planes are taken to use as many buckets as this one.</summary>
    /// <param name="planes">In the fleet; 0 where that is not known.</param>
    /// <param name="buckets">That are lent to this plane.</param>
    public static long TurnNs(int planes, int buckets) => planes == 0
        ? LimitClock.SecondNs
        : Math.Clamp((long)planes * buckets * (LimitClock.SecondNs / ReportsASecond), LimitClock.SecondNs / 4, LimitClock.SecondNs);

    /// <summary>
    /// How long an answer is waited for. Where answers come at once, one that does not is soon known to be none; where they are slow, on a busy
    /// machine, a plane that gave up soon would use its share while others are lent the same.
    /// </summary>
    /// <param name="slowestNs">What the slowest answer of late has taken.</param>
    public static long PatienceNs(long slowestNs) => Math.Clamp(slowestNs, PatienceNsMin / PatienceTimes, PatienceNsMax / PatienceTimes) * PatienceTimes;

    /// <summary>What the slowest of late has taken once another answer has come: it is forgotten by eighths.</summary>
    public static long Slowest(long slowestNs, long tookNs) => Math.Max(tookNs, slowestNs - slowestNs / 8);

    /// <summary>The time over which planes spread that come back together: a hundred of them a second.</summary>
    public static TimeSpan Spread(int planes, TimeSpan max) => Min(max, Least + EachPlane * planes);

    /// <summary>The bound of the wait after a further try in vain. Where the fleet's size is not known, it may be a large one.</summary>
    public static TimeSpan Next(TimeSpan last, int planes, TimeSpan max) =>
        Min(last * 2 + Least, planes == 0 ? max : Min(max, 5 * Least + EachPlane * planes));

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
