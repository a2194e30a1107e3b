using System.Net.Security;
using AiEdge.ControlPlane.Api;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Publish;
using AiEdge.ControlPlane.Quota;
using AiEdge.ControlPlane.Rest;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Usage;
using AiEdge.Grpc;
using AiEdge.Grpc.Health;
using AiEdge.Grpc.Server;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace AiEdge.ControlPlane.Hosting;

/// <summary>The control plane as a process: its parts put together, two listeners, start and stop.</summary>
internal sealed class ControlHost : IAsyncDisposable
{
    /// <summary>What calls that are under way have to end once a stop was asked for.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    /// <summary>Calls at a time on one connection of a plane, or of somebody who stands before several.</summary>
    private const int StreamsPerConnectionMax = 100;

    private readonly WebApplication _app;
    private readonly GrpcServer _grpc;
    private readonly GrpcHealth _health;
    private readonly SecretSeal _seal;
    private readonly UsagePart _usage;

    private ControlHost(WebApplication app, GrpcServer grpc, GrpcHealth health, SecretSeal seal, UsagePart usage, EdgeState state, PlaneRegistry planes)
    {
        _app = app;
        _grpc = grpc;
        _health = health;
        _seal = seal;
        _usage = usage;
        State = state;
        Planes = planes;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        Http = new Uri(addresses[0]);
        Grpc = new Uri(addresses[1]);
    }

    /// <summary>Where REST is served.</summary>
    public Uri Http { get; }

    /// <summary>Where data planes connect.</summary>
    public Uri Grpc { get; }

    public EdgeState State { get; }

    public PlaneRegistry Planes { get; }

    /// <summary>Credit that planes are lent.</summary>
    public required QuotaService Quota { get; init; }

    /// <summary>The document in force is being judged, which needs nobody to wait for it.</summary>
    public required Task Prepared { get; init; }

    /// <summary>Opens the store's log, makes what the first start needs, and listens.</summary>
    /// <param name="options">Addresses, secrets, TLS.</param>
    /// <param name="store">Open, and the caller's to close behind this.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<ControlHost> StartAsync(ControlOptions options, IEdgeStore store, CancellationToken cancel = default)
    {
        Directory.CreateDirectory(options.DataDir);
        var state = await EdgeState.OpenAsync(store.Commands, new DocumentCheck(), options.Time, cancel);
        state.OnFault = options.Log.WriteLine;
        var seal = FirstStart.Seal(options);
        FirstStart.CheckSecrets(state.Current, seal, options.Log);
        await FirstStart.TokensAsync(state, options);
        var planes = new PlaneRegistry(options.Time);
        var health = new GrpcHealth();
        var join = new JoinService(state, new LoginLimit(options.Time));
        var grpc = new GrpcServer(new()
        {
            Gate = PlaneGate.Of(state, join),
            Open = new(PlaneGate.IsOpen),
            CallsPerCallerMax = PlaneGate.CallsPerPlaneMax,
            StreamsPerConnectionMax = StreamsPerConnectionMax,
            Time = options.Time,
            OnFault = (path, fault) => RequestFaults.Write(options.Log, path, fault),
        });
        health.AddTo(grpc);
        join.AddTo(grpc);
        var version = typeof(ControlHost).Assembly.GetName().Version?.ToString(3) ?? "";
        new WatchService(state, planes, seal, store.Id) { Version = version }.AddTo(grpc);
        var usage = UsagePart.Open(
            store, state, options.StoreDir, name => AlertEntry.Secret(state.Current, seal, name), options.Log.WriteLine, options.Rollups, options.WebhookHosts);
        usage.AddTo(grpc);
        var quota = await QuotaService.OpenAsync(state, store, options.Time, cancel);
        quota.AddTo(grpc);
        quota.SpentBy = usage.Spend.Read;
        quota.OnFault = (what, fault) => RequestFaults.Write(options.Log, what, fault);
        usage.OnReported = (plane, epoch, isClosed) =>
        {
            if (isClosed)
                quota.Close(plane, epoch);
        };
        var app = Build(options, grpc);

        // The two listeners share nothing but the process: what is served on one is not found on the other.
        app.MapWhen(http => http.Connection.LocalPort == GrpcPort(app), branch => branch.Run(grpc.HandleAsync));
        app.Use((http, next) => RequestFaults.GuardAsync(http, next, options.Log));
        app.UseRouting();
        new Probes(state, planes).MapTo(app);

        // Where other parts come in: their routes stand behind the same gate and in the same description.
        var world = new ApiWorld(state, planes, seal) { WebhookHosts = options.WebhookHosts, JournalAgeMs = usage.JournalAgeMs };
        var routes = RestApi.Routes(world);
        routes.AddRange(UsageRoutes(usage.Endpoints(http => Caller.Of(http).Team)));
        routes.AddRange(new QuotaRoutes(world, quota).Routes());
        app.MapRest(routes, new CallerGate(state, new LoginLimit(options.Time)), version);
        await app.StartAsync(cancel);
        return new(app, grpc, health, seal, usage, state, planes) { Quota = quota, Prepared = state.PrepareAsync() };
    }

