using System.Net;
using AiEdge.Contracts.Faults;
using AiEdge.DataPlane.Accept;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Snapshot;
using AiEdge.DataPlane.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiEdge.DataPlane.Hosting;

/// <summary>A running data plane: its listeners, its configuration, and its orderly end.</summary>
internal sealed class EdgeHost : ILinkedPlane, IAsyncDisposable
{
    /// <summary>Descriptors that are not connections: files, epoll, listeners, pipes.</summary>
    private const int DescriptorsKept = 64;

    private readonly EdgeHostOptions _options;
    private readonly EdgeServices _services;
    private readonly KestrelServer _server;
    private readonly ClientListener _clients;
    private readonly ClientTls? _tls;
    private readonly IConfigFeed _feed;
    private readonly PlaneLink? _link;
    private readonly string _origin;
    private readonly List<ListenOptions> _bound = [];
    private int _sweepTick;
    private int _stopped;

    private EdgeHost(EdgeHostOptions options, ConfigLoad load, JournalStore? journal, PlaneLink? link)
    {
        _options = options;
        _link = link;
        _origin = options.ConfigPath ?? "control plane";
        var config = load.Snapshot!;
        _services = new EdgeServices(config, new RecordLog(options.Records), options.Log, journal, options.Time, link?.Desk);
        _services.Wheel.Ticked += OnTick;
        _tls = config.Server.TlsCertificateFile is { } certificate ? new ClientTls(certificate, config.Server.TlsKeyFile!) : null;
        _clients = new ClientListener(_services, _tls) { ConnectionsMax = DescriptorBound(config) };
        _feed = link is not null
            ? link.Feed
            : new ConfigWatcher(options.ConfigPath!, options.Overrides, options.Environment, TimeProvider.System, Publish, Reject, load, Warn);
        _server = MakeServer(config.Server);
        Warn(load.Warnings);
    }

    /// <summary>Where clients connect; its port is the real one.</summary>
    public IPEndPoint Listen => _bound[0].IPEndPoint!;

    public IPEndPoint Admin => _bound[1].IPEndPoint!;

    public IPEndPoint? Probe => _bound.Count > 2 ? _bound[2].IPEndPoint : null;

    public EdgeServices Services => _services;

    /// <summary>Starts a data plane; the faults say why if there is none.</summary>
    public static async Task<(EdgeHost? Host, IReadOnlyList<ConfigFault> Faults)> StartAsync(EdgeHostOptions options)
    {
        if (options.ControlPlane is { } controlPlane)
            return await StartLinkedAsync(options, controlPlane);
        var load = ConfigFile.Load(options.ConfigPath!, generation: 1, options.Overrides, options.Environment);
        return load.Snapshot is null ? (null, load.Faults) : (await StartAsync(options, load, null), []);
    }

