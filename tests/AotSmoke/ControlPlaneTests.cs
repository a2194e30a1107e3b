using System.Net;
using System.Security.Cryptography;
using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.FakeUpstream;

namespace AiEdge.AotSmoke.Tests;

/// <summary>The binary as a plane of a fleet: gRPC over HTTP/2, protobuf and sealed files are what trimming could break here.</summary>
public sealed class ControlPlaneTests : IAsyncLifetime
{
    private const string LimitedKey = "sk-smoke-limited-00112233445566";
    private const int Limit = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("aiedge-control-").FullName;
    private FakeUpstreamServer _provider = null!;
    private FasterStore _store = null!;
    private ControlHost? _control;

    public async Task InitializeAsync()
    {
        _provider = await FakeUpstreamServer.StartAsync(new() { RequiredKey = NativePlane.ProviderKey });
        _store = await FasterStore.OpenAsync(FasterStore.FolderOf(_folder));
        _control = await ControlHost.StartAsync(
            new ControlOptions
            {
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Grpc = new IPEndPoint(IPAddress.Loopback, 0),
                DataDir = _folder,
                AdminToken = "admin",
                JoinToken = "join",
            },
            _store);
        await PutAsync("providers", "fake", $$"""{"dialect":"openai","baseUrl":"{{_provider.BaseUrl}}","key":"${env:{{NativePlane.StoredKeyName}}}"}""");
        await PutAsync("models", "fake-*", """{"targets":[{"provider":"fake"}]}""");
        await PutAsync("teams", "limited", "{}");
        await PutAsync("keys", "free", $$"""{"name":"free","sha256":"{{Sha256(NativePlane.Key)}}"}""");
        await PutAsync("keys", "limited", $$"""{"name":"limited","team":"limited","sha256":"{{Sha256(LimitedKey)}}"}""");
        await PutAsync("limits", "shared", $$"""{"name":"shared","match":{"team":"limited"},"requests":"{{Limit}}/day","onOutage":"refuse"}""");
        await PutAsync("settings", "server", """{"drainDelay":0}""");
        await PutAsync("settings", "timeouts", """{"connect":"20s"}""");
    }

    public async Task DisposeAsync()
    {
        await StopControlAsync();
        await _provider.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [NativeFact]
    public async Task It_joins_serves_by_what_it_is_lent_and_starts_again_without_its_control_plane()
    {
        await using var plane = await NativePlane.JoinAsync(_control!.Grpc, "join", _provider);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(plane, NativePlane.Key));
        var generation = await GenerationAsync(plane);

        // On a busy machine a grant may be late; then the request is refused, and asked again it is there.
        Assert.True(await plane.BecomesAsync(async () =>
        {
            await AskAsync(plane, LimitedKey);
            return _provider.RequestCount == Limit + 2;
        }));
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(plane, LimitedKey));
        Assert.True(await plane.BecomesAsync(() => Task.FromResult(_control.Quota.View("shared") is [{ Used: Limit }])));

        await StopControlAsync();
        plane.SignalStop();
        await plane.EndsWellAsync();
        await plane.RestartAsync();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(plane, NativePlane.Key));
        Assert.Equal(generation, await GenerationAsync(plane));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(plane, LimitedKey));
        Assert.Contains("\naiedge_control_plane_connected 0\n", await plane.Admin.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    private static string Sha256(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static async Task<HttpStatusCode> AskAsync(NativePlane plane, string key)
    {
        using var answer = await SendAsync(plane, key);
        return answer.StatusCode;
    }

    private static async Task<string> GenerationAsync(NativePlane plane)
    {
        using var answer = await SendAsync(plane, NativePlane.Key);
        return Assert.Single(answer.Headers.GetValues("x-aiedge-config"));
    }

    private static async Task<HttpResponseMessage> SendAsync(NativePlane plane, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = NativePlane.Chat("fake-n2", stream: false) };
        request.Headers.Authorization = new("Bearer", key);
        return await plane.Client.SendAsync(request);
    }

    private async Task StopControlAsync()
    {
        if (_control is not { } control)
            return;
        _control = null;
        await control.DisposeAsync();
        await _store.DisposeAsync();
    }

    private async Task PutAsync(string section, string name, string json)
    {
        var outcome = await _control!.State.WriteAsync(document => WriteDecision.Change(
            new AuditRecord(1, "tester", "", "put", $"{section}/{name}"),
            new EntryChange(section, name, new EntryValue(Encoding.UTF8.GetBytes(json), EntryOwner.Api, document.NextPosition(section), default))));
        Assert.Null(outcome.Refusal);
    }
}
