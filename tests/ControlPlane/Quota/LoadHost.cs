using System.Net;
using AiEdge.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>A gRPC server on a port of its own.</summary>
internal sealed class LoadHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcServer _server;

    private LoadHost(WebApplication app, GrpcServer server)
    {
        (_app, _server) = (app, server);
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Address { get; }

    public static async Task<LoadHost> StartAsync(Action<GrpcServer> add)
    {
        var server = new GrpcServer(new());
        add(server);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            server.Options.Apply(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseGrpc(null));
        });
        var app = builder.Build();
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return new(app, server);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(TimeSpan.Zero);
        await _app.DisposeAsync();
    }
}
