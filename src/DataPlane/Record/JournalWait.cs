using System.Threading.Tasks.Sources;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// An exchange's wait for its record's commit, one at a time and reused. The journal's thread only says that it is over; the
/// exchange goes on on a thread of the pool.
/// </summary>
internal sealed class JournalWait : IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _isCommitted;

    public ValueTask<bool> Begin()
    {
        _core.Reset();
        return new(this, _core.Version);
    }

    public void End(bool isCommitted)
    {
        _isCommitted = isCommitted;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(_isCommitted);

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
