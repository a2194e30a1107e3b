using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>A changed configuration takes over between exchanges, whole or not at all.</summary>
public sealed class ReloadTests
{
    private const string NewKey = "sk-new-canary-4411aa";

    [Fact]
    public async Task A_changed_file_is_taken_by_itself()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);

        edge.Replace(edge.Config.Replace(EdgeSetup.Sha256(EdgeSetup.Key), EdgeSetup.Sha256(NewKey), StringComparison.Ordinal));
        await edge.Log.SeeAsync("configuration 2 in force");

        Assert.Equal(401, (await client.AskAsync(Ask.Chat())).Status);
        var answer = await client.AskAsync(Ask.Chat(key: NewKey));
        Assert.Equal(200, answer.Status);
        Assert.Equal("2", answer.Field("x-aiedge-config"));
        Assert.Contains("\naiedge_config_generation 2\n", (await edge.AdminAsync("/metrics")).Text);
        Assert.Equal(1, edge.Fake.ConnectionsAccepted);
    }

    [Fact]
    public async Task A_bad_file_changes_nothing_but_the_count_of_rejections()
    {
        await using var edge = await Edge.StartAsync();
        var good = edge.Config;

        edge.Replace(good.Replace("provider: fake,", "provider: faek,", StringComparison.Ordinal));
        await edge.Log.SeeAsync("configuration rejected");
        Assert.Contains("no provider named \"faek\"", await edge.Log.NextAsync());

        var answer = await edge.AskAsync(Ask.Chat());
        Assert.Equal(200, answer.Status);
        Assert.Equal("1", answer.Field("x-aiedge-config"));
        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("\naiedge_config_rejected_total 1\n", metrics);
        Assert.Contains("\naiedge_config_generation 1\n", metrics);

        edge.Replace(good.Replace("heartbeat: 15s", "heartbeat: 16s", StringComparison.Ordinal) + "\n");
        await edge.Log.SeeAsync("configuration 2 in force");
    }

    [Fact]
    public async Task An_exchange_under_way_keeps_what_it_began_with()
    {
        await using var edge = await Edge.StartAsync();
        await using var other = await FakeUpstreamServer.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("data: ");
        using var uploading = await edge.ConnectAsync();
        var body = Ask.ChatBody();
        await uploading.SendAsync(Ask.Get("/v1/chat/completions", $"Expect: 100-continue\r\nContent-Length: {body.Length}\r\n", method: "POST"));
        await uploading.SeeAsync("100 Continue");

        edge.Replace(edge.Config.Replace($":{edge.Fake.Port}/", $":{other.Port}/", StringComparison.Ordinal)
            .Replace(EdgeSetup.Sha256(EdgeSetup.Key), EdgeSetup.Sha256(NewKey), StringComparison.Ordinal));
        edge.Host.Reload();

        var fresh = await edge.AskAsync(Ask.Chat(key: NewKey));
        Assert.Equal(200, fresh.Status);

        // Taken once, or twice: by itself, too, where the call to reload came late.
        Assert.Contains(fresh.Field("x-aiedge-config"), (string[])["2", "3"]);
        Assert.Equal(1, other.RequestCount);

        await uploading.SendAsync(body);
        var kept = await uploading.ReadAnswerAsync();
        Assert.Equal(200, kept.Status);
        Assert.Equal("1", kept.Field("x-aiedge-config"));
        Assert.Equal(1, other.RequestCount);
        Assert.Equal(2, edge.Fake.RequestCount);
        await client.SeeAsync("x-aiedge-config: 1\r\n");

        edge.Fake.CloseConnections();
        var stream = await client.ReadAnswerAsync();
        Assert.Contains("\"code\":\"upstream_error\"", stream.Frames[^1]);
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_provider_that_is_gone_gives_its_idle_connections_back()
    {
        await using var edge = await Edge.StartAsync();
        await using var other = await FakeUpstreamServer.StartAsync();
        await edge.AskAsync(Ask.Chat());
        Assert.Equal(1, edge.Fake.ConnectionsOpen);

        edge.Replace(edge.Config.Replace($":{edge.Fake.Port}/", $":{other.Port}/", StringComparison.Ordinal));
        edge.Host.Reload();

        await edge.Fake.ConnectionClosedAsync(1);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        Assert.Equal(1, other.RequestCount);
    }

    [Fact]
    public async Task A_new_credential_is_used_on_the_connections_that_are_there()
    {
        await using var edge = await Edge.StartAsync();
        await edge.AskAsync(Ask.Chat());
        await edge.RecordAsync();
        await edge.Fake.NextRequestAsync();

        edge.Replace(edge.Config.Replace(EdgeSetup.ProviderKey, "sk-provider-second", StringComparison.Ordinal));
        edge.Host.Reload();
        await edge.AskAsync(Ask.Chat());

        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("Bearer sk-provider-second", request.Header("Authorization"));
        Assert.Equal(2, request.NumberOnConnection);
    }

    [Fact]
    public async Task A_secret_file_is_watched_like_the_document()
    {
        await using var edge = await Edge.StartAsync();
        var secret = Path.Combine(edge.Folder, "secret");
        await File.WriteAllTextAsync(secret, EdgeSetup.Sha256(NewKey) + "\n");
        edge.Replace(edge.Config.Replace(EdgeSetup.Sha256(EdgeSetup.Key), "${file:secret}", StringComparison.Ordinal));
        await edge.Log.SeeAsync("configuration 2 in force");
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: NewKey))).Status);

        await File.WriteAllTextAsync(secret, EdgeSetup.Sha256(EdgeSetup.Key));
        await edge.Log.SeeAsync("configuration 3 in force");

        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: NewKey))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task Counters_outlive_a_reload()
    {
        await using var edge = await Edge.StartAsync();
        await edge.AskAsync(Ask.Chat());
        await edge.RecordAsync();
        edge.Replace(edge.Config.Replace("name: narrow", "name: narrower", StringComparison.Ordinal));
        edge.Host.Reload();
        await edge.AskAsync(Ask.Chat());
        await edge.RecordAsync();

        Assert.Contains(
            "\naiedge_requests_total{gen_ai_request_model=\"gpt-4o\",gen_ai_provider_name=\"fake\",outcome=\"done\"} 2\n",
            (await edge.AdminAsync("/metrics")).Text);
    }
}
