using AiEdge.Contracts.Wire;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;

namespace AiEdge.ControlPlane.Quota;

/// <summary>One stream of a plane: what its numbers mean, and its asks, one after the other.</summary>
internal sealed class QuotaSession(
    QuotaAllocator allocator, QuotaLog log, Func<Moment> now, PlaneState plane, ulong stream, GrpcServerCall<QuotaUp, QuotaDown> call)
{
    /// <summary>Buckets that a stream may name; keys as many.</summary>
    public const int NamesMax = 1_000_000;

    private const int NameCharsMax = 1024;

    /// <summary>How often an ask is answered anew because others took what a ceiling was raised for.</summary>
    private const int RetriesMax = 5;

    /// <summary>
    /// How long an answer waits for the log. A plane without one for half a second takes the control plane to hang, and uses its share of what others
    /// are lent meanwhile: so on a slow disk the answer comes without what a ceiling is raised for, and that with the next.
    /// </summary>
    private static readonly TimeSpan LogPatience = TimeSpan.FromMilliseconds(200);

    private const uint RetryMs = 50;

    private readonly Dictionary<uint, BucketSeat> _buckets = [];
    private readonly Dictionary<(BucketId Id, string Share), uint> _numbers = [];
    private readonly Dictionary<uint, string> _keys = [];
    private readonly Lock _naming = new();
    private readonly List<int> _pending = [];
    private readonly HashSet<uint> _told = [];
    private readonly TaskCompletionSource _ousted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _lastAsk;
    private Task _recalling = Task.CompletedTask;
    private Task _pausing = Task.CompletedTask;

    public PlaneState Plane => plane;

    /// <summary>Whether the call's credential is still good.</summary>
    public required Func<GrpcServerContext, bool> IsGood { get; init; }

    /// <summary>What the plane tells of accounts with providers.</summary>
    public required AccountSession Accounts { get; init; }

    /// <summary>A newer stream of the same start has taken its place.</summary>
    public void Oust() => _ousted.TrySetResult();

    /// <summary>Answers until the plane goes.</summary>
    public async ValueTask<GrpcStatus> RunAsync()
    {
        using var draining = call.Context.Draining.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), _ousted);
        while (true)
        {
            var read = call.ReadAsync().AsTask();
            if (await Task.WhenAny(read, _ousted.Task) != read)
            {
                return call.Context.Draining.IsCancellationRequested
                    ? new(GrpcCode.Unavailable, "the control plane stops")
                    : new(GrpcCode.Aborted, "a newer stream of the same plane has taken over");
            }

            if (!await read)
                return GrpcStatus.Ok;
            if (!IsGood(call.Context))
                return new(GrpcCode.Unauthenticated, "the credential was revoked");
            if (call.Current.KindCase == QuotaUp.KindOneofCase.None)
                continue;
            if (call.Current.KindCase == QuotaUp.KindOneofCase.Accounts)
            {
                var (shares, wrong) = Accounts.Answer(call.Current.Accounts, now().Ns);
                if (shares is null)
                    return wrong;
                if (!await call.WriteAsync(new QuotaDown { Accounts = shares }))
                    return GrpcStatus.Ok;
                continue;
            }

            if (call.Current.KindCase != QuotaUp.KindOneofCase.Ask)
                return new(GrpcCode.InvalidArgument, "a stream has one hello, the first of its messages");
            var (answer, fault) = await AnswerAsync(call.Current.Ask);
            if (answer is null)
                return fault;
            if (!await call.WriteAsync(new QuotaDown { Answer = answer }))
                return GrpcStatus.Ok;
        }
    }

    /// <summary>Tells the plane; where the one before is still on its way, not: what lies idle shows in the next ask as well.</summary>
    public void Recall(in QuotaCall recall)
    {
        uint number;
        lock (_naming)
        {
            if (!_recalling.IsCompleted || !_numbers.TryGetValue((recall.Bucket, recall.Share), out number))
                return;
        }

        var message = new QuotaDown { Recall = new QuotaRecall { Bucket = number, Lease = recall.Lease, Keep = (ulong)Math.Max(0, recall.Keep) } };
        _recalling = call.WriteAsync(message).AsTask();
    }

    /// <summary>Tells the plane to leave an account alone; where the word before is still on its way, its next telling is answered with it.</summary>
    public void Pause(in AccountPause pause)
    {
        if (_pausing.IsCompleted && Accounts.Pause(pause, now().Ns) is { } shares)
            _pausing = call.WriteAsync(new QuotaDown { Accounts = shares }).AsTask();
    }

    private async ValueTask<(QuotaAnswer? Answer, GrpcStatus Fault)> AnswerAsync(QuotaAsk ask)
    {
        if (ask.Number != _lastAsk + 1)
            return (null, new(GrpcCode.InvalidArgument, $"ask {ask.Number} came after ask {_lastAsk}"));
        _lastAsk = ask.Number;
        if (TakeNames(ask) is { } wrong)
            return (null, wrong);
        var answer = new QuotaAnswer { Number = ask.Number };
        _pending.Clear();
        _told.Clear();
        foreach (var report in ask.Buckets)
        {
            if (!_buckets.TryGetValue(report.Bucket, out var seat))
                return (null, new(GrpcCode.InvalidArgument, $"bucket {report.Bucket} has no name"));

            // The second would be granted beside the first, and be lent to nobody until its time is over.
            if (!_told.Add(report.Bucket))
                return (null, new(GrpcCode.InvalidArgument, $"bucket {report.Bucket} is told of twice in ask {ask.Number}"));
            answer.Buckets.Add(allocator.Ask(plane, stream, seat, report, _keys, now(), out var isPending));
            if (isPending)
                _pending.Add(answer.Buckets.Count - 1);
        }

        allocator.Reported(plane);
        var patience = _pending.Count > 0 ? Task.Delay(LogPatience) : Task.CompletedTask;
        for (var i = 0; _pending.Count > 0; i++)
        {
            try
            {
                // Where others took again and again what was raised, the plane asks once more; its other buckets have their answers.
                if (i == RetriesMax || !await log.TryWriteAsync(patience))
                {
                    Postpone(answer);
                    break;
                }
            }
            catch (IOException e)
            {
                return (null, new(GrpcCode.Unavailable, e.Message));
            }

            AskAgain(ask, answer);
        }

        if (allocator.HasRecords)
            log.WriteBeside();
        return (answer, default);
    }

    private void AskAgain(QuotaAsk ask, QuotaAnswer answer)
    {
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var at = _pending[i];
            var report = ask.Buckets[at];
            answer.Buckets[at] = allocator.Ask(plane, stream, _buckets[report.Bucket], report, _keys, now(), out var isPending);
            if (!isPending)
                _pending.RemoveAt(i);
        }
    }

    private void Postpone(QuotaAnswer answer)
    {
        foreach (var at in _pending)
            answer.Buckets[at].RetryAfterMs = Math.Max(answer.Buckets[at].RetryAfterMs, RetryMs);
    }

    private GrpcStatus? TakeNames(QuotaAsk ask)
    {
        foreach (var name in ask.Names)
        {
            var id = new BucketId(name.Limit, name.Unit, name.Scope, name.Value);
            if (name.Limit.Length > NameCharsMax || name.Scope.Length > NameCharsMax || name.Value.Length > NameCharsMax
                || name.Share.Length > NameCharsMax)
                return new(GrpcCode.InvalidArgument, $"a name of bucket {name.Bucket} is longer than {NameCharsMax} characters");
            if (_buckets.Count >= NamesMax)
                return new(GrpcCode.ResourceExhausted, $"a stream names {NamesMax} buckets at most");
            if (name.Bucket == 0 || !_buckets.TryAdd(name.Bucket, new BucketSeat(id, name.Share)) || !TryNumber((id, name.Share), name.Bucket))
                return new(GrpcCode.InvalidArgument, $"bucket {name.Bucket} is named twice, or not by a number from 1");
        }

        foreach (var subject in ask.Subjects)
        {
            if (subject.Key.Length > NameCharsMax || _keys.Count >= NamesMax || !_keys.TryAdd(subject.Subject, subject.Key))
                return new(GrpcCode.InvalidArgument, $"subject {subject.Subject} is named twice, too long or one too many");
        }

        return null;
    }

    /// <summary>Recalls come from another thread than asks.</summary>
    private bool TryNumber((BucketId Id, string Share) name, uint number)
    {
        lock (_naming)
            return _numbers.TryAdd(name, number);
    }
}
