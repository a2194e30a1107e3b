using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// Builds the async methods of an exchange: one that finishes at once allocates nothing, one that waits takes its box from a
/// pool. The runtime's pooling builder keeps a box for each thread and core only; here an exchange begins on one I/O thread
/// and ends on another, and hundreds wait at a time.
/// </summary>
/// <typeparam name="T">What the method returns.</typeparam>
internal struct PooledTaskMethodBuilder<T>
{
    private PooledBox<T>? _box;
    private T _result;

    public readonly ValueTask<T> Task => _box is { } box ? new ValueTask<T>(box, box.Version) : new ValueTask<T>(_result);

    public static PooledTaskMethodBuilder<T> Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
        // Only builders of boxed state machines need it.
    }

    public void SetResult(T result)
    {
        if (_box is { } box)
            box.SetResult(result);
        else
            _result = result;
    }

    public void SetException(Exception exception)
    {
        // A fault is rare: its box is not pooled if there was none yet.
        _box ??= new PooledBox<T>();
        _box.SetException(exception);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(BoxOf(ref stateMachine).Continuation);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(BoxOf(ref stateMachine).Continuation);

    private PooledBox<T> BoxOf<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is { } known)
            return known;
        var box = PooledBox<T, TStateMachine>.Rent();
        // This builder is a field of the state machine: it has to know its box before the machine is copied there.
        _box = box;
        box.StateMachine = stateMachine;
        return box;
    }
}

/// <summary>What a waiting async method's caller holds on to.</summary>
internal class PooledBox<T> : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _core;

    public short Version => _core.Version;

    public Action Continuation { get; protected init; } = static () => { };

    public void SetResult(T result) => _core.SetResult(result);

    public void SetException(Exception exception) => _core.SetException(exception);

    public T GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            Return();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    protected virtual void Return()
    {
    }
}

/// <summary>A box with the state machine of one async method in it.</summary>
internal sealed class PooledBox<T, TStateMachine> : PooledBox<T>
    where TStateMachine : IAsyncStateMachine
{
    private const int PooledMax = 1024;

    /// <summary>Boxes that a thread keeps for itself before it gives them to the others.</summary>
    private const int OwnMax = 64;

    private static readonly IndexStack<PooledBox<T, TStateMachine>> Pool = new(PooledMax);

    /// <summary>The thread's own boxes, one behind the other: taking one costs no interlocked operation.</summary>
    [ThreadStatic]
    private static PooledBox<T, TStateMachine>? Own;

    private PooledBox<T, TStateMachine>? _next;

    /// <summary>How many there are from here to the end of a thread's own.</summary>
    private int _chained;

    public PooledBox() => Continuation = () => StateMachine.MoveNext();

    /// <summary>A field, for a struct's own method must change it in place.</summary>
    public TStateMachine StateMachine = default!;

    public static PooledBox<T, TStateMachine> Rent()
    {
        if (Own is not { } own)
            return Pool.TryPop(out var box) ? box : new PooledBox<T, TStateMachine>();
        Own = own._next;
        own._next = null;
        return own;
    }

    protected override void Return()
    {
        StateMachine = default!;
        var first = Own;
        var chained = first is null ? 1 : first._chained + 1;
        if (chained > OwnMax)
        {
            Pool.TryPush(this);
            return;
        }

        _chained = chained;
        _next = first;
        Own = this;
    }
}
