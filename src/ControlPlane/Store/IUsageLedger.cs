namespace AiEdge.ControlPlane.Store;

/// <summary>A record as a plane reported it.</summary>
/// <param name="Sequence">Its number in its epoch; grows within a batch.</param>
/// <param name="EndedUnixMs">When its exchange ended, by the plane's clock; the receiver has put it right where it cannot be.</param>
/// <param name="Bytes">Opaque here; at most <see cref="IUsageLedger.RecordBytesMax"/>.</param>
/// <param name="Parsed">Handed on to who follows, so that nothing is read twice; not stored.</param>
internal readonly record struct LedgerRecord(ulong Sequence, long EndedUnixMs, ReadOnlyMemory<byte> Bytes, object? Parsed = null);

/// <summary>Records of one epoch of one plane, in their order.</summary>
internal sealed class LedgerBatch
{
    /// <summary>At most <see cref="IUsageLedger.PlaneIdCharsMax"/> ASCII characters.</summary>
    public required string PlaneId { get; init; }

    /// <summary>The epoch's 16 bytes as a number.</summary>
    public required UInt128 Epoch { get; init; }

    /// <summary>Every record of the epoch up to it is in this batch or was in one before.</summary>
    public required ulong ThroughSequence { get; init; }

    /// <summary>
    /// The sequence that a batch before it reached which the same caller has handed over: where that one did not get in, neither does this. 0 for the
    /// caller's first of an epoch.
    /// </summary>
    public ulong AfterSequence { get; init; }

    /// <summary>No more records of the epoch will come.</summary>
    public bool IsClosed { get; init; }

    /// <summary>When it came.</summary>
    public required long ReceivedUnixMs { get; init; }

    public required IReadOnlyList<LedgerRecord> Records { get; init; }
}

/// <summary>A batch as the ledger keeps it: without the records that were there before.</summary>
/// <param name="Number">1, 2, 3 … over all planes.</param>
/// <param name="Batch">What was new.</param>
internal readonly record struct StoredBatch(ulong Number, LedgerBatch Batch);

/// <summary>Keeps something that follows from the ledger, such as sums.</summary>
internal interface ILedgerFollower
{
    /// <summary>The last batch that it contains, durably: those behind it are handed over again after a start.</summary>
    ulong Through { get; }

    /// <summary>Takes the next batch, which is durable. One at a time, in order, from a thread of the ledger's.</summary>
    void Take(in StoredBatch batch);
}

/// <summary>
/// What every exchange has used, exactly once by plane, epoch and sequence. Whoever implements it keeps: an append that has completed is
/// durable, records that come again are told to be there and counted once, followers see each batch once and in order.
/// </summary>
internal interface IUsageLedger
{
    const int RecordBytesMax = 64 << 10;

    const int RecordsMax = 1 << 16;

    const int PlaneIdCharsMax = 63;

    /// <summary>Up to which sequence everything of an epoch is durable; 0 for nothing.</summary>
    ulong Through(string planeId, UInt128 epoch);

    /// <summary>Whether a plane has said that no more of an epoch will come, durably.</summary>
    bool IsClosed(string planeId, UInt128 epoch);

    /// <summary>
    /// Stores what is new of a batch; durable when this completes. Throws <see cref="IOException"/> where it cannot be stored, and where one before it
    /// was not (<see cref="LedgerBatch.AfterSequence"/>): nothing is acknowledged behind what is missing.
    /// </summary>
    /// <returns>Up to which sequence everything of the epoch is durable now.</returns>
    ValueTask<ulong> AppendAsync(LedgerBatch batch, CancellationToken cancel);

    /// <summary>Hands a follower all that it lacks, and from then on all that comes. Once, before the first append.</summary>
    /// <exception cref="StoreFault">Batches that it lacks are not kept any more.</exception>
    void Follow(ILedgerFollower follower);

    /// <summary>
    /// Nothing is handed to the follower once this has returned: it may end. What comes to the ledger from here on is handed over behind the
    /// next opening.
    /// </summary>
    void Unfollow();

    /// <summary>The follower contains all batches up to this one, durably: they may go once they are old enough.</summary>
    ValueTask ReleaseAsync(ulong through, CancellationToken cancel);

    /// <summary>What is kept, newest first, as far as a batch may hold records of that time. Does not disturb appends.</summary>
    /// <param name="fromUnixMs">The first millisecond.</param>
    /// <param name="toUnixMs">The first millisecond behind.</param>
    /// <param name="through">Of the newest batch that is wanted.</param>
    IEnumerable<StoredBatch> ReadBackwards(long fromUnixMs, long toUnixMs, ulong through = ulong.MaxValue);
}
