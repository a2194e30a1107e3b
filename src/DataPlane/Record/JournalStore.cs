using AiEdge.DataPlane.Core;
using FASTER.core;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The journal on disk. Used by one thread at a time, but for <see cref="Sync"/>, <see cref="PrepareAhead"/> and <see cref="TryStore"/>, which
/// another may call meanwhile. What was appended is durable, as far as was asked for, once <see cref="TryCommit"/> has returned true, and
/// only then. A disk that fails once is trusted no more until the journal is opened anew: a second sync may well succeed over what the
/// first has lost.
/// </summary>
internal sealed class JournalStore : IDisposable
{
    /// <summary>Room that has to be there ahead of the tail, so that a full disk stops appends before it stops FASTER.</summary>
    private const long AheadBytes = 2 * JournalLayout.PageBytes;

    private readonly FileStream _lock;
    private readonly JournalDevice _device;
    private readonly JournalCommits _commits;
    private readonly JournalTail _tail;
    private readonly FasterLog _log;
    private readonly List<JournalSegment> _segments;
    private readonly byte[] _record = new byte[JournalLayout.RecordBytesMax];
    private readonly JournalNames _names = new();
    private readonly string _folder;
    private readonly bool _isLoose;
    private readonly bool _isLate;
    private readonly JournalExtent _found;
    private long _beginSequence;
    private long _checkpointed = long.MaxValue;
    private long _prepared = -1;
    private bool _isRecovered;
    private string? _failure;

