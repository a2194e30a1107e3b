using FASTER.core;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// Where FASTER keeps a log's commits: the segments are synced, then the commit's slot is written, then the mark, each on disk before the
/// next, and only then has anything been committed. The mark is the store's own memory of how far it was: what FASTER recovers is held
/// against it.
/// </summary>
/// <remarks>FASTER may call this on a thread of its own while the log's thread waits for it: never two at a time.</remarks>
internal sealed class LogCommits(LogDevice device, LogSlots commits, LogSlots mark) : ILogCommitManager
{
    private readonly SemaphoreSlim _ended = new(0);
    private byte[] _note = commits.Note;
    private ulong _storedNext = mark.Extent.NextNumber;

    /// <summary>What the next commit covers besides addresses.</summary>
    public ulong BeginNumber { get; set; }

    public ulong NextNumber { get; set; }

    public ulong Released { get; set; }

    /// <summary>The last extent that is on disk; for the log's thread.</summary>
    public LogExtent Stored { get; private set; } = mark.Extent;

    /// <summary>The number of the first item that is not durable; for all threads.</summary>
    public ulong StoredNext => Volatile.Read(ref _storedNext);

    /// <summary>Why a commit did not get there.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// Sleeps until FASTER has called for a commit and that is over; its own wait keeps a processor busy for as long as the disk takes.
    /// False after <paramref name="timeoutMs"/>: where the device has failed, it never calls.
    /// </summary>
    public bool Await(int timeoutMs) => _ended.Wait(timeoutMs);

    public void Commit(long beginAddress, long untilAddress, byte[] commitMetadata, long commitNum, bool forceWriteMetadata)
    {
        try
        {
            device.Sync();
            Store(new(beginAddress, untilAddress, BeginNumber, NextNumber, Released), commitMetadata);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not thrown: nobody waits on the thread that it would be thrown on.
            Failure = e.Message;
        }
        finally
        {
            _ended.Release();
        }
    }

    /// <summary>Puts on disk that a state contains more, where no entry is new.</summary>
    public void StoreReleased() => Store(Stored with { Released = Released }, _note);

    public byte[]? GetCommitMetadata(long commitNum) => commits.Note.Length > 0 ? commits.Note : null;

    public IEnumerable<long> ListCommits() => commits.Note.Length > 0 ? [1L] : [];

    public void RemoveCommit(long commitNum)
    {
        // The slots are written over in turn.
    }

    public void RemoveAllCommits()
    {
        // The slots are written over in turn.
    }

    public void OnRecovery(long commitNum)
    {
        // There is nothing older to tidy up.
    }

    public void Dispose()
    {
        commits.Dispose();
        mark.Dispose();
        _ended.Dispose();
    }

    private void Store(in LogExtent extent, byte[] note)
    {
        commits.Store(extent, note);
        mark.Store(extent, []);
        _note = note;
        Stored = extent;
        Volatile.Write(ref _storedNext, extent.NextNumber);
    }
}
