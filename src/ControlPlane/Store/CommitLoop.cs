namespace AiEdge.ControlPlane.Store;

/// <summary>Something that a log's thread does between two commits.</summary>
internal abstract class LogWork
{
    /// <summary>Appends, or prepares to; an <see cref="IOException"/> from here ends this work alone, unless the log has failed.</summary>
    public abstract void Apply(StoreLog log);

    /// <summary>All that was applied is durable.</summary>
    public abstract void OnStored();

    /// <summary>It is not, and will not be.</summary>
    public abstract void OnFailed(IOException cause);
}

/// <summary>
/// The one thread that touches a log: it takes all work that is there, applies it, and commits once for all of it. What comes meanwhile
/// shares the next commit.
/// </summary>
internal sealed class CommitLoop : IDisposable
{
    private readonly StoreLog _log;
    private readonly TimeSpan _interval;
    private readonly int _earlyCount;
    private readonly Action _onStored;
    private readonly Action _onRound;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private List<LogWork> _queue = [];
    private List<LogWork> _taken = [];
    private IOException? _failure;
    private bool _isStopping;

    /// <summary>Starts the thread.</summary>
    /// <param name="log">Nobody else uses it from now on.</param>
    /// <param name="name">Of the thread.</param>
    /// <param name="interval">From one commit to the next at least; zero lets commits follow each other.</param>
    /// <param name="earlyCount">So much waiting work does not wait for the interval's end.</param>
    /// <param name="onStored">Called on the thread behind each commit, before anybody is told.</param>
    /// <param name="onRound">Called on the thread once all have been told.</param>
    public CommitLoop(
        StoreLog log, string name, TimeSpan interval, int earlyCount = int.MaxValue, Action? onStored = null, Action? onRound = null)
    {
        _log = log;
        _interval = interval;
        _earlyCount = earlyCount;
        _onStored = onStored ?? (static () => { });
        _onRound = onRound ?? (static () => { });
        _thread = new(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Puts work into the queue.</summary>
    /// <exception cref="IOException">Nothing is taken any more.</exception>
    public void Add(LogWork work)
    {
        lock (_gate)
        {
            if (_failure is not null)
                throw new IOException(_failure.Message, _failure);
            if (_isStopping)
                throw new IOException("the store is closed");
            _queue.Add(work);
            if (_queue.Count == 1 || _queue.Count == _earlyCount)
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends when all that was added has been committed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        var last = Environment.TickCount64 - (long)_interval.TotalMilliseconds;
        while (TakeAll(last))
        {
            last = Environment.TickCount64;
            Round();
            _taken.Clear();
        }
    }

    private bool TakeAll(long last)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_isStopping)
                Monitor.Wait(_gate);
            while (!_isStopping && _queue.Count < _earlyCount && last + (long)_interval.TotalMilliseconds - Environment.TickCount64 is > 0 and var left)
                Monitor.Wait(_gate, (int)left);
            (_queue, _taken) = (_taken, _queue);
            return _taken.Count > 0;
        }
    }

    private void Round()
    {
        var applied = 0;
        for (var i = 0; i < _taken.Count; i++)
        {
            var work = _taken[i];
            try
            {
                work.Apply(_log);
                _taken[applied++] = work;
            }
            catch (IOException e)
            {
                if (_log.Failure is not null)
                    Fail(e);
                work.OnFailed(e);
            }
        }

        _taken.RemoveRange(applied, _taken.Count - applied);
        if (applied == 0)
            return;
        try
        {
            _log.Commit();
        }
        catch (IOException e)
        {
            Fail(e);
            foreach (var work in _taken)
                work.OnFailed(e);
            return;
        }

        _onStored();
        foreach (var work in _taken)
            work.OnStored();
        _onRound();
    }

    private void Fail(IOException cause)
    {
        lock (_gate)
            _failure ??= cause;
    }
}