    private JournalStore(FileStream lockFile, string folder, JournalSurvey survey, JournalExtent extent, JournalMachine machine)
    {
        _lock = lockFile;
        _folder = folder;
        _found = extent;
        _beginSequence = extent.BeginSequence;
        _isLate = machine.Boot == 0;
        _device = new JournalDevice(folder, machine, extent.Begin >> JournalLayout.SegmentBits) { ReadUntil = extent.Until };
        var commit = JournalSlots.Open(Path.Combine(folder, JournalLayout.CommitFile), forWriting: true, machine);
        var mark = JournalSlots.Open(Path.Combine(folder, JournalLayout.MarkFile), forWriting: true, machine);
        _isLoose = commit.IsLoose;
        // As they were judged.
        if (commit.Extent != extent)
            commit.Revert();
        if (mark.IsDoubtful)
            mark.Revert();
        if (commit.IsLoose)
            // Whoever wrote it did not get to sync it.
            _device.Distrust(commit.Synced.Until >> JournalLayout.SegmentBits, (extent.Until - 1) >> JournalLayout.SegmentBits);
        Epoch = Math.Max(extent.Epoch, mark.Extent.Epoch) + 1;
        _commits = new JournalCommits(_device, commit, mark, machine);
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
    public string? Failure => Volatile.Read(ref _failure) ?? _device.Fault ?? _commits.Failure;

    /// <summary>Opens the folder's journal, or makes one. All that was committed is read and checked first.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="ledger">Empty; it is brought to where the journal ends, and kept there by whoever appends.</param>
    /// <param name="time">The present; null for the machine's own clock.</param>
    /// <param name="machine">Null for the one that this runs on.</param>
    /// <exception cref="JournalFault">Another process has it, or it is damaged.</exception>
    public static JournalStore Open(string folder, LimitLedger? ledger = null, TimeProvider? time = null, JournalMachine? machine = null)
    {
        machine ??= JournalMachine.Real;
        var nowUnixMs = (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds();
        Directory.CreateDirectory(folder);
        var lockFile = Lock(folder);
        try
        {
            if (JournalRecovery.Judge(folder, out var loss, machine: machine) is not { } extent)
            {
                JournalRecovery.Create(folder, machine);
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

            var store = new JournalStore(lockFile, folder, survey, extent, machine) { Ledger = ledger, Warning = warning };
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
        var length = JournalFormat.Write(_record, record, kind, end, Epoch, exchange, NextSequence, _names);
        return TryAppend(_record.AsSpan(0, length));
    }

    /// <summary>Commits what was appended. False where that failed.</summary>
    /// <param name="depth">What it is to survive from now on; the rest it survives from the next <see cref="Sync"/> on.</param>
    public bool TryCommit(CommitDepth depth = CommitDepth.Mark)
    {
        if (Failure is null)
            _tail.Write();
        if (Failure is null)
            _commits.Write(new(_log.BeginAddress, _log.TailAddress, _beginSequence, NextSequence, Epoch));
        if (Failure is null && _isLate && depth == CommitDepth.Process)
            depth = CommitDepth.Machine;
        return Failure is null && (depth == CommitDepth.Process || Sync(depth));
    }

    /// <summary>Puts the commits so far on disk for good. By any thread, one waits for the other. False where that failed.</summary>
    public bool Sync(CommitDepth depth = CommitDepth.Mark) => Failure is null && _commits.Sync(depth);

    /// <summary>Makes the next segment once the present one is half full, so that whoever appends need not wait for it. By any thread.</summary>
    public void PrepareAhead()
    {
        try
        {
            _device.Prepare((int)((_commits.WrittenUntil + JournalLayout.SegmentBytes / 2) >> JournalLayout.SegmentBits));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whether there is room is judged when it is needed.
        }
    }

    /// <summary>What limits have used, as of what was committed last. Between commits only: what was appended has to be committed, or lost for good.</summary>
    public LedgerSnapshot? TakeSnapshot(long unixMs) => Ledger?.Snapshot(_commits.Written.NextSequence, unixMs);

    /// <summary>Puts on disk what limits had used. By any thread. False where that failed; the old one is still there then.</summary>
    public bool TryStore(LedgerSnapshot snapshot)
    {
        // It must not know of records that the end of the machine could still take.
        if (!Sync() && _commits.SureSequence < snapshot.Sequence)
            return false;
        try
        {
            LedgerCheckpoint.Write(_folder, snapshot.Bytes);
            Volatile.Write(ref _checkpointed, snapshot.Sequence);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Both at once: what limits have used is on disk.</summary>
    public bool TryCheckpoint(long unixMs)
    {
        if (TakeSnapshot(unixMs) is not { } snapshot || TryStore(snapshot))
            return true;
        Ledger!.OnLost();
        return false;
    }

    /// <summary>The first record that somebody else still has to read; null where nobody does. Set before records are appended.</summary>
    public Func<long>? NeededFrom { get; set; }

    /// <summary>
    /// Whether there are whole segments that nobody needs any more and whose last record is older, or that the journal takes too many bytes with.
    /// </summary>
    public bool CanDrop(long unixMs, long bytesMax) => _segments.Count > 1 && IsSpare(0, unixMs, bytesMax, NeededFrom?.Invoke() ?? long.MaxValue);

    /// <summary>
    /// Drops those, as far as limits have what is in them; the commit that follows says so, and the files go with the mark that says it on disk.
    /// True if there were any.
    /// </summary>
    /// <param name="unixMs">Those go whose last record is older.</param>
    /// <param name="bytesMax">More bytes than that have the oldest go, too.</param>
    /// <param name="early">How many records of them were not older.</param>
    public bool TryDrop(long unixMs, long bytesMax, out long early)
    {
        var dropped = 0;
        early = 0;
        var needed = Math.Min(Volatile.Read(ref _checkpointed), NeededFrom?.Invoke() ?? long.MaxValue);
        while (dropped < _segments.Count - 1 && IsSpare(dropped, unixMs, bytesMax, needed))
        {
            var (segment, next) = (_segments[dropped++], _segments[dropped]);
            early += segment.LastUnixMs < unixMs ? 0 : next.FirstSequence - segment.FirstSequence;
        }

        if (dropped == 0)
            return false;
        _segments.RemoveRange(0, dropped);
        _log.TruncateUntil(_segments[0].Number << JournalLayout.SegmentBits);
        _beginSequence = _segments[0].FirstSequence;
        return true;
    }

    private bool IsSpare(int segment, long unixMs, long bytesMax, long needed) =>
        (_segments[segment].LastUnixMs < unixMs || _log.TailAddress - (_segments[segment].Number << JournalLayout.SegmentBits) > bytesMax)
        && _segments[segment + 1].FirstSequence <= needed;

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
        _log.Dispose();
        // What could not be recovered is not touched.
        if (_isRecovered)
            Sync();
        _commits.Dispose();
        _device.Dispose();
        _lock.Dispose();
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
            // What is believed of it is on disk from here on, and what is not is never believed again.
            _commits.Write(_found);
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

        // A run that is killed before its first record was a run all the same: what was drawn of rates in it nobody knows.
        if ((Closed > 0 || extent.NextSequence == 0) && !TryCommit())
            throw new JournalFault("exchanges that were open could not be closed: " + Failure);
        if (Ledger is null)
            return;
        if (!TryCheckpoint(nowUnixMs))
            throw new JournalFault($"{LedgerCheckpoint.FileName} could not be written");
        _commits.Note.HasCheckpoint = true;
        if (!_commits.StoreNote())
            throw new JournalFault($"{JournalLayout.MarkFile} could not be written: {Failure}");
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
            Volatile.Write(ref _failure, e.Message);
            return false;
        }
    }
}
