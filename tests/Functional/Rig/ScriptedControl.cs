using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Threading.Channels;
using AiEdge.Contracts.Wire;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A control plane that does what a test says, on a real socket: each stream of a plane is handed to the test.</summary>
internal sealed class ScriptedControl : IAsyncDisposable
{
    public const string JoinToken = "jt-canary-5a0e";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly GrpcServer _server;
    private readonly Channel<WatchStream> _watches;
    private readonly Channel<ReportStream> _reports;
    private readonly Channel<SyncStream> _syncs;

    private ScriptedControl(
        WebApplication app, GrpcServer server, Channel<WatchStream> watches, Channel<ReportStream> reports, Channel<SyncStream> syncs, ScriptedBook book)
    {
        (_app, _server, _watches, _reports, _syncs, Book) = (app, server, watches, reports, syncs, book);
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Address { get; }

    /// <summary>What it remembers of planes; it outlives the server.</summary>
    public ScriptedBook Book { get; }

    public static async Task<ScriptedControl> StartAsync(int port = 0, ScriptedBook? book = null)
    {
        book ??= new();
        var watches = Channel.CreateUnbounded<WatchStream>();
        var reports = Channel.CreateUnbounded<ReportStream>();
        var syncs = Channel.CreateUnbounded<SyncStream>();
        var server = new GrpcServer(new() { Gate = book.Gate })
            .AddUnary(PlaneMethods.Join, book.JoinAsync)
            .AddBidirectional(PlaneMethods.Watch, call => new WatchStream(call).RunAsync(watches.Writer))
            .AddBidirectional(PlaneMethods.Report, call => new ReportStream(call).RunAsync(reports.Writer))
            .AddBidirectional(PlaneMethods.Sync, call => new SyncStream(call).RunAsync(syncs.Writer));
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            server.Options.Apply(kestrel);
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseGrpc());
        });
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return new(app, server, watches, reports, syncs, book);
    }

    /// <summary>The next stream of configurations that a plane has begun, with its hello.</summary>
    public async Task<WatchStream> WatchAsync() => await _watches.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>The next stream of usage.</summary>
    public async Task<ReportStream> ReportAsync() => await _reports.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>The next stream of credit.</summary>
    public async Task<SyncStream> SyncAsync() => await _syncs.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Stops as a process does that is killed: connections end without a word.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        var stopping = _server.StopAsync(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await stopping.WaitAsync(Patience);
        await _app.DisposeAsync();
    }
}

/// <summary>Credentials and what was said at joining.</summary>
internal sealed class ScriptedBook
{
    private readonly ConcurrentDictionary<string, byte[]> _planes = new();

    public byte[] StoreId { get; set; } = [.. Enumerable.Repeat((byte)7, 16)];

    public ConcurrentQueue<JoinRequest> Joins { get; } = new();

    /// <summary>What the gate says besides to planes; null lets those in that have joined.</summary>
    public GrpcStatus? Refusal { get; set; }

    /// <summary>How many of the next joins lose their answer.</summary>
    public int AnswersToLose { get; set; }

    public ValueTask<GrpcResult<JoinResponse>> JoinAsync(JoinRequest request, GrpcServerContext context)
    {
        Joins.Enqueue(request);
        var id = request.PlaneId.Length > 0 ? request.PlaneId : "plane-1";
        _planes[id] = request.CredentialSha256.ToByteArray();
        return AnswersToLose-- > 0 ? new(new GrpcStatus(GrpcCode.Unavailable, "lost")) : new(new JoinResponse { PlaneId = id });
    }

    public ValueTask<GrpcStatus> Gate(GrpcServerContext context)
    {
        if (!BearerToken.TryGet(context.Metadata, out var token))
            return new(new GrpcStatus(GrpcCode.Unauthenticated, "no token"));
        if (context.Path == PlaneMethods.Join.Path)
            return new(token == ScriptedControl.JoinToken ? GrpcStatus.Ok : new(GrpcCode.Unauthenticated, "no such join token"));
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        var isKnown = dot > 0 && _planes.TryGetValue(token[..dot], out var hash) && SHA256.HashData(Base64Url.DecodeFromChars(token.AsSpan(dot + 1))).SequenceEqual(hash);
        return new(!isKnown ? new(GrpcCode.Unauthenticated, "no such plane") : Refusal ?? GrpcStatus.Ok);
    }
}

