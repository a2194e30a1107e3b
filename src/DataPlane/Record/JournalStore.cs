using AiEdge.DataPlane.Core;
using FASTER.core;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The journal on disk. Used by one thread at a time. What was appended is durable, as far as was asked for, once
/// <see cref="TryCommit"/> has returned true, and only then. A disk that fails once is trusted no more until the journal is opened anew: a second sync may well
/// succeed over what the first has lost.
/// </summary>
internal sealed class JournalStore : IDisposable
{
    /// <summary>Room that has to be there ahead of the tail, so that a full disk stops appends before it stops FASTER.</summary>
    private const long AheadBytes = 2 * JournalLayout.PageBytes;

    /// <summary>How often a wait for a commit looks whether the device has failed meanwhile.</summary>
    private const int AwaitMs = 50;

    private readonly FileStream _lock;
    private readonly JournalDevice _device;
    private readonly JournalCommits _commits;
    private readonly JournalTail _tail;
    private readonly FasterLog _log;
    private readonly List<JournalSegment> _segments;
    private readonly byte[] _record = new byte[JournalLayout.RecordBytesMax];
    private readonly string _folder;
    private readonly bool _isLoose;
    private long _checkpointed = long.MaxValue;
    private long _prepared = -1;
    private long _committed;
    private long _commit = -1;
    private bool _isRecovered;
    private string? _failure;

    private JournalStore(FileStream lockFile, string folder, JournalSurvey survey, JournalExtent extent)
    {
        _lock = lockFile;
        _folder = folder;
        _device = new JournalDevice(folder) { ReadUntil = extent.Until };
        var commit = JournalSlots.Open(Path.Combine(folder, JournalLayout.CommitFile), forWriting: true);
        var mark = JournalSlots.Open(Path.Combine(folder, JournalLayout.MarkFile), forWriting: true);
        // As they were judged: the slots that are not believed are written over next.
        if (commit.Extent != extent)
            commit.Revert();
        if (mark.IsDoubtful)
            mark.Revert();
        _isLoose = commit.IsLoose;
        Epoch = Math.Max(extent.Epoch, mark.Extent.Epoch) + 1;
        _commits = new JournalCommits(_device, commit, mark)
        {
            BeginSequence = extent.BeginSequence,
            NextSequence = extent.NextSequence,
            Epoch = Epoch,
        };
        _tail = new JournalTail(_device);
        _tail.Begin(extent.Until);
        _segments = survey.Segments;
        NextSequence = extent.NextSequence;
        _log = new FasterLog(new FasterLogSettings
        {
            LogDevice = _device,
            LogCommitManager = _commits,
            LogChecksum = LogChecksumType.PerEntry,
            PageSizeBits = JournalLayout.PageBits,
            MemorySizeBits = JournalLayout.MemoryBits,
            SegmentSizeBits = JournalLayout.SegmentBits,
            TryRecoverLatest = false,
        });
    }

    /// <summary>Counts how often this journal was opened; with an exchange's number it names the exchange for good.</summary>
    public long Epoch { get; }

    /// <summary>The number of the next record.</summary>
    public long NextSequence { get; private set; }

    /// <summary>Exchanges that a crash had left open and that were closed when the journal was opened.</summary>
    public int Closed { get; private set; }

    /// <summary>What limits have used, as all closed exchanges in it say; null where nobody asked for it.</summary>
    public LimitLedger? Ledger { get; private init; }

    /// <summary>What was found wrong and could be made good when the journal was opened; null if nothing was.</summary>
    public string? Warning { get; private set; }

    /// <summary>Bytes that the journal takes on disk, about.</summary>
    public long Bytes => _log.TailAddress - _log.BeginAddress;

    /// <summary>Why nothing can be appended; null while something can.</summary>
    public string? Failure => _failure ?? _device.Fault ?? _commits.Failure;