    /// <summary>Starts a data plane of a control plane: once there is a configuration, from there or from disk.</summary>
    private static async Task<(EdgeHost? Host, IReadOnlyList<ConfigFault> Faults)> StartLinkedAsync(EdgeHostOptions options, LinkOptions controlPlane)
    {
        var link = PlaneLink.Open(controlPlane, options.Overrides, options.Environment, options.Log);
        try
        {
            link.Start();
            var (load, refusal) = await LinkedStart.FirstAsync(link, options);
            if (load is not null)
            {
                var host = await StartAsync(options, load, link);
                link.Feed.Attach(host);
                return (host, []);
            }

            await link.DisposeAsync();
            return (null, [new ConfigFault("--control-plane", 0, 0, refusal)]);
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    private static async Task<EdgeHost> StartAsync(EdgeHostOptions options, ConfigLoad load, PlaneLink? link)
    {
        var journal = options.DataDir is { } folder ? JournalStore.Open(folder, new LimitLedger(load.Snapshot!), options.Time) : null;
        if (journal is { Warning: { } warning })
            options.Log.WriteLine("journal: " + warning);
        if (journal is { Closed: > 0 })
            options.Log.WriteLine($"journal: {journal.Closed} exchanges were open when the process ended; they are closed as crashed");
        if (journal is not null)
            link?.StartShipping(journal, options.DataDir!);
        else if (link is null && load.Snapshot!.LimitTable.Parts.Any(static part => part is { Quantity.IsRate: false, Limit.IsShadow: false }))
            options.Log.WriteLine("limits: without --data-dir a restart forgets what was used of limits by the hour, day or month, and of money");
        var host = new EdgeHost(options, load, journal, link);
        link?.StartQuota(host._services.Limits.Clock, host._services.Routes, host._services.Clock);
        try
        {
            await host._server.StartAsync(new NoApplication(), CancellationToken.None);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the configuration again (SIGHUP).</summary>
    public void Reload()
    {
        _feed.Reload();
        _tls?.Reload();
    }

    /// <summary>
    /// The orderly end: readiness fails first and for <c>drainDelay</c> everything is still served; then idle connections close
    /// and nothing new begins; what is under way has <c>drainTimeout</c> and is then ended truthfully; then the control plane has
    /// <c>shipOnDrain</c> to acknowledge what was used.
    /// </summary>
    public async Task DrainAsync(CancellationToken hurry = default)
    {
        await DrainExchangesAsync(hurry);
        if (_link?.Usage is not { } usage || _services.Journal is not { } journal)
            return;
        await WaitAsync(TimeSpan.FromSeconds(2), () => journal.LagMs == 0, hurry);
        await usage.FlushAsync(_services.Snapshots.Current.Server.ShipOnDrain, isEnd: _services.Metrics.ExchangesOpen == 0, hurry);
    }

    private async Task DrainExchangesAsync(CancellationToken hurry)
    {
        var server = _services.Snapshots.Current.Server;
        _services.IsReady = false;
        await WaitAsync(server.DrainDelay, static () => false, hurry);
        _services.IsDraining = true;
        await WaitAsync(server.DrainTimeout, IsDone, hurry);
        if (_services.Metrics.ExchangesOpen == 0)
            return;
        _clients.StopAll(StopReason.Drain);
        await WaitAsync(TimeSpan.FromSeconds(2), IsDone, CancellationToken.None);

        bool IsDone()
        {
            // At every look: connections go idle one by one as their exchanges end.
            _clients.CloseIdle();
            return _services.Metrics.ExchangesOpen == 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        if (_link is not null)
            await _link.DisposeAsync();
        else
            _feed.Dispose();
        _services.IsDraining = true;
        _clients.StopAll(StopReason.Drain);
        _clients.AbortAll();
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _server.StopAsync(now.Token);
        _server.Dispose();
        _services.Dispose();
        _services.Records.Dispose();
        _services.Journal?.Dispose();
        _tls?.Dispose();
    }

    private static async Task WaitAsync(TimeSpan limit, Func<bool> isDone, CancellationToken hurry)
    {
        // Drain is the one place that waits by looking: ten looks a second, for some seconds, once in a process's life.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(DeadlineWheel.TickMs));
        var end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        try
        {
            while (!isDone() && Environment.TickCount64 < end && await timer.WaitForNextTickAsync(hurry))
            {
                // Look again.
            }
        }
        catch (OperationCanceledException)
        {
            // A second signal: go on at once.
        }
    }

    private KestrelServer MakeServer(ServerModel server)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        var admin = new AdminEndpoint(_services, _feed, _link);
        Bind(options, server.Listen, _clients.OnConnectedAsync);
        Bind(options, server.Admin, context => admin.OnConnectedAsync(context, probeOnly: false));
        if (server.Probe is { } probe)
            Bind(options, probe, context => admin.OnConnectedAsync(context, probeOnly: true));
        return new KestrelServer(Options.Create(options), new SocketTransport(_services.Blocks), NullLoggerFactory.Instance);
    }

    private void Bind(KestrelServerOptions options, IPEndPoint address, Func<ConnectionContext, Task> serve) =>
        options.Listen(address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(_ => context => serve(context));
            _bound.Add(listen);
        });

    private int DescriptorBound(ConfigSnapshot config)
    {
        // A connection of a client needs one of a provider besides.
        if (config.Server.ConnectionsMax <= _options.DescriptorsMax / 2)
            return config.Server.ConnectionsMax;
        var fits = Math.Min((_options.DescriptorsMax - DescriptorsKept) / 2, int.MaxValue);
        if (fits < config.Server.ConnectionsMax)
        {
            _options.Log.WriteLine(
                $"warning: connectionsMax lowered from {config.Server.ConnectionsMax} to {fits}: the limit of open files is {_options.DescriptorsMax}");
        }

        return (int)fits;
    }

    public void Publish(ConfigSnapshot config)
    {
        _services.Clock.Reanchor();
        _services.Upstreams.Use(config);
        _services.Limits.Use(config);
        _services.Routes.Use(config);
        _services.Watch.Use(config);
        _services.Capacity.Use(config);
        _services.Journal?.Use(config);
        _services.Snapshots.Publish(config);
        _options.Log.WriteLine($"configuration {config.Generation} in force");
    }

    public void Reject(IReadOnlyList<ConfigFault> faults)
    {
        _options.Log.WriteLine("configuration rejected, the old one stays in force:");
        Print(faults, "");
    }

    public void Warn(IReadOnlyList<ConfigFault> warnings) => Print(warnings, "warning: ");

    public void Revoke(Predicate<Exchange> restsOnIt) => _clients.Revoke(restsOnIt);

    public void SetStale(bool isStale)
    {
        if (_services.IsStale == isStale)
            return;
        _services.IsStale = isStale;
        _options.Log.WriteLine(isStale ? "the configuration is too old: requests are refused" : "the configuration may be used again");
    }

    private void Print(IReadOnlyList<ConfigFault> faults, string prefix)
    {
        foreach (var fault in faults)
            _options.Log.WriteLine(prefix + fault.Format(_origin));
    }

    private void OnTick()
    {
        _services.Watch.Tick();
        _services.Capacity.Tick();
        if (++_sweepTick % (1000 / DeadlineWheel.TickMs) != 0)
            return;
        _services.Upstreams.Sweep();
        _services.Limits.Sweep();
    }

    /// <summary>Kestrel's own HTTP is not used: every connection ends in a handler of ours.</summary>
    private sealed class NoApplication : Microsoft.AspNetCore.Hosting.Server.IHttpApplication<object>
    {
        public object CreateContext(Microsoft.AspNetCore.Http.Features.IFeatureCollection contextFeatures) => throw new NotSupportedException();

        public void DisposeContext(object context, Exception? exception)
        {
        }

        public Task ProcessRequestAsync(object context) => throw new NotSupportedException();
    }
}
