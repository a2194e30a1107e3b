using System.Collections.Concurrent;
using System.Threading.Channels;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Store;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Tells whose credential a call carries; null where it carries none that is valid.</summary>
/// <returns>The id that the credential is bound to.</returns>
internal delegate string? PlaneOfCall(GrpcServerContext context);

/// <summary>
/// <c>aiedge.v1.Usage/Report</c>: batches come up, and go into the ledger in their order; what is durable is acknowledged. A plane that has
/// just connected is told how far each of its epochs is, and from where on its records are wanted.
/// </summary>
internal sealed class UsageReport(IEdgeStore store, PlaneOfCall planeOf, TimeProvider time)
{
    /// <summary>Batches of one plane that are under way at a time; more are not read.</summary>
    public const int BatchesMax = 8;

    /// <summary>
    /// Bytes on the wire of batches of all planes that are under way: 128 MiB. Whose batch would be too many is told to come again, by its length alone,
    /// before it is taken from the connection.
    /// </summary>
    public const long BytesMax = 128 << 20;

    /// <summary>Epochs that a hello may name.</summary>
    public const int JournalsMax = 10_000;

    private const int EpochBytes = 16;
    private static readonly TimeSpan FutureMax = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, Live> _live = new();
    private readonly ConcurrentDictionary<string, long> _leftUnixMs = new();

    /// <summary>Of planes of which a batch could not be stored: when the first record of the first of them ended.</summary>
    private readonly ConcurrentDictionary<string, long> _failedUnixMs = new();
    private long _bytes;

    private sealed record Live(UInt128 Epoch, CancellationTokenSource TakenOver)
    {
        /// <summary>When the first record ended of the batch that is waited for; 0 where all that came is durable.</summary>
        public long WaitingUnixMs;
    }

    /// <summary>Asks what the gate has found out, again with each batch: a credential may be revoked while its stream stands.</summary>
    public static PlaneOfCall PlaneBy(EdgeState state) =>
        context => context.Identity is PlaneIdentity plane && state.IsGood(plane) ? plane.PlaneId : null;

    /// <summary>What may be held of batches of all planes that are under way, in bytes.</summary>
    public long BytesHeldMax { get; init; } = BytesMax;

    /// <summary>Within which a batch that has begun to come is there: it takes room of others from then on.</summary>
    public TimeSpan BatchTimeMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that are held of them now.</summary>
    public long BytesHeld => Interlocked.Read(ref _bytes);

    /// <summary>Told with each batch that a plane has reported durably; for money that is held until an epoch is complete.</summary>
    public Action<string, UInt128, bool>? OnReported { get; init; }

    /// <summary>Told of records that a plane does not keep any more and the ledger does not have: plane, epoch, the first and the last of them.</summary>
    public Action<string, UInt128, ulong, ulong>? OnMissing { get; init; }

    public void AddTo(GrpcServer server) => server.AddBidirectional(PlaneMethods.Report, HandleAsync);

    private async ValueTask<GrpcStatus> HandleAsync(GrpcServerCall<UsageUp, UsageDown> call)
    {
        if (planeOf(call.Context) is not { } planeId)
            return new(GrpcCode.Unauthenticated, "a plane's credential is needed");
        if (!await call.ReadAsync() || call.Current.KindCase != UsageUp.KindOneofCase.Hello)
            return new(GrpcCode.InvalidArgument, "the first message is hello");
        var hello = call.Current.Hello;
        if (hello.Plane is null || hello.Plane.PlaneId != planeId)
            return new(GrpcCode.Unauthenticated, "the credential is bound to another plane");
        if (!TryEpoch(hello.Plane.Epoch, out var epoch) || hello.Journals.Count > JournalsMax)
            return new(GrpcCode.InvalidArgument, "an epoch has 16 bytes, and a hello names 10000 at most");
        using var takenOver = new CancellationTokenSource();
        var live = new Live(epoch, takenOver);
        if (!TryEnter(planeId, live))
            return new(GrpcCode.FailedPrecondition, "another data plane of this id is connected");
        try
        {
            return await SendHelloAsync(call, planeId, hello) ? await CarryAsync(call, planeId, live) : GrpcStatus.Ok;
        }
        finally
        {
            if (_live.TryRemove(new(planeId, live)))
                _leftUnixMs[planeId] = time.GetUtcNow().ToUnixTimeMilliseconds();
        }
    }

