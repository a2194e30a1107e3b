using FASTER.core;

namespace AiEdge.DataPlane.Record;

/// <summary>What a commit is to survive. Each includes the ones before it.</summary>
internal enum CommitDepth
{
    /// <summary>The end of the process: it is written.</summary>
    Process,

    /// <summary>The end of the machine: it is on disk.</summary>
    Machine,

    /// <summary>The same, and the mark is on disk, too, so that a commit that gets lost from the disk afterwards is missed.</summary>
    Mark,
}

/// <summary>
/// Where commits are kept, FASTER's and the journal's own: the commit's slot is written, then the mark, and only then has anything been
/// committed. The mark is the journal's own memory of how far it was: what FASTER recovers is held against it.
/// What is written survives the end of the process, and a sync costs more than all else that is done for a record; so only a commit that
/// is to survive the end of the machine, too, syncs the segments before its slot is written, and the slot after. In between the slot
/// says that it is loose (<see cref="JournalSlots"/>).
/// </summary>
/// <remarks>FASTER calls this on a thread of its own while the journal's thread waits for it: never two at a time.</remarks>
internal sealed class JournalCommits(JournalDevice device, JournalSlots commits, JournalSlots mark) : ILogCommitManager
{
    private readonly SemaphoreSlim _ended = new(0);
    private long _count;

    /// <summary>What the next commit is to survive.</summary>
    public CommitDepth Depth { get; set; } = CommitDepth.Mark;

    /// <summary>What the next commit covers besides addresses.</summary>
    public long BeginSequence { get; set; }

    public long NextSequence { get; set; }

    public long Epoch { get; set; }

    /// <summary>What the mark says besides.</summary>
    public JournalNote Note { get; } = JournalNote.Read(mark.Note);

    /// <summary>How many commits have ended.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>What was committed last.</summary>
    public JournalExtent Stored { get; private set; } = commits.Extent;

    /// <summary>Why a commit did not get there.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// Sleeps until a commit has ended, at most for <paramref name="timeoutMs"/>: where the device has failed, FASTER never calls for it. Its
    /// own wait would keep a processor busy.
    /// </summary>
    public void Await(int timeoutMs) => _ended.Wait(timeoutMs);

    public void Commit(long beginAddress, long untilAddress, byte[] commitMetadata, long commitNum, bool forceWriteMetadata)
    {
        var extent = new JournalExtent(beginAddress, untilAddress, BeginSequence, NextSequence, Epoch);
        try
        {
            device.Sync();
            commits.Write(extent, commitMetadata, isLoose: false);
            if (Depth >= CommitDepth.Machine)
                commits.Sync();
            // Loose as long as it is not synced: what it says of a commit must not reach the disk before the commit, to be believed there.
            mark.Write(extent, Note.Bytes, isLoose: Depth < CommitDepth.Mark);
            if (Depth == CommitDepth.Mark)
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
            Volatile.Write(ref _count, _count + 1);
            _ended.Release();
        }
    }

    /// <summary>
    /// Commits what is written already, without FASTER, which hears of it only when the journal is opened again: to survive the end of the
    /// process.
    /// </summary>
    public void CommitLoose(long beginAddress, long untilAddress)
    {
        var extent = new JournalExtent(beginAddress, untilAddress, BeginSequence, NextSequence, Epoch);
        try
        {
            commits.Write(extent, commits.Note, isLoose: true);
            mark.Write(extent, Note.Bytes, isLoose: true);
            Stored = extent;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = e.Message;
        }
    }

    /// <summary>Puts the note on disk, of what was committed before.</summary>
    public void StoreNote()
    {
        mark.Write(Stored, Note.Bytes, isLoose: false);
        mark.Sync();
    }

    /// <summary>Puts on disk what commits have left loose. Not while one is under way.</summary>
    public void Sync()
    {
        try
        {
            if (commits.IsDirty || commits.IsLoose)
            {
                device.Sync();
                commits.Write(Stored, commits.Note, isLoose: false);
                commits.Sync();
            }

            if (mark.IsDirty || mark.IsLoose)
                StoreNote();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = e.Message;
        }
    }

    public byte[]? GetCommitMetadata(long commitNum) => commits.Extent.Until > JournalLayout.FirstAddress ? Metadata() : null;

    public IEnumerable<long> ListCommits() => commits.Extent.Until > JournalLayout.FirstAddress ? [1L] : [];

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

    /// <summary>
    /// FASTER's account of its last commit, brought to where the journal is: there may have been loose commits since. Where there was none of
    /// FASTER's at all, the account is made from what the slot says.
    /// </summary>
    private byte[] Metadata()
    {
        var info = default(FasterLogRecoveryInfo);
        if (commits.Note.Length > 0)
            info.Initialize(new BinaryReader(new MemoryStream(commits.Note)));
        info.BeginAddress = commits.Extent.Begin;
        info.UntilAddress = commits.Extent.Until;
        return info.ToByteArray();
    }
}
