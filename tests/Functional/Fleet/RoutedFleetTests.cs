using System.Net;
using System.Text;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>What routes requests, written to a control plane by REST, read back as it was written, and in force on a data plane.</summary>
public sealed class RoutedFleetTests : IAsyncLifetime
{
    private const string Model =
        """{"targets":[{"provider":"fake","model":"away","weight":1000},"""
        + """{"provider":"home","model":"home","region":"eu-1","contextWindow":100,"capabilities":["tools"]}]"""
        + ""","aliases":["two"],"fallback":["long"],"contextWindow":4000}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("aiedge-routed-").FullName;
    private FasterStore _store = null!;
    private ControlHost _control = null!;
    private FakeUpstreamServer _provider = null!;
    private HttpClient _rest = null!;

    public async Task InitializeAsync()
    {
        _provider = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions());
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
        _rest = new HttpClient { BaseAddress = new Uri(_control.Http, "/api/v1/") };
        _rest.DefaultRequestHeaders.Authorization = new("Bearer", "admin");
        await PutAsync("providers/fake", Provider("us"));
        await PutAsync("providers/home", Provider("eu-0"));
        await PutAsync("models/long", """{"targets":[{"provider":"home","model":"long"}]}""");
        await PutAsync("models/both", Model);
        await PutAsync("teams/eu", """{"regions":["eu-*"]}""");
    }

    public async Task DisposeAsync()
    {
        _rest.Dispose();
        await _control.DisposeAsync();
        await _store.DisposeAsync();
        await _provider.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Names_regions_and_windows_come_back_as_written_and_hold_on_a_plane()
    {
        Assert.Equal(Model, await _rest.GetStringAsync(new Uri("models/both", UriKind.Relative)));
        await PutAsync("keys/full", $$"""{"sha256":"{{EdgeSetup.Sha256(EdgeSetup.Key)}}","team":"eu","regions":["eu-*"],"modelMap":{"old-*":"two"} }""");
        await using var edge = await LinkedEdge.MakeAsync(_control.Grpc);
        Assert.Empty(await edge.StartAsync("join"));

        Assert.Equal((200, "home"), Seen(await edge.AskAsync(Ask.Chat(model: "old-7"))));
        Assert.Equal((200, "long"), Seen(await edge.AskAsync(Ask.Chat(model: "both", more: ",\"max_tokens\":3000"))));
        Assert.DoesNotContain(_provider.Requests, request => request.Model == "away");
        await PutAsync("models/long", """{"targets":[{"provider":"fake","model":"long"}]}""", wait: true);
        Assert.Equal(413, (await edge.AskAsync(Ask.Chat(model: "both", more: ",\"max_tokens\":3000"))).Status);
    }

    private static (int, string?) Seen(RawAnswer answer) => (answer.Status, answer.Field("x-aiedge-model"));

    private string Provider(string region) => $$"""{"dialect":"openai","baseUrl":"{{_provider.BaseUrl}}","region":"{{region}}","key":"sk-1"}""";

    private async Task PutAsync(string path, string json, bool wait = false)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _rest.PutAsync(new Uri(path + (wait ? "?wait=all&timeout=20s" : ""), UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
    }
}