    /// <summary>Opens the folder's journal, or makes one. All that was committed is read and checked first.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="ledger">Empty; it is brought to where the journal ends, and kept there by whoever appends.</param>
    /// <param name="time">The present; null for the machine's own clock.</param>
    /// <exception cref="JournalFault">Another process has it, or it is damaged.</exception>
    public static JournalStore Open(string folder, LimitLedger? ledger = null, TimeProvider? time = null)
    {
        var nowUnixMs = (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds();
        Directory.CreateDirectory(folder);
        var lockFile = Lock(folder);
        try
        {
            if (JournalRecovery.Judge(folder, out var loss) is not { } extent)
            {
                JournalRecovery.Create(folder);
                extent = JournalExtent.Empty;
            }

            var replay = ledger is null ? null : LedgerReplay.Begin(folder, extent, JournalRecovery.HasCheckpoint(folder), ledger, nowUnixMs);
            var survey = JournalRecovery.Survey(folder, extent, replay);
            var warning = replay?.End(nowUnixMs);
            warning = loss is null || warning is null ? loss ?? warning : loss + "; " + warning;
            foreach (var segment in JournalLayout.Segments(folder))
            {
                if (segment < extent.Begin >> JournalLayout.SegmentBits)
                    File.Delete(JournalLayout.SegmentFile(folder, segment));
            }

            var store = new JournalStore(lockFile, folder, survey, extent) { Ledger = ledger, Warning = warning };
            try
            {
                store.Recover(survey, extent, replay, nowUnixMs);
                return store;
            }
            catch
            {
                store.Dispose();
                throw;
            }
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Appends a record. False where there is no room or the disk fails; then nothing was appended.</summary>
    public bool TryAppend(ExchangeRecord record, JournalKind kind, EndReason end, long exchange)
    {
        var length = JournalFormat.Write(_record, record, kind, end, Epoch, exchange, NextSequence);
        return TryAppend(_record.AsSpan(0, length));
    }

    /// <summary>Commits what was appended. False where that failed.</summary>
    /// <param name="depth">What it is to survive from now on; the rest it survives from the next <see cref="Sync"/> on.</param>
    public bool TryCommit(CommitDepth depth = CommitDepth.Mark)
    {
        _commits.NextSequence = NextSequence;
        _commits.Depth = depth;
        if (depth == CommitDepth.Process && MachineBoot.Id != 0)
            CommitLoose();
        else
            CommitByFaster();
        return Failure is null && _commits.Stored.NextSequence == NextSequence;
    }

    /// <summary>
    /// Puts on disk what limits have used. Between commits only: what was appended has to be committed, or lost for good. False where
    /// that failed; the old one is still there then.
    /// </summary>
    public bool TryCheckpoint(long unixMs)
    {
        if (Ledger is null)
            return true;
        try
        {
            // It must not know of records that the end of the machine could still take.
            Sync();
            var sequence = _commits.Stored.NextSequence;
            Ledger.Checkpoint(sequence, unixMs).Write(_folder);
            Ledger.OnStored();
            _checkpointed = sequence;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Puts the commits so far on disk for good.</summary>
    public void Sync()
    {
        if (Failure is null)
            _commits.Sync();
    }

    /// <summary>The first record that somebody else still has to read; null where nobody does. Set before records are appended.</summary>
    public Func<long>? NeededFrom { get; set; }

    /// <summary>Whether there are whole segments whose last record is older, and that nobody needs any more.</summary>
    public bool HasBefore(long unixMs) =>
        _segments.Count > 1 && _segments[0].LastUnixMs < unixMs && _segments[1].FirstSequence <= (NeededFrom?.Invoke() ?? long.MaxValue);

    /// <summary>
    /// Drops whole segments whose last record is older, as far as limits have what is in them; the commit that follows makes it so. True
    /// if there were any.
    /// </summary>
    public bool DropBefore(long unixMs)
    {
        var dropped = 0;
        var needed = Math.Min(_checkpointed, NeededFrom?.Invoke() ?? long.MaxValue);
        while (dropped < _segments.Count - 1 && _segments[dropped].LastUnixMs < unixMs && _segments[dropped + 1].FirstSequence <= needed)
            dropped++;
        if (dropped == 0)
            return false;
        _segments.RemoveRange(0, dropped);
        _log.TruncateUntil(_segments[0].Number << JournalLayout.SegmentBits);
        _commits.BeginSequence = _segments[0].FirstSequence;
        return true;
    }

    /// <summary>Makes the next segment before the tail gets there. False where the disk has no room for it now.</summary>
    public bool TryPrepare()
    {
        var needed = (_log.TailAddress + AheadBytes) >> JournalLayout.SegmentBits;
        if (needed == _prepared)
            return true;
        try
        {
            _device.Prepare((int)needed);
            _prepared = needed;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        Settle();
        _log.Dispose();
        // What could not be recovered is not touched.
        if (_isRecovered)
            Sync();
        _commits.Dispose();
        _device.Dispose();
        _lock.Dispose();
    }

    private void CommitLoose()
    {
        if (Failure is null)
            _tail.Write();
        if (Failure is null)
            _commits.CommitLoose(_log.BeginAddress, _log.TailAddress);
    }

    private void CommitByFaster()
    {
        try
        {
            // That the commit is stored is all there is to wait for: FASTER's notes of it, a moment later, are nobody's concern here.
            var before = _commits.Count;
            if (Failure is null && _log.CommitStrongly(out _committed, out _commit, spinWait: false))
            {
                while (_commits.Count == before && Failure is null)
                    _commits.Await(AwaitMs);
                _tail.Begin(_committed);
            }
        }
        catch (Exception e) when (e is FasterException or CommitFailureException)
        {
            _failure ??= e.Message;
        }
    }

    /// <summary>Lets FASTER finish what it does behind the last commit.</summary>
    private void Settle()
    {
        try
        {
            if (_commit >= 0 && Failure is null)
                _log.WaitForCommit(_committed, _commit);
        }
        catch (Exception e) when (e is FasterException or CommitFailureException)
        {
            _failure ??= e.Message;
        }
    }

    /// <summary>Keeps every other process from the folder for as long as it is open.</summary>
    public static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, JournalLayout.LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new JournalFault($"another process uses the folder {folder}", e);
        }
    }

    /// <summary>Lets FASTER recover, holds what it says against what was committed, and closes what a crash left open.</summary>
    private void Recover(JournalSurvey survey, in JournalExtent extent, LedgerReplay? replay, long nowUnixMs)
    {
        if (extent.Until > JournalLayout.FirstAddress)
            _log.Recover();
        if (_device.Fault is { } fault)
            throw new JournalFault(fault);
        if (_log.CommittedUntilAddress != extent.Until || _log.BeginAddress != extent.Begin || _log.TailAddress != extent.Until)
        {
            throw new JournalFault(
                $"the log was recovered from {_log.BeginAddress} to {_log.TailAddress}, committed was {extent.Begin} to {extent.Until}");
        }

        _device.ReadUntil = long.MaxValue;
        _isRecovered = true;
        if (_isLoose)
        {
            // Whoever wrote it did not get to sync it, and the slot that was synced is the next to be written over.
            _device.Distrust(extent.Begin >> JournalLayout.SegmentBits, (extent.Until - 1) >> JournalLayout.SegmentBits);
            Sync();
        }

        foreach (var record in survey.Open)
        {
            JournalFormat.Close(record, NextSequence);
            if (!TryAppend(record))
                throw new JournalFault("exchanges that were open could not be closed: " + Failure);
            replay?.Take(record);
            Closed++;
        }

        if (Closed > 0 && !TryCommit())
            throw new JournalFault("exchanges that were open could not be closed: " + Failure);
        if (Ledger is null)
            return;
        if (!TryCheckpoint(nowUnixMs))
            throw new JournalFault($"{LedgerCheckpoint.FileName} could not be written");
        _commits.Note.HasCheckpoint = true;
        _commits.StoreNote();
    }

    private bool TryAppend(ReadOnlySpan<byte> record)
    {
        if (Failure is not null || !TryPrepare())
            return false;
        try
        {
            var address = _log.Enqueue(record);
            _tail.Add(address, record);
            var segment = address >> JournalLayout.SegmentBits;
            if (_segments.Count == 0 || _segments[^1].Number != segment)
                _segments.Add(new(segment, NextSequence));
            _segments[^1].LastUnixMs = Math.Max(_segments[^1].LastUnixMs, JournalFormat.UnixMs(record));
            NextSequence++;
            return true;
        }
        catch (Exception e) when (e is FasterException or CommitFailureException)
        {
            _failure ??= e.Message;
            return false;
        }
    }
}