/// <summary>A stream from the control plane's side: the test says what goes down and sees what comes up.</summary>
internal abstract class ScriptedStream<TUp, TDown>(GrpcServerCall<TUp, TDown> call)
    where TUp : class
    where TDown : class
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<TUp> _heard = Channel.CreateUnbounded<TUp>();
    private readonly TaskCompletionSource<GrpcStatus> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the plane has ended the stream, or the connection is gone.</summary>
    public Task Ended => _heard.Reader.Completion;

    public async ValueTask<GrpcStatus> RunAsync()
    {
        await using var gone = call.Context.Cancellation.Register(() => _end.TrySetResult(new(GrpcCode.Cancelled)));
        _ = HearAsync();
        return await _end.Task;
    }

    public async Task SendAsync(TDown message) => Assert.True(await TrySendAsync(message), "the stream has ended");

    /// <summary>The next message of the plane.</summary>
    public async Task<TUp> NextAsync() => await _heard.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>False where the stream has ended.</summary>
    protected ValueTask<bool> TrySendAsync(TDown message) => call.WriteAsync(message);

    /// <summary>All messages of the plane from now on.</summary>
    protected IAsyncEnumerable<TUp> AllAsync() => _heard.Reader.ReadAllAsync();

    public bool TryNext(out TUp? message) => _heard.Reader.TryRead(out message);

    public void End(GrpcStatus status) => _end.TrySetResult(status);

    private async Task HearAsync()
    {
        while (await call.ReadAsync())
            _heard.Writer.TryWrite(call.Current);
        _heard.Writer.TryComplete();
    }
}

/// <summary><c>Config.Watch</c>.</summary>
internal sealed class WatchStream(GrpcServerCall<ConfigUp, ConfigDown> call) : ScriptedStream<ConfigUp, ConfigDown>(call)
{
    public ConfigHello Hello { get; private set; } = new();

    public async ValueTask<GrpcStatus> RunAsync(ChannelWriter<WatchStream> streams)
    {
        var running = RunAsync();
        Hello = (await NextAsync()).Hello;
        streams.TryWrite(this);
        return await running;
    }

    public Task GreetAsync(byte[] storeId) => SendAsync(new ConfigDown { Hello = new() { StoreId = ByteString.CopyFrom(storeId), Version = "test" } });

    public Task ChangeAsync(ConfigChange change) => SendAsync(new ConfigDown { Change = change });

    /// <summary>Sends a change that has to be applied, and waits until it is.</summary>
    public async Task ApplyAsync(ConfigChange change)
    {
        await ChangeAsync(change);
        var answer = await NextAsync();
        Assert.True(answer.KindCase == ConfigUp.KindOneofCase.Applied, answer.ToString());
        Assert.Equal(change.Generation, answer.Applied.Generation);
    }
}

/// <summary><c>Quota.Sync</c>.</summary>
internal sealed class SyncStream(GrpcServerCall<QuotaUp, QuotaDown> call) : ScriptedStream<QuotaUp, QuotaDown>(call)
{
    public async ValueTask<GrpcStatus> RunAsync(ChannelWriter<SyncStream> streams)
    {
        var running = RunAsync();
        Assert.Equal(QuotaUp.KindOneofCase.Hello, (await NextAsync()).KindCase);
        streams.TryWrite(this);
        return await running;
    }

    public Task GreetAsync(byte[] storeId) => SendAsync(new QuotaDown { Hello = new() { StoreId = ByteString.CopyFrom(storeId) } });

    /// <summary>The next ask, in which a bucket stands once: what it is granted twice would be lost until its time is over.</summary>
    public async Task<QuotaAsk> AskedAsync()
    {
        var ask = (await NextAsync()).Ask;
        Assert.Distinct(ask.Buckets.Select(report => report.Bucket));
        return ask;
    }

    /// <summary>
    /// Answers all asks from now on, until the stream ends: a plane that gets no answer takes it that the control plane hangs. Slots are lent
    /// by each answer anew.
    /// </summary>
    public void AnswerAll(uint slots = 0) => _ = AnswerAllAsync(slots);

    public Task GrantAsync(QuotaAsk ask, BucketGrant grant) => SendAsync(new QuotaDown { Answer = new() { Number = ask.Number, Buckets = { grant } } });

    private async Task AnswerAllAsync(uint slots)
    {
        await foreach (var up in AllAsync())
            await TrySendAsync(new QuotaDown { Answer = new() { Number = up.Ask.Number, Buckets = { up.Ask.Buckets.Select(Grant) } } });

        BucketGrant Grant(BucketReport report) => slots == 0
            ? new() { Bucket = report.Bucket }
            : new() { Bucket = report.Bucket, Lease = 1, Amount = slots, LengthMs = 600_000 };
    }
}

/// <summary><c>Usage.Report</c>.</summary>
internal sealed class ReportStream(GrpcServerCall<UsageUp, UsageDown> call) : ScriptedStream<UsageUp, UsageDown>(call)
{
    public UsageHello Hello { get; private set; } = new();

    public async ValueTask<GrpcStatus> RunAsync(ChannelWriter<ReportStream> streams)
    {
        var running = RunAsync();
        Hello = (await NextAsync()).Hello;
        streams.TryWrite(this);
        return await running;
    }

    public Task GreetAsync(byte[] storeId) => SendAsync(new UsageDown { Hello = new() { StoreId = ByteString.CopyFrom(storeId), Version = "test" } });

    public Task AcknowledgeAsync(UsageBatch batch) =>
        SendAsync(new UsageDown { Acknowledged = new() { Epoch = batch.Epoch, ThroughSequence = batch.ThroughSequence } });
}
