using FASTER.core;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// A log of items on FasterLog. Used by one thread at a time. What was appended is durable once <see cref="Commit"/> has returned, and only
/// then. A disk that fails once is trusted no more until the store is opened anew: a second sync may well succeed over what the first
/// has lost.
/// </summary>
internal sealed class StoreLog : IDisposable
{
    /// <summary>How often a wait for a commit looks whether the device has failed meanwhile.</summary>
    private const int AwaitMs = 50;

    private readonly LogShape _shape;
    private readonly LogDevice _device;
    private readonly LogCommits _commits;
    private readonly FasterLog _log;
    private readonly byte[] _entry;
    private long _prepared = -1;
    private string? _failure;

    private StoreLog(string folder, LogShape shape, in LogExtent extent, List<LogSegment> segments)
    {
        _shape = shape;
        Segments = segments;
        _device = new(folder, shape) { ReadUntil = extent.Until };
        var commit = LogSlots.Open(Path.Combine(folder, shape.CommitFile), forWriting: true);
        var mark = LogSlots.Open(Path.Combine(folder, shape.MarkFile), forWriting: true);
        if (mark.Extent != extent)
        {
            // The process ended between the two.
            mark.Store(extent, []);
        }

        _commits = new(_device, commit, mark)
        {
            BeginNumber = extent.BeginNumber,
            NextNumber = extent.NextNumber,
            Released = extent.Released,
        };
        NextNumber = extent.NextNumber;
        _entry = new byte[shape.PartBytesMax + LogEntry.HeadBytes];
        _log = new(new FasterLogSettings
        {
            LogDevice = _device,
            LogCommitManager = _commits,
            LogChecksum = LogChecksumType.PerEntry,
            PageSizeBits = shape.PageBits,
            MemorySizeBits = shape.MemoryBits,
            SegmentSizeBits = shape.SegmentBits,
            TryRecoverLatest = false,
        });
    }

    /// <summary>The number of the next item.</summary>
    public ulong NextNumber { get; private set; }

    /// <summary>Where the next item will lie, or behind.</summary>
    public long Tail => _log.TailAddress;

    /// <summary>What is durable; for the log's thread.</summary>
    public LogExtent Stored => _commits.Stored;

    /// <summary>The number of the first item that is not durable; for all threads.</summary>
    public ulong StoredNext => _commits.StoredNext;

    /// <summary>The segments that hold items, in order.</summary>
    public List<LogSegment> Segments { get; }

    /// <summary>Why nothing can be appended; null while something can.</summary>
    public string? Failure => _failure ?? _device.Fault ?? _commits.Failure;

    /// <summary>Lets FASTER recover the log whose files were judged and read before, and holds what it says against what was committed.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="shape">Its files and sizes.</param>
    /// <param name="extent">As <see cref="LogFiles.Judge"/> found it.</param>
    /// <param name="segments">As reading it has found them.</param>
    /// <exception cref="StoreFault">FASTER finds something else.</exception>
    public static StoreLog Open(string folder, LogShape shape, in LogExtent extent, List<LogSegment> segments)
    {
        LogFiles.RemoveBefore(folder, shape, extent);
        var log = new StoreLog(folder, shape, extent, segments);
        try
        {
            log.Recover(extent);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Appends an item, in as many parts as it takes.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="IOException">There is no room for it, or the disk fails.</exception>
    public ulong Append(ReadOnlySpan<byte> item)
    {
        Prepare(item.Length);
        try
        {
            for (uint part = 0; ; part++)
            {
                var count = Math.Min(item.Length, _shape.PartBytesMax);
                var entry = _entry.AsSpan(0, LogEntry.HeadBytes + count);
                item[..count].CopyTo(entry[LogEntry.HeadBytes..]);
                item = item[count..];
                LogEntry.WriteHead(entry, NextNumber, part, isLast: item.IsEmpty);
                LogSegment.Note(Segments, _shape.SegmentOf(_log.Enqueue(entry)), NextNumber);
                if (item.IsEmpty)
                    return NextNumber++;
            }
        }
        catch (Exception e) when (e is FasterException or CommitFailureException)
        {
            _failure ??= e.Message;
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Makes all that was appended durable.</summary>
    /// <exception cref="IOException">It could not be.</exception>
    public void Commit()
    {
        _commits.NextNumber = NextNumber;
        try
        {
            if (Failure is null && _log.CommitStrongly(out var tail, out var number, spinWait: false))
            {
                while (!_commits.Await(AwaitMs) && Failure is null && _log.CommittedUntilAddress < tail)
                {
                    // A slow disk.
                }

                _log.WaitForCommit(tail, number);
            }
        }
        catch (Exception e) when (e is FasterException or CommitFailureException)
        {
            _failure ??= e.Message;
        }

        if (Failure is null && _commits.Stored.NextNumber != NextNumber)
            _failure = $"{_shape.Name}: a commit ended at item {_commits.Stored.NextNumber - 1} and not at {NextNumber - 1}";
        if (Failure is { } failure)
            throw new IOException(failure);
    }

    /// <summary>
    /// Notes that a state contains all items up to <paramref name="through"/>, and drops whole segments that hold nothing else and may be
    /// dropped; durable on return. Between commits only.
    /// </summary>
    public void Release(ulong through, Func<LogSegment, bool> mayDrop)
    {
        var dropped = 0;
        while (dropped < Segments.Count - 1 && Segments[dropped + 1].FirstItem <= through && mayDrop(Segments[dropped]))
            dropped++;
        _commits.Released = Math.Max(_commits.Released, through);
        if (dropped > 0)
        {
            Segments.RemoveRange(0, dropped);
            _log.TruncateUntil(Segments[0].Number << _shape.SegmentBits);
            _commits.BeginNumber = Segments[0].FirstItem;
        }

        Commit();
        if (_commits.Stored.Released != _commits.Released)
            _commits.StoreReleased();
    }

    public void Dispose()
    {
        _log.Dispose();
        _commits.Dispose();
        _device.Dispose();
    }

    private void Recover(in LogExtent extent)
    {
        if (extent.Until > LogShape.FirstAddress)
            _log.Recover();
        if (_device.Fault is { } fault)
            throw new StoreFault(fault);
        if (_log.CommittedUntilAddress != extent.Until || _log.BeginAddress != extent.Begin || _log.TailAddress != extent.Until)
        {
            throw new StoreFault(
                $"{_shape.Name} was recovered from {_log.BeginAddress} to {_log.TailAddress}, committed was {extent.Begin} to {extent.Until}");
        }

        _device.ReadUntil = long.MaxValue;
    }

    /// <summary>Makes the segments that an item will reach before it is appended.</summary>
    private void Prepare(int itemBytes)
    {
        if (Failure is { } failure)
            throw new IOException(failure);
        var needed = _shape.SegmentOf(_log.TailAddress + itemBytes + (itemBytes / 4) + (2 * _shape.PageBytes));
        try
        {
            for (var segment = Math.Max(_prepared + 1, _shape.SegmentOf(_log.TailAddress)); segment <= needed; segment++)
            {
                _device.Prepare(segment);
                _prepared = segment;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}