    /// <summary>
    /// How old the oldest record of a plane is that has come and is not durable, in milliseconds, also where its stream has ended because of that; of any
    /// other plane whose stream has ended the time since then. Null where none has been seen since the start.
    /// </summary>
    public long? JournalAgeMs(string planeId)
    {
        var sinceUnixMs = _failedUnixMs.TryGetValue(planeId, out var failed) ? failed
            : _live.TryGetValue(planeId, out var live) ? Volatile.Read(ref live.WaitingUnixMs)
            : _leftUnixMs.TryGetValue(planeId, out var left) ? left : -1;
        return sinceUnixMs < 0 ? null : sinceUnixMs == 0 ? 0 : Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - sinceUnixMs);
    }

    /// <summary>One stream a plane: a new one of the same start takes over from one whose connection is dead and does not know it yet.</summary>
    private bool TryEnter(string planeId, Live live)
    {
        while (!_live.TryAdd(planeId, live))
        {
            if (!_live.TryGetValue(planeId, out var other))
                continue;
            if (other.Epoch != live.Epoch)
                return false;
            if (_live.TryUpdate(planeId, live, other))
            {
                Cancel(other.TakenOver);
                return true;
            }
        }

        return true;
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Its stream has just ended by itself.
        }
    }

    private async ValueTask<bool> SendHelloAsync(GrpcServerCall<UsageUp, UsageDown> call, string planeId, UsageHello hello)
    {
        if (!await call.WriteAsync(new() { Hello = new() { StoreId = ByteString.CopyFrom(store.Id.Span) } }))
            return false;
        foreach (var journal in hello.Journals)
        {
            if (!TryEpoch(journal.Epoch, out var epoch))
                continue;
            var through = store.Ledger.Through(planeId, epoch);
            // Of an epoch that is new here the first record may have any number.
            if (through > 0 && journal.FirstSequence > through + 1)
                OnMissing?.Invoke(planeId, epoch, through + 1, journal.FirstSequence - 1);
            var acknowledged = new UsageAcknowledged { Epoch = journal.Epoch, ThroughSequence = through };
            if (through > 0 && !await call.WriteAsync(new() { Acknowledged = acknowledged }))
                return false;
            var isWanted = journal.LastSequence > through || (journal.IsClosed && !store.Ledger.IsClosed(planeId, epoch));
            if (isWanted && !await call.WriteAsync(new() { Resend = new() { Epoch = journal.Epoch, FromSequence = through + 1 } }))
                return false;
        }

        return true;
    }

    /// <summary>Reads batches and hands them to the ledger; acknowledgements follow in the same order.</summary>
    private async ValueTask<GrpcStatus> CarryAsync(GrpcServerCall<UsageUp, UsageDown> call, string planeId, Live live)
    {
        var under = Channel.CreateBounded<UnderWay>(
            new BoundedChannelOptions(BatchesMax) { SingleReader = true, SingleWriter = true });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(live.TakenOver.Token);
        var telling = TellAsync(call, planeId, live, under.Reader, ending);
        var status = GrpcStatus.Ok;
        var handed = new Dictionary<UInt128, ulong>();
        using var coming = new Coming(this, ending.Token);
        call.Admit = coming.Begin;
        try
        {
            while (!telling.IsCompleted && await ReadAsync(call, coming.Cancellation))
            {
                using var room = coming.Take();
                // A kind to come is passed over.
                if (call.Current.KindCase != UsageUp.KindOneofCase.Batch)
                    continue;
                if (planeOf(call.Context) != planeId)
                {
                    status = new(GrpcCode.Unauthenticated, "the credential has been revoked");
                    break;
                }

                var up = call.Current.Batch;
                if (!await under.Writer.WaitToWriteAsync(call.Context.Cancellation))
                    break;
                var batch = Batch(planeId, up, handed);
                var endedUnixMs = batch.Records.Count > 0 ? batch.Records[0].EndedUnixMs : batch.ReceivedUnixMs;
                await under.Writer.WriteAsync(new(up.Epoch, up.IsClosed, endedUnixMs, AppendAsync(batch, room.Keep())));
            }
        }
        catch (ArgumentException e)
        {
            status = new(GrpcCode.InvalidArgument, e.Message);
        }
        catch (IOException e)
        {
            status = new(GrpcCode.Unavailable, "the ledger takes nothing: " + e.Message);
        }
        catch (OperationCanceledException)
        {
            status = live.TakenOver.IsCancellationRequested
                ? new(GrpcCode.Aborted, "another stream of this plane has taken over")
                : ending.IsCancellationRequested ? GrpcStatus.Ok
                : new(GrpcCode.DeadlineExceeded, "a batch that had begun to come did not end");
        }

        under.Writer.Complete();
        var told = await telling;
        return status.IsOk ? told : status;
    }

    private static async ValueTask<bool> ReadAsync(GrpcServerCall<UsageUp, UsageDown> call, CancellationToken takenOver)
    {
        var read = call.ReadAsync();
        return read.IsCompleted ? await read : await read.AsTask().WaitAsync(takenOver);
    }

    /// <summary>Acknowledges what is durable. With the first batch that is not the stream ends: the plane comes again and says what it has.</summary>
    private async Task<GrpcStatus> TellAsync(
        GrpcServerCall<UsageUp, UsageDown> call, string planeId, Live live, ChannelReader<UnderWay> under, CancellationTokenSource ending)
    {
        var status = GrpcStatus.Ok;
        await foreach (var (epoch, isClosed, endedUnixMs, append) in under.ReadAllAsync())
        {
            try
            {
                Volatile.Write(ref live.WaitingUnixMs, endedUnixMs);
                var through = await append;
                Volatile.Write(ref live.WaitingUnixMs, 0);
                _failedUnixMs.TryRemove(planeId, out _);
                if (TryEpoch(epoch, out var number))
                    OnReported?.Invoke(planeId, number, isClosed);
                if (status.IsOk)
                    await call.WriteAsync(new() { Acknowledged = new() { Epoch = epoch, ThroughSequence = through } });
            }
            catch (Exception e) when (e is ArgumentException or IOException)
            {
                _failedUnixMs.TryAdd(planeId, endedUnixMs);
                if (status.IsOk)
                    status = e is IOException ? new(GrpcCode.Unavailable, "the ledger takes nothing: " + e.Message) : new(GrpcCode.InvalidArgument, e.Message);
                Cancel(ending);
            }
        }

        return status;
    }

    /// <summary>Hands a batch to the ledger; what it holds is given back when that is over, however it ends.</summary>
    private async Task<ulong> AppendAsync(LedgerBatch batch, int bytes)
    {
        try
        {
            return await store.Ledger.AppendAsync(batch, CancellationToken.None);
        }
        finally
        {
            Release(bytes);
        }
    }

    private void Release(int bytes) => Interlocked.Add(ref _bytes, -bytes);

    /// <summary>One batch is always taken, however large the messages are that planes may send.</summary>
    private bool TryHold(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) is var held && (held <= BytesHeldMax || held == bytes))
            return true;
        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    /// <summary>Room for what is coming on one stream; what has not gone further is given back with it.</summary>
    private sealed class Coming(UsageReport report, CancellationToken takenOver) : IDisposable
    {
        private readonly CancellationTokenSource _late = CancellationTokenSource.CreateLinkedTokenSource(takenOver);
        private readonly Lock _lock = new();
        private int _bytes;
        private bool _isOver;

        public CancellationToken Cancellation => _late.Token;

        /// <summary>Asked as a message begins to come; also by a read that nobody waits for any more.</summary>
        public GrpcStatus Begin(int bytes)
        {
            lock (_lock)
            {
                if (_isOver)
                    return new(GrpcCode.Cancelled, "the stream has ended");
                if (!report.TryHold(bytes))
                    return new(GrpcCode.ResourceExhausted, "the usage of other planes is under way; come again");
                _bytes = bytes;
                _late.CancelAfter(report.BatchTimeMax);
                return GrpcStatus.Ok;
            }
        }

        /// <summary>The message is there.</summary>
        public Room Take()
        {
            lock (_lock)
            {
                _late.CancelAfter(Timeout.InfiniteTimeSpan);
                return new(report, Interlocked.Exchange(ref _bytes, 0));
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                _isOver = true;
                report.Release(_bytes);
                _late.Dispose();
            }
        }
    }

    /// <summary>Room that is held, until it is given back or kept by who goes on with it.</summary>
    private sealed class Room(UsageReport report, int bytes) : IDisposable
    {
        private int _bytes = bytes;

        public int Keep() => Interlocked.Exchange(ref _bytes, 0);

        public void Dispose() => report.Release(Keep());
    }

    /// <summary>A batch that the ledger has been given, with when its first record ended.</summary>
    private readonly record struct UnderWay(ByteString Epoch, bool IsClosed, long EndedUnixMs, Task<ulong> Through);

    /// <summary>A batch as the ledger takes it; each record is written once, into one piece of memory for all.</summary>
    /// <param name="planeId">Whose it is.</param>
    /// <param name="up">As it came.</param>
    /// <param name="handed">How far the stream's batches before it went, by epoch; null where there are none.</param>
    internal LedgerBatch Batch(string planeId, UsageBatch up, Dictionary<UInt128, ulong>? handed = null)
    {
        if (!TryEpoch(up.Epoch, out var epoch))
            throw new ArgumentException("an epoch has 16 bytes", nameof(up));
        var after = handed?.GetValueOrDefault(epoch) ?? 0;
        if (handed is not null)
            handed[epoch] = Math.Max(after, up.ThroughSequence);
        var now = time.GetUtcNow();
        var nowUnixMs = now.ToUnixTimeMilliseconds();
        var latest = (now + FutureMax).ToUnixTimeMilliseconds();
        var sizes = new int[up.Records.Count];
        var total = 0;
        for (var i = 0; i < sizes.Length; i++)
            total += sizes[i] = up.Records[i].CalculateSize();
        var bytes = GC.AllocateUninitializedArray<byte>(total);
        var records = new LedgerRecord[sizes.Length];
        for (int i = 0, at = 0; i < records.Length; at += sizes[i++])
        {
            var record = up.Records[i];
            record.WriteTo(bytes.AsSpan(at, sizes[i]));

            // A clock that is wrong by far would make sums of days to come, or of 1970.
            var ended = record.EndedUnixMs <= 0 || record.EndedUnixMs > latest ? nowUnixMs : record.EndedUnixMs;
            records[i] = new(record.Sequence, ended, bytes.AsMemory(at, sizes[i]), UsageItem.Of(record));
        }

        return new()
        {
            PlaneId = planeId,
            Epoch = epoch,
            ThroughSequence = up.ThroughSequence,
            AfterSequence = after,
            IsClosed = up.IsClosed,
            ReceivedUnixMs = nowUnixMs,
            Records = records,
        };
    }

    private static bool TryEpoch(ByteString bytes, out UInt128 epoch)
    {
        epoch = bytes.Length == EpochBytes ? System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes.Span) : default;
        return bytes.Length == EpochBytes;
    }
}
