using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using AiEdge.Grpc.Client;
using AiEdge.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiEdge.Grpc.Tests;

/// <summary>A server on a port of its own, with what a test adds to it.</summary>
internal sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private readonly ConcurrentQueue<Exception> _faults;

    private GrpcHost(WebApplication app, GrpcServer server, ConcurrentQueue<Exception> faults)
    {
        _faults = faults;
        _app = app;
        Server = server;
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public GrpcServer Server { get; }

    public Uri Address { get; }

    public static async Task<GrpcHost> StartAsync(
        Action<GrpcServer> add, GrpcServerOptions? options = null, SslServerAuthenticationOptions? tls = null)
    {
        var faults = new ConcurrentQueue<Exception>();
        var server = new GrpcServer(options ?? new() { OnFault = (_, e) => faults.Enqueue(e) });
        add(server);
        var app = Build(kestrel =>
        {
            server.Options.Apply(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseGrpc(tls));
        });
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return new(app, server, faults);
    }

    public static WebApplication Build(Action<KestrelServerOptions> configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(configure).UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        return builder.Build();
    }

    public GrpcChannel Channel() => new(new() { Address = Address });

    public async ValueTask DisposeAsync()
    {
        await Server.StopAsync(TimeSpan.Zero).WaitAsync(TimeSpan.FromSeconds(30));
        await _app.DisposeAsync();

        // A handler of a test that fails by accident would look like a status.
        if (!_faults.IsEmpty)
            throw new AggregateException(_faults);
    }
}
