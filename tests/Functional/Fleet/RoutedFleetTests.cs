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

    private FakeUpstreamServer _provider = null!;
    private LiveControl _control = null!;

    public async Task InitializeAsync()
    {
        _provider = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions());
        _control = await LiveControl.StartAsync();
        await _control.PutAsync("providers/fake", Provider("us"));
        await _control.PutAsync("providers/home", Provider("eu-0"));
        await _control.PutAsync("models/long", """{"targets":[{"provider":"home","model":"long"}]}""");
        await _control.PutAsync("models/both", Model);
        await _control.PutAsync("teams/eu", """{"regions":["eu-*"]}""");
    }

    public async Task DisposeAsync()
    {
        await _control.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Names_regions_and_windows_come_back_as_written_and_hold_on_a_plane()
    {
        Assert.Equal(Model, await _control.GetAsync("models/both"));
        await _control.PutAsync("keys/full", $$"""{"sha256":"{{EdgeSetup.Sha256(EdgeSetup.Key)}}","team":"eu","regions":["eu-*"],"modelMap":{"old-*":"two"} }""");
        await using var edge = await LinkedEdge.MakeAsync(_control.Grpc);
        Assert.Empty(await edge.StartAsync(LiveControl.JoinToken));

        Assert.Equal((200, "home"), Seen(await edge.AskAsync(Ask.Chat(model: "old-7"))));
        Assert.Equal((200, "long"), Seen(await edge.AskAsync(Ask.Chat(model: "both", more: ",\"max_tokens\":3000"))));
        Assert.DoesNotContain(_provider.Requests, request => request.Model == "away");
        await _control.PutAsync("models/long", """{"targets":[{"provider":"fake","model":"long"}]}""", wait: true);
        Assert.Equal(413, (await edge.AskAsync(Ask.Chat(model: "both", more: ",\"max_tokens\":3000"))).Status);
    }

    [Fact]
    public async Task One_patch_turns_all_requests_from_one_target_to_the_other_and_back()
    {
        await _control.PutAsync("keys/full", $$"""{"sha256":"{{EdgeSetup.Sha256(EdgeSetup.Key)}}"}""");
        await _control.PutAsync("models/flag", "{" + Weights(100, 0) + ""","aliases":["three"],"contextWindow":4000}""");
        await using var edge = await LinkedEdge.MakeAsync(_control.Grpc);
        Assert.Empty(await edge.StartAsync(LiveControl.JoinToken));
        await AllGoToAsync("old");

        foreach (var (old, fresh, taken) in ((int, int, string)[])[(0, 100, "new"), (100, 0, "old")])
        {
            await _control.DoAsync("PATCH", "models/flag?wait=all&timeout=60s", "{" + Weights(old, fresh) + "}");

            Assert.Equal("{" + Weights(old, fresh) + ""","aliases":["three"],"contextWindow":4000}""", await _control.GetAsync("models/flag"));
            await AllGoToAsync(taken);
        }

        await _control.DoAsync("PATCH", "models/flag?wait=all&timeout=60s", "{" + Weights(50, 50) + "}");
        var seen = new List<string?>();
        for (var i = 0; i < 20; i++)
            seen.Add((await edge.AskAsync(Ask.Chat(model: "flag"))).Field("x-aiedge-model"));
        Assert.Equal(["new", "old"], seen.Distinct().Order(StringComparer.Ordinal));

        async Task AllGoToAsync(string target)
        {
            for (var i = 0; i < 10; i++)
                Assert.Equal((200, target), Seen(await edge.AskAsync(Ask.Chat(model: i % 2 == 0 ? "flag" : "three"))));
        }
    }

    private static string Weights(int old, int fresh) =>
        $$"""
        "targets":[{"provider":"fake","model":"old","weight":{{old}}},{"provider":"home","model":"new","weight":{{fresh}}}]
        """;

    private static (int, string?) Seen(RawAnswer answer) => (answer.Status, answer.Field("x-aiedge-model"));

    private string Provider(string region) => $$"""{"dialect":"openai","baseUrl":"{{_provider.BaseUrl}}","region":"{{region}}","key":"sk-1"}""";
}
