using System.Security.Cryptography;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Snapshot;
using AiEdge.Grpc;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Link;

/// <summary>This process's side of the control plane: who it is there, and the streams that it keeps open.</summary>
internal sealed class PlaneLink : IAsyncDisposable
{
    private const string ConfigPurpose = "aiedge plane.config secrets 1";

    private readonly ControlChannel _channel;
    private readonly CancellationTokenSource _stop = new();
    private readonly TextWriter _log;
    private Task _config = Task.CompletedTask;
    private Task _usage = Task.CompletedTask;
    private Task _quota = Task.CompletedTask;

    private PlaneLink(LinkOptions options, ControlChannel channel, ControlFeed feed, TextWriter log)
    {
        _channel = channel;
        _log = log;
        Options = options;
        Feed = feed;
        Config = new ConfigLink(channel, feed, options, log);
    }

    public LinkOptions Options { get; }

    public ControlFeed Feed { get; }

    public ConfigLink Config { get; }

    /// <summary>Completes where the control plane refuses a plane that has nothing to serve.</summary>
    public Task<GrpcStatus> Refused => Config.Refused.Task;

    /// <summary>Makes this plane's credential, or takes it up again, with the configuration that was last good. Asks nobody yet.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static PlaneLink Open(LinkOptions options, ConfigOverrides overrides, Func<string, string?> env, TextWriter log)
    {
        var credential = PlaneCredential.LoadOrMake(options.DataDir, options.PlaneId);
        var channel = new ControlChannel(options, credential, RandomNumberGenerator.GetBytes(16));
        var feed = new ControlFeed(options, new LastGood(options.DataDir, credential.DeriveKey(ConfigPurpose)), overrides, env, log);
        feed.LoadLastGood();
        return new PlaneLink(options, channel, feed, log);
    }

    /// <summary>Ships the journal; null until there is one.</summary>
    public UsageShipper? Usage { get; private set; }

    /// <summary>What the control plane lends; the limits' buckets are made with it.</summary>
    public LeaseDesk Desk { get; } = new();

    /// <summary>Asks for credit; null until limits are there.</summary>
    public QuotaLink? Quota { get; private set; }

    public void Start() => _config = Config.RunAsync(_stop.Token);

    /// <summary>Ships what the journal holds and what will come to it. The journal keeps what is not acknowledged.</summary>
    /// <param name="journal">Opened, and not yet written to by this start.</param>
    /// <param name="folder">Where it lies.</param>
    public void StartShipping(JournalStore journal, string folder)
    {
        var oldest = UsageReading.Committed(folder)?.BeginSequence ?? journal.NextSequence;
        var book = UsageBook.Open(folder, _channel.Epoch, oldest, journal.NextSequence);
        var shipper = new UsageShipper(_channel, book, folder, Options, _log);
        journal.NeededFrom = () => shipper.NextUnacknowledged;
        Usage = shipper;
        _usage = shipper.RunAsync(_stop.Token);
    }

    /// <summary>Asks for the credit of limits that were made with <see cref="Desk"/>, and shares what is learnt of accounts.</summary>
    public void StartQuota(LimitClock clock, RouteStates routes, EdgeClock edgeClock)
    {
        Quota = new QuotaLink(
            () => _channel.Start, stop => _channel.HasJoined ? _channel.Open(PlaneMethods.Sync, stop) : null, clock, Desk, Options.Time, Options.WaitMax,
            Options.HelloTimeout, new PlaneCount(Options.DataDir), new AccountLink(routes, edgeClock));
        routes.Attach(Quota.Knock);
        _quota = Quota.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _config;
        await _usage;
        await _quota;
        Feed.Dispose();
        _channel.Dispose();
        _stop.Dispose();
    }
}
