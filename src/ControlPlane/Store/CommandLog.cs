namespace AiEdge.ControlPlane.Store;

/// <summary>A command log on FASTER, and its state in a file beside it.</summary>
internal sealed class CommandLog : ICommandLog, IDisposable
{
    private readonly string _stateFile;
    private readonly CommitLoop _loop;
    private readonly StoreLog _log;
    private readonly SemaphoreSlim _saving = new(1, 1);
    private CommandHistory? _history;
    private ulong _through;

    private CommandLog(string folder, LogShape shape, StoreLog log, CommandHistory history)
    {
        _stateFile = Path.Combine(folder, shape.StateFileName);
        _log = log;
        _history = history;
        _through = history.Through;
        _loop = new(log, "store " + shape.Name, TimeSpan.Zero);
    }

    /// <summary>Opens the folder's log, or makes one. All that was committed is read and checked first.</summary>
    /// <exception cref="StoreFault">Something is missing or damaged.</exception>
    public static CommandLog Open(string folder, LogShape shape)
    {
        if (LogFiles.Judge(folder, shape) is not { } extent)
        {
            LogFiles.Create(folder, shape);
            extent = LogExtent.Empty;
        }

        var segments = new List<LogSegment>();
        var history = Read(folder, shape, extent, segments);
        return new(folder, shape, StoreLog.Open(folder, shape, extent, segments), history);
    }

    /// <summary>Reads and checks all of a log without opening it.</summary>
    public static CommandHistory Read(string folder, LogShape shape, in LogExtent extent, List<LogSegment> segments)
    {
        var state = StateFile.Read(Path.Combine(folder, shape.StateFileName));
        if (extent.Released > (state?.Through ?? 0))
        {
            throw new StoreFault(state is null
                ? $"{shape.StateFileName} is missing; it holds commands 1 to {extent.Released}"
                : $"{shape.StateFileName} holds commands up to {state.Value.Through}, one up to {extent.Released} was stored");
        }

        var through = state?.Through ?? 0;
        if (through >= extent.NextNumber)
            throw new StoreFault($"{shape.Name}: commands {extent.NextNumber} to {through} are missing, which {shape.StateFileName} contains");
        var commands = new List<StoredCommand>();
        using var reader = new LogReader(folder, shape, extent);
        var items = new ItemReader(reader) { OnEntry = entry => LogSegment.Note(segments, shape.SegmentOf(entry.Address), entry.Number) };
        while (items.TryNext(out var item))
        {
            if (items.Number > through)
                commands.Add(new(items.Number, item.ToArray()));
        }

        if (commands.Count > 0 && commands[0].Sequence != through + 1)
            throw new StoreFault($"{shape.Name}: commands {through + 1} to {commands[0].Sequence - 1} are missing");
        return new(through, state?.Body ?? [], commands);
    }

    public ValueTask<CommandHistory> ReadAsync(CancellationToken cancel)
    {
        var history = Interlocked.Exchange(ref _history, null);
        return history is null ? throw new InvalidOperationException("a log is read once, before anything is appended") : new(history);
    }

    public async ValueTask<ulong> AppendAsync(ReadOnlyMemory<byte> command, CancellationToken cancel)
    {
        if (command.Length is 0 or > ICommandLog.CommandBytesMax)
            throw new ArgumentOutOfRangeException(nameof(command), $"a command has 1 to {ICommandLog.CommandBytesMax} bytes, not {command.Length}");
        cancel.ThrowIfCancellationRequested();
        var work = new Append(command);
        _loop.Add(work);

        // Not given up once it is on the way: nobody would know whether it counts.
        return await work.Done;
    }

    public async ValueTask SaveStateAsync(ulong through, ReadOnlyMemory<byte> state, CancellationToken cancel)
    {
        await _saving.WaitAsync(cancel);
        try
        {
            if (through < _through || through >= _log.StoredNext)
                throw new ArgumentOutOfRangeException(nameof(through), $"a state reaches from {_through} to what is durable, not to {through}");
            StateFile.Write(_stateFile, through, state.Span);
            _through = through;
            var work = new Release(through);
            _loop.Add(work);
            await work.Done;
        }
        finally
        {
            _saving.Release();
        }
    }

    public void Dispose()
    {
        _loop.Dispose();
        _log.Dispose();
        _saving.Dispose();
    }

    private sealed class Append(ReadOnlyMemory<byte> command) : LogWork
    {
        private readonly TaskCompletionSource<ulong> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ulong _number;

        public Task<ulong> Done => _done.Task;

        public override void Apply(StoreLog log) => _number = log.Append(command.Span);

        public override void OnStored() => _done.SetResult(_number);

        public override void OnFailed(IOException cause) => _done.SetException(cause);
    }

    private sealed class Release(ulong through) : LogWork
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public override void Apply(StoreLog log)
        {
            // The works before it in this round are committed by this, too: none of them has been told yet.
            log.Release(through, mayDrop: static _ => true);
        }

        public override void OnStored() => _done.SetResult();

        public override void OnFailed(IOException cause) => _done.SetException(cause);
    }
}
