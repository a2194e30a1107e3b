using System.Net;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Usage;
using AiEdge.Grpc.Client;
using AiEdge.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>The usage API and the report service on ports of their own. A call's credential is the plane's id itself, a caller's the name of his team.</summary>
internal sealed class UsageHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcServer _server;
    private readonly HttpClient _http;

    private UsageHost(WebApplication app, GrpcServer server)
    {
        _app = app;
        _server = server;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        _http = new() { BaseAddress = new(addresses[0]) };
        Grpc = new(addresses[1]);
    }

    public Uri Grpc { get; }

    public required UsageReport Report { get; init; }

    public static async Task<UsageHost> StartAsync(UsageRig rig, ControlPlane.Store.IEdgeStore? store = null, long bytesHeldMax = UsageReport.BytesMax, TimeSpan? batchTimeMax = null,
        UsageEndpoints? endpoints = null)
    {
        var server = new GrpcServer(new());
        var report = new UsageReport(store ?? rig.Store, context => BearerToken.TryGet(context.Metadata, out var token) ? token : null, rig.Time)
        {
            BytesHeldMax = bytesHeldMax,
            BatchTimeMax = batchTimeMax ?? TimeSpan.FromSeconds(30),
        };
        report.AddTo(server);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseGrpc());
        });
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.Map("/{service}/{method}", server.HandleAsync);
        Map(app.MapGroup("/api/v1"), endpoints ?? new(rig.Book, http => http.Request.Headers["x-team"] is [{ } team] ? team : null, rig.Time));
        await app.StartAsync();
        return new(app, server) { Report = report };
    }

    public GrpcChannel Channel(string planeId) => new(new() { Address = Grpc, Authorization = _ => new($"Bearer {planeId}") });

    public async Task<JsonNode> GetAsync(string path, HttpStatusCode status = HttpStatusCode.OK, string? team = null)
    {
        using var answer = await SendAsync(path, team);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {text}");
        Assert.Equal(status == HttpStatusCode.OK ? "application/json" : "application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(text)!;
    }

    public async Task<string> TextAsync(string path)
    {
        using var answer = await SendAsync(path, null);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType?.MediaType);
        return await answer.Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.StopAsync(TimeSpan.Zero).WaitAsync(TimeSpan.FromSeconds(30));
        await _app.DisposeAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string? team)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/" + path);
        if (team is not null)
            request.Headers.Add("x-team", team);
        return await _http.SendAsync(request);
    }

    private static void Map(RouteGroupBuilder group, UsageEndpoints usage)
    {
        group.MapGet("/usage", (RequestDelegate)usage.UsageAsync);
        group.MapGet("/usage/top", (RequestDelegate)usage.TopAsync);
        group.MapGet("/usage/forecast", (RequestDelegate)usage.ForecastAsync);
        group.MapGet("/requests", (RequestDelegate)usage.RequestsAsync);
        group.MapGet("/requests/{id}", (RequestDelegate)usage.RequestAsync);
    }
}
