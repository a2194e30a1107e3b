using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>A clock that stands still at the Unix epoch, so that the first window has the number 0.</summary>
internal sealed class UnixEpoch : TimeProvider
{
    public override long TimestampFrequency => LimitClock.SecondNs;

    public override long GetTimestamp() => 0;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
}
