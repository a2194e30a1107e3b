using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Record;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// The stream of usage (<c>Usage.Report</c>): reads what the journal has committed, sends it in batches, a few at a time, and notes what is
/// acknowledged. Nothing waits for it: what it has not sent lies in the journal.
/// </summary>
internal sealed class UsageShipper
{
    /// <summary>Batches that are sent and not acknowledged.</summary>
    public const int BatchesMax = 8;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);

    private readonly ControlChannel _channel;
    private readonly UsageBook _book;
    private readonly string _folder;
    private readonly LinkOptions _options;
    private readonly TextWriter _log;
    private readonly LinkWait _wait;
    private readonly Lock _gate = new();
    private readonly Queue<(long Next, long OldestUnixMs)> _underWay = new();
    private readonly SemaphoreSlim _look = new(0, 1);
    private GrpcStatus _told = GrpcStatus.Ok;
    private bool _isRewound;
    private bool _isStanding;
    private EndOfEpoch _end;
    private long _committed;
    private long _waitsSinceUnixMs;

    public UsageShipper(ControlChannel channel, UsageBook book, string folder, LinkOptions options, TextWriter log)
    {
        _channel = channel;
        _book = book;
        _folder = folder;
        _options = options;
        _log = log;
        _wait = new LinkWait(options.WaitMax);
        _committed = book.NextUnacknowledged;
    }

    /// <summary>Records of the journal that are not acknowledged; also such as are never sent, for they serve recovery alone.</summary>
    public long Unacknowledged => Math.Max(0, Volatile.Read(ref _committed) - _book.NextUnacknowledged);

    /// <summary>Age of the oldest record that is sent and not acknowledged, in milliseconds.</summary>
    public long AgeMs
    {
        get
        {
            var since = Volatile.Read(ref _waitsSinceUnixMs);
            return since == 0 ? 0 : Math.Max(0, _options.Time.GetUtcNow().ToUnixTimeMilliseconds() - since);
        }
    }

    /// <summary>The first record that the journal has to keep for it.</summary>
    public long NextUnacknowledged => _book.NextUnacknowledged;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (status, isTold) = await OnceAsync(stop);
            _book.Save();
            if (stop.IsCancellationRequested)
                return;
            if (status != _told)
                _log.WriteLine($"control plane: usage: {status}");
            _told = status;
            try
            {
                await Task.Delay(_wait.Next(isTold && status.Code == GrpcCode.Unavailable), _options.Time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Whether the control plane knows that no more records of this start will come.</summary>
    private enum EndOfEpoch
    {
        Open,
        Wanted,
        Sent,
        Acknowledged,
    }

    /// <summary>
    /// Waits until all that the journal holds is acknowledged, or the time is over, or somebody is in a hurry. Where nothing more will come to it
    /// (<paramref name="isEnd"/>) that is said as well: money that this start holds is free then, and not first at the next start.
    /// </summary>
    public async Task FlushAsync(TimeSpan atMost, bool isEnd, CancellationToken hurry)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        late.CancelAfter(atMost);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20), _options.Time);
        try
        {
            do
            {
                // Between two commits the journal may say nothing.
                if (UsageReading.Committed(_folder) is { } extent)
                    Volatile.Write(ref _committed, extent.NextSequence);
                Look();
            }
            while (Unacknowledged > 0 && await look.WaitForNextTickAsync(late.Token));
            if (isEnd)
                await EndAsync(look, late);
        }
        catch (OperationCanceledException)
        {
            _log.WriteLine($"control plane: {Unacknowledged} records of the journal are not acknowledged; they are sent at the next start");
        }

        _book.Save();
    }

    /// <summary>Says the end where the stream stands; a control plane that is away hears it from the next start.</summary>
    private async ValueTask EndAsync(PeriodicTimer look, CancellationTokenSource late)
    {
        late.CancelAfter(EndTimeout);
        lock (_gate)
            _end = EndOfEpoch.Wanted;
        Look();
        try
        {
            while (IsEnding() && await look.WaitForNextTickAsync(late.Token))
            {
                // Until it is acknowledged, or the stream has ended.
            }
        }
        catch (OperationCanceledException)
        {
            // All records are safe.
        }
    }

    private bool IsEnding()
    {
        lock (_gate)
            return _isStanding && _end != EndOfEpoch.Acknowledged;
    }

    private async Task<(GrpcStatus Status, bool IsTold)> OnceAsync(CancellationToken stop)
    {
        if (!_channel.HasJoined)
            return (_told, false);
        using var reading = new UsageReading(_folder, _book);
        if (UsageReading.Committed(_folder) is not { } extent)
            return (_told, false);
        await using var call = _channel.Open(PlaneMethods.Report, stop);
        if (!await GreetAsync(call, extent))
            return (await call.Completion, call.IsEndTold);
        _wait.Succeed();
        _told = GrpcStatus.Ok;
        Begin();
        var sending = SendAsync(call, reading);
        var complaint = await TakeAsync(call);
        lock (_gate)
            _isStanding = false;
        if (complaint is not null)
            call.Cancel();
        var status = await call.Completion;
        var fault = await sending;
        return (complaint ?? fault) is { } wrong ? (new(GrpcCode.Internal, wrong), false) : (status, call.IsEndTold);
    }

    private void Begin()
    {
        lock (_gate)
        {
            _underWay.Clear();
            (_isRewound, _isStanding) = (true, true);
            if (_end == EndOfEpoch.Sent)
                _end = EndOfEpoch.Wanted;
        }
    }

    private async ValueTask<bool> GreetAsync(GrpcCall<UsageUp, UsageDown> call, JournalExtent extent)
    {
        using var patience = _options.Time.CreateTimer(_ => call.Cancel(), null, _options.HelloTimeout, Timeout.InfiniteTimeSpan);
        var hello = new UsageHello { Plane = _channel.Start };
        foreach (var span in _book.Spans(extent.BeginSequence, extent.NextSequence))
        {
            hello.Journals.Add(new JournalSpan
            {
                Epoch = ByteString.CopyFrom(span.Epoch),
                FirstSequence = (ulong)span.First + 1,
                LastSequence = (ulong)span.End,
                IsClosed = span.IsClosed,
            });
        }

        if (!await call.WriteAsync(new() { Hello = hello }) || !await call.ReadAsync())
            return false;
        if (call.Current.KindCase != UsageDown.KindOneofCase.Hello)
        {
            call.Cancel();
            return false;
        }

        _book.UseStore(call.Current.Hello.StoreId.Span);
        return true;
    }

    /// <summary>Sends what there is, until the call has ended; a complaint where the journal cannot be read.</summary>
    private async Task<string?> SendAsync(GrpcCall<UsageUp, UsageDown> call, UsageReading reading)
    {
        while (!call.Completion.IsCompleted)
        {
            try
            {
                if (TakeNext(reading) is { } batch)
                {
                    if (!await call.WriteAsync(new() { Batch = batch.Message }))
                        return null;
                    continue;
                }

                if (TakeEnd() is { } end)
                    await call.WriteAsync(new() { Batch = end });
            }
            catch (Exception e) when (e is JournalFault or IOException or UnauthorizedAccessException)
            {
                call.Cancel();
                return "the journal cannot be read: " + e.Message;
            }

            // Woken by an acknowledgement, or by time: the journal says nothing when it commits.
            await Task.WhenAny(_look.WaitAsync(LookInterval), call.Completion);
        }

        return null;
    }

    /// <summary>The next batch, noted as under way; null where there is none to be sent now.</summary>
    private ReadBatch? TakeNext(UsageReading reading)
    {
        lock (_gate)
        {
            if (_isRewound)
                reading.Rewind();
            _isRewound = false;
            if (_underWay.Count >= BatchesMax || UsageReading.Committed(_folder) is not { } extent)
                return null;
            Volatile.Write(ref _committed, extent.NextSequence);
            var batch = reading.Next(extent, _book.NextUnacknowledged);
            if (batch is null)
                return null;
            _underWay.Enqueue((batch.Next, batch.OldestUnixMs));
            Note();
            return batch;
        }
    }

    /// <summary>What says that no more will come, where that is wanted and all else is acknowledged; once a stream.</summary>
    private UsageBatch? TakeEnd()
    {
        lock (_gate)
        {
            if (_end != EndOfEpoch.Wanted || _underWay.Count > 0)
                return null;
            _end = EndOfEpoch.Sent;
            var span = _book.Spans(0, Volatile.Read(ref _committed))[^1];
            return new() { Epoch = ByteString.CopyFrom(span.Epoch), ThroughSequence = (ulong)span.End, IsClosed = true };
        }
    }

    /// <summary>Takes acknowledgements until the end; a complaint where something comes that may not.</summary>
    private async ValueTask<string?> TakeAsync(GrpcCall<UsageUp, UsageDown> call)
    {
        var savedAt = _options.Time.GetTimestamp();
        while (await call.ReadAsync())
        {
            switch (call.Current.KindCase)
            {
                case UsageDown.KindOneofCase.Acknowledged:
                    Acknowledge(call.Current.Acknowledged);
                    break;
                case UsageDown.KindOneofCase.Resend:
                    await ResendAsync(call, call.Current.Resend);
                    break;
                case UsageDown.KindOneofCase.Hello:
                    return "the control plane broke the order of the stream: a second hello";
            }

            if (_options.Time.GetElapsedTime(savedAt) < SaveInterval)
                continue;
            savedAt = _options.Time.GetTimestamp();
            _book.Save();
        }

        return null;
    }

    private void Acknowledge(UsageAcknowledged acknowledged)
    {
        lock (_gate)
        {
            _book.Acknowledge(acknowledged.Epoch.Span, Number(acknowledged.ThroughSequence));
            var next = _book.NextUnacknowledged;
            while (_underWay.TryPeek(out var first) && first.Next <= next)
                _underWay.Dequeue();
            Note();

            // Acknowledgements come in order, and nothing else was under way.
            if (_end == EndOfEpoch.Sent && acknowledged.Epoch.Span.SequenceEqual(_channel.Epoch))
                _end = EndOfEpoch.Acknowledged;
        }

        Look();
    }

    /// <summary>From a record on again. One whose records are all there may still want to hear that no more will come.</summary>
    private async ValueTask ResendAsync(GrpcCall<UsageUp, UsageDown> call, UsageResend resend)
    {
        var from = Number(resend.FromSequence) - 1;
        lock (_gate)
        {
            if (_book.TakeBack(resend.Epoch.Span, from))
            {
                _underWay.Clear();
                _isRewound = true;
            }
        }

        Look();
        foreach (var span in _book.Spans(0, long.MaxValue))
        {
            if (span.IsClosed && from >= span.End && resend.Epoch.Span.SequenceEqual(span.Epoch))
                await call.WriteAsync(new() { Batch = new() { Epoch = resend.Epoch, ThroughSequence = (ulong)span.End, IsClosed = true } });
        }
    }

    private void Note() => Volatile.Write(ref _waitsSinceUnixMs, _underWay.TryPeek(out var first) ? first.OldestUnixMs : 0);

    private void Look()
    {
        lock (_gate)
        {
            if (_look.CurrentCount == 0)
                _look.Release();
        }
    }

    private static long Number(ulong sequence) => (long)Math.Min(sequence, long.MaxValue);
}
