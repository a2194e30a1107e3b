using FASTER.core;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Where FASTER keeps its commits: the segments are synced, then the commit's slot is written, then the mark, and only then has anything
/// been committed. The mark is the journal's own memory of how far it was: what FASTER recovers is held against it.
/// What was committed survives the end of the process. It survives the end of the machine once slot and mark are synced, too: at once
/// where that is asked for, else some commits later, as three syncs for each would cost more than all else that is done for a record.
/// </summary>
/// <remarks>FASTER calls this on a thread of its own while the journal's thread waits for it: never two at a time.</remarks>
internal sealed class JournalCommits(JournalDevice device, JournalSlots commits, JournalSlots mark) : ILogCommitManager
{
    private readonly SemaphoreSlim _ended = new(0);

    /// <summary>Whether each commit is synced whole.</summary>
    public bool IsStrict { get; set; } = true;

    /// <summary>What the next commit covers besides addresses.</summary>
    public long BeginSequence { get; set; }

    public long NextSequence { get; set; }

    public long Epoch { get; set; }

    /// <summary>What the mark says besides.</summary>
    public JournalNote Note { get; } = JournalNote.Read(mark.Note);

    /// <summary>The last extent that is on disk.</summary>
    public JournalExtent Stored { get; private set; } = mark.Extent;

    /// <summary>Why a commit did not get there.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// Sleeps until FASTER has called for a commit and that is over. FASTER's own wait keeps a processor busy for as long as the
    /// disk takes. False after <paramref name="timeoutMs"/>: where the device has failed, it never calls.
    /// </summary>
    public bool Await(int timeoutMs) => _ended.Wait(timeoutMs);

    public void Commit(long beginAddress, long untilAddress, byte[] commitMetadata, long commitNum, bool forceWriteMetadata)
    {
        var extent = new JournalExtent(beginAddress, untilAddress, BeginSequence, NextSequence, Epoch);
        try
        {
            device.Sync();
            commits.Write(extent, commitMetadata);
            if (IsStrict)
                commits.Sync();
            mark.Write(extent, Note.Bytes);
            if (IsStrict)
                mark.Sync();
            Stored = extent;
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

    /// <summary>Puts the note on disk, of what was committed before.</summary>
    public void StoreNote()
    {
        mark.Write(Stored, Note.Bytes);
        mark.Sync();
    }

    /// <summary>Puts on disk what commits that were not strict have written. Not while one is under way.</summary>
    public void Sync()
    {
        try
        {
            commits.Sync();
            mark.Sync();
        }
        catch (IOException e)
        {
            Failure = e.Message;
        }
    }

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
}
