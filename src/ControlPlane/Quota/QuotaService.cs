using System.Buffers.Binary;
using System.Collections.Concurrent;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Store;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;
using AiEdge.Limits;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Quota;

/// <summary>Quota.Sync: planes say what they used and want, and get leases.</summary>
internal sealed class QuotaService : IAsyncDisposable
{
    private const long SweepNs = LimitClock.SecondNs;

    private readonly QuotaAllocator _allocator;
    private readonly QuotaLog _log;
    private readonly LimitClock _clock;
    private readonly ReadOnlyMemory<byte> _storeId;
    private readonly Func<GrpcServerContext, string?> _planeOf;
    private readonly ConcurrentDictionary<string, QuotaSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Plane, UInt128 Epoch), byte> _closed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _turning;
    private Task _settling = Task.CompletedTask;
    private Task _preparing = Task.CompletedTask;
    private ulong _lastStream;
    private Func<GrpcServerContext, bool> _isGood = static _ => true;

    /// <param name="allocator">Made with <paramref name="clock"/>'s present (<see cref="Now(LimitClock)"/>).</param>
    /// <param name="log">Its log.</param>
    /// <param name="clock">The time of both.</param>
    /// <param name="storeId">16 bytes.</param>
    /// <param name="planeOf">The plane that a call's credential is bound to; null where there is none.</param>
    public QuotaService(QuotaAllocator allocator, QuotaLog log, LimitClock clock, ReadOnlyMemory<byte> storeId, Func<GrpcServerContext, string?> planeOf)
    {
        (_allocator, _log, _clock, _storeId, _planeOf) = (allocator, log, clock, storeId, planeOf);
        Accounts = new AccountBook(Now().Ns);
        _turning = TurnAsync();
    }

    /// <summary>Goes on from what a store's log says, with the limits of a document.</summary>
    /// <exception cref="InvalidDataException">The log holds what this version cannot read.</exception>
    public static async Task<QuotaService> OpenAsync(EdgeState state, IEdgeStore store, TimeProvider time, CancellationToken cancel = default)
    {
        QuotaRehearsal.Run();
        var clock = new LimitClock(time);
        var memory = await QuotaLog.ReadAsync(store.Quota, cancel);
        var allocator = new QuotaAllocator(new QuotaRules(() => state.Current), memory, Now(clock));
        var service = new QuotaService(
            allocator, new QuotaLog(allocator, store.Quota), clock, store.Id, static context => (context.Identity as PlaneIdentity)?.PlaneId)
        {
            _isGood = context => context.Identity is PlaneIdentity plane && state.IsGood(plane),
        };
        service._preparing = service.PrepareAsync(state);
        return service;
    }

    /// <summary>Told of what nobody foresaw in a turn: what was done, and the fault.</summary>
    public Action<string, Exception>? OnFault { get; set; }

    /// <summary>How the buckets of a limit stand, in the order of their units and scopes.</summary>
    public List<BucketView> View(string limit) => _allocator.View(limit, Now());

    /// <summary>
    /// Gives back the money that is held for starts of a plane that are over, for good when this returns; says how much, by bucket. Throws
    /// <see cref="IOException"/> where that cannot be written.
    /// </summary>
    public async Task<List<(BucketId Bucket, long Amount)>> WriteOffAsync(string plane)
    {
        var released = _allocator.Release(plane, _sessions.TryGetValue(plane, out var session) ? session.Plane.Epoch : null, Now());
        await _log.WriteAsync();
        return released;
    }

    /// <summary>
    /// No more records of a start of a plane will come, and those that there are lie in the ledger. Once its stream has gone, too, what it held
    /// of budgets comes back, but for what its records say that it used.
    /// </summary>
    /// <param name="plane">The plane.</param>
    /// <param name="epoch">Its epoch as the ledger has it, the first byte in front.</param>
    public void Close(string plane, UInt128 epoch) => _closed.TryAdd((plane, epoch), 0);

    /// <summary>Tells what records of a plane's epoch (as the ledger has it) have used of budgets; null lets held money be.</summary>
    public Func<string, UInt128, IReadOnlyList<BudgetSpan>, IReadOnlyList<BudgetSpent>>? SpentBy { get; set; }

    /// <summary>Forgets what was used of a limit, for good when this returns. Throws <see cref="IOException"/> where that cannot be written.</summary>
    public async Task ResetAsync(string limit)
    {
        _allocator.Reset(limit, Now());
        await _log.WriteAsync();
    }

    /// <summary>Accounts with providers that planes share.</summary>
    public AccountBook Accounts { get; }

    public QuotaAllocator Allocator => _allocator;

    /// <summary>The present by a clock.</summary>
    public static Moment Now(LimitClock clock)
    {
        var ns = clock.NowNs;
        return new Moment(ns, clock.UnixNs(ns));
    }

    public void AddTo(GrpcServer server) => server.AddBidirectional(PlaneMethods.Sync, SyncAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _turning;
        await _preparing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _settling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private Moment Now() => Now(_clock);

    private async ValueTask<GrpcStatus> SyncAsync(GrpcServerCall<QuotaUp, QuotaDown> call)
    {
        if (_planeOf(call.Context) is not { } id)
            return new(GrpcCode.Unauthenticated, "the credential is of no plane");
        if (!await call.ReadAsync() || call.Current.Hello?.Plane is not { } start)
            return new(GrpcCode.InvalidArgument, "a stream begins with hello");
        if (start.PlaneId != id)
            return new(GrpcCode.PermissionDenied, "the credential is of another plane");
        if (start.Epoch.Length != 16)
            return new(GrpcCode.InvalidArgument, "an epoch has 16 bytes");
        var plane = _allocator.Join(id, BinaryPrimitives.ReadUInt128LittleEndian(start.Epoch.Span), Now());
        var session = new QuotaSession(_allocator, _log, Now, plane, Interlocked.Increment(ref _lastStream), call)
        {
            IsGood = _isGood,
            Accounts = new AccountSession(Accounts, plane),
        };
        try
        {
            if (!TryEnter(id, session))
                return new(GrpcCode.FailedPrecondition, "another start of the same plane is connected");
            await _log.WriteAsync();
            var hello = new ControlHello { StoreId = ByteString.CopyFrom(_storeId.Span), Features = { AccountBook.Feature } };
            if (!await call.WriteAsync(new QuotaDown { Hello = hello }))
                return GrpcStatus.Ok;
            return await session.RunAsync();
        }
        catch (IOException e)
        {
            return new(GrpcCode.Unavailable, e.Message);
        }
        finally
        {
            _sessions.TryRemove(KeyValuePair.Create(id, session));
            _allocator.Leave(plane, Now());
        }
    }

    /// <summary>One stream a plane: a newer one of the same start takes over, one of another start has to wait until this has gone.</summary>
    private bool TryEnter(string id, QuotaSession session)
    {
        while (!_sessions.TryAdd(id, session))
        {
            if (!_sessions.TryGetValue(id, out var other))
                continue;
            if (other.Plane != session.Plane)
                return false;
            if (_sessions.TryUpdate(id, session, other))
            {
                other.Oust();
                return true;
            }
        }

        return true;
    }

    /// <summary>Looks through the ledger, so beside the turns and for one after the other.</summary>
    private void SettleAll()
    {
        foreach (var (closed, _) in _closed)
        {
            var (plane, own) = (closed.Plane, BinaryPrimitives.ReverseEndianness(closed.Epoch));
            if (_stop.IsCancellationRequested || SpentBy is not { } spentBy || _allocator.HasStream(plane, own))
                continue;
            _closed.TryRemove(closed, out _);
            try
            {
                if (_allocator.Spans(plane, own, Now()) is { Count: > 0 } spans)
                    _allocator.Settle(plane, own, spans, spentBy(plane, closed.Epoch, spans), Now());
            }
            catch (IOException)
            {
                // A ledger that cannot be read: what is held stays held until its time is over.
            }
        }
    }

    /// <summary>What first leases take of a limit is on its way to the log as soon as planes are told of it: their first requests come at once.</summary>
    private async Task PrepareAsync(EdgeState state)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (_allocator.Prepare(Now()))
                _log.WriteBeside();
            await state.WaitForAsync(_allocator.PreparedGeneration, _stop.Token);
        }
    }

    /// <summary>Tells recalls, and sweeps.</summary>
    private async Task TurnAsync()
    {
        var sweptNs = _clock.NowNs;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    Turn(ref sweptNs);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The next turn goes on: without any, all rates would come late.
                    OnFault?.Invoke("a turn of the quotas", e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private void Turn(ref long sweptNs)
    {
        _allocator.Beat(Now());
        if (_allocator.IsDue(Now()) && _allocator.Prepare(Now()))
            _log.WriteBeside();
        while (_allocator.TryTakeCall(out var recall))
        {
            if (_sessions.TryGetValue(recall.Plane.Id, out var session) && session.Plane == recall.Plane)
                session.Recall(recall);
        }

        while (Accounts.TryTakePause(out var pause))
        {
            if (_sessions.TryGetValue(pause.Plane.Id, out var session) && session.Plane == pause.Plane)
                session.Pause(pause);
        }

        if (_clock.NowNs - sweptNs < SweepNs)
            return;
        sweptNs = _clock.NowNs;
        _clock.Reanchor();
        _allocator.Sweep(Now());
        Accounts.Sweep(Now().Ns);
        _log.WriteBeside();
        if (_settling.IsCompleted && !_closed.IsEmpty)
            _settling = Task.Factory.StartNew(SettleAll, _stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
