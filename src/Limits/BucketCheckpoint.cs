namespace AiEdge.Limits;

/// <summary>What a bucket remembers over a restart.</summary>
/// <param name="Used">Units used, debt included.</param>
/// <param name="Window">The window's number; of a rate it says nothing.</param>
public readonly record struct BucketCheckpoint(long Used, long Window);