    /// <summary>Says that it stops, lets what is under way end for a while, and stops.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        _health.SetAllNotServing();
        await _grpc.StopAsync(grace);
        await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await _app.DisposeAsync();
        await _usage.DisposeAsync();
        await Quota.DisposeAsync();
        await Prepared;
        State.Dispose();
        _seal.Dispose();
    }

    private static WebApplication Build(ControlOptions options, GrpcServer grpc)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        var tls = options.Certificate is { } certificate ? GrpcTls.Server(certificate, options.Intermediates, options.ClientAuthorities) : null;

        // With what stands between the certificate and its authority: a client that knows the authority alone could not judge it else.
        var rest = options.Certificate is { } own ? SslStreamCertificateContext.Create(own, options.Intermediates, offline: true) : null;
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            grpc.Options.Apply(kestrel);
            kestrel.Limits.MaxRequestBodySize = 9 << 20;
            kestrel.Listen(options.Http, listen =>
            {
                if (rest is not null)
                    listen.UseHttps((_, _, _, _) => new(new SslServerAuthenticationOptions { ServerCertificateContext = rest }), state: rest);
            });
            kestrel.Listen(options.Grpc, listen => listen.UseGrpc(tls));
        });
        return builder.Build();
    }

    private static IEnumerable<ApiRoute> UsageRoutes(UsageEndpoints usage)
    {
        var readers = ApiRoute.ReadersAndOwners;
        string[] span = ["from", "to"];
        string[] filters = ["key", "team", "model", "rule", "provider", "tag"];
        yield return new("GET", "/usage", "Sums of use by any grouping and step, in JSON or CSV", readers, usage.UsageAsync)
        {
            Query = [.. span, "step", "groupBy", "format", .. filters],
            AnswerSchema = "Usage",
            OtherAnswerType = "text/csv",
        };
        yield return new("GET", "/usage/top", "Who spends most", readers, usage.TopAsync)
        {
            Query = [.. span, "by", "limit", .. filters],
            AnswerSchema = "Usage",
        };
        yield return new("GET", "/usage/forecast", "What a period will have cost at its end", readers, usage.ForecastAsync)
        {
            Query = ["period", .. filters],
            AnswerSchema = "Forecast",
        };
        yield return new("GET", "/requests", "Records of requests", readers, usage.RequestsAsync)
        {
            Query = [
                .. span, .. filters, "status", "end", "limitName", "requestId", "minTotalMs", "minCostNanodollars", "attempts", "limit", "cursor"],
            AnswerSchema = "Requests",
        };
        yield return new("GET", "/requests/{id}", "The record of one request", readers, usage.RequestAsync) { Query = span, AnswerSchema = "Requests" };
    }

    private static int GrpcPort(WebApplication app) =>
        new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last()).Port;
}
