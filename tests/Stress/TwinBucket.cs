using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What all twins of buckets share: they are drawn from and settled, and say what is used.</summary>
internal abstract class TwinBucket : LimitBucket
{
    public override long Remaining(long nowNs) => Math.Max(0, Capacity - Used(nowNs));

    public override long ResetNs(long nowNs) => 0;

    public override long ForecastNs(long ahead, long cost, long nowNs) => throw new NotSupportedException();

    public override BucketCheckpoint Checkpoint(long nowNs) => new(Used(nowNs), EpochAt(nowNs));

    public override void Restore(BucketCheckpoint past, long nowNs) => throw new NotSupportedException();

    internal override LimitDraw Probe(long cost, long nowNs) => new(DrawOutcome.RateRefused, 1);

    internal override LimitDraw Refuse(long cost, long nowNs) => Probe(cost, nowNs);

    internal override long EpochAt(long nowNs) => 0;
}
