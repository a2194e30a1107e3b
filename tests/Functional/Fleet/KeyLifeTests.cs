using System.Text;
using System.Text.Json.Nodes;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>Keys, teams, models and providers from REST to a client's stream: what is given serves, what is taken away ends.</summary>
public sealed class KeyLifeTests : IAsyncLifetime
{
    private static readonly string Revoked =
        "data: " + RawAnswer.Error("The API key has been revoked.", "invalid_request_error", "revoked") + "\n\n";

    private LiveControl _control = null!;
    private LinkedEdge _edge = null!;

    public async Task InitializeAsync()
    {
        _control = await LiveControl.StartAsync();
        _edge = await LinkedEdge.MakeAsync(_control.Grpc);
        await DoAsync("PUT", "providers/fake", $$"""{"dialect":"openai","baseUrl":"{{_edge.Fake.BaseUrl}}","key":"{{EdgeSetup.ProviderKey}}"}""");
        await DoAsync("PUT", "models/gpt-4o", """{"targets":[{"provider":"fake","model":"fake-n3"}]}""");
        await DoAsync("PUT", "teams/blue", "{}");
        Assert.Empty(await _edge.StartAsync(LiveControl.JoinToken, planeId: "p"));
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _control.StopAsync();
        await WithoutSecretAsync();
        await _control.DisposeAsync();
    }

    [Fact]
    public async Task A_key_made_by_rest_streams_and_when_it_is_revoked_its_stream_ends_as_an_error()
    {
        var secret = (string)(await DoAsync("POST", "keys?wait=all&timeout=60s", """{"name":"a"}"""))["secret"]!;
        using var client = await _edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: secret));
        await client.SeeAsync("data: ");
        var upstream = await _edge.Fake.NextRequestAsync();
        Assert.Equal("Bearer " + EdgeSetup.ProviderKey, upstream.Header("authorization"));

        await DoAsync("DELETE", "keys/a");

        var answer = await client.ReadAnswerAsync();
        Assert.Equal(Revoked, answer.Frames[^1]);
        Assert.True(answer.IsWhole);
        Assert.Equal(RequestEnd.ClientLeft, await upstream.End.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(401, (await _edge.AskAsync(Ask.Chat(key: secret))).Status);
    }

    [Fact]
    public async Task Both_secrets_of_a_rotated_key_stream_and_the_revoked_one_alone_is_cut()
    {
        var old = (string)(await DoAsync("POST", "keys", """{"name":"a"}"""))["secret"]!;
        var made = (string)(await DoAsync("POST", "keys/a/rotate?overlap=1h&wait=all&timeout=60s"))["secret"]!;
        using var before = await _edge.ConnectAsync();
        await before.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: old));
        await before.SeeAsync("data: ");
        await _edge.Fake.NextRequestAsync();
        using var after = await _edge.ConnectAsync();
        await after.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: made));
        await after.SeeAsync("data: ");
        var goesOn = await _edge.Fake.NextRequestAsync();

        await DoAsync("DELETE", "keys/a/secrets/previous?wait=all&timeout=60s");

        Assert.Equal(Revoked, (await before.ReadAnswerAsync()).Frames[^1]);
        Assert.Equal(401, (await _edge.AskAsync(Ask.Chat(key: old))).Status);
        goesOn.Resume();
        Assert.Equal("[DONE]", (await after.ReadAnswerAsync()).Events[^1]);
        Assert.Equal(200, (await _edge.AskAsync(Ask.Chat(key: made))).Status);
    }

    [Fact]
    public async Task A_team_that_is_switched_off_is_refused_its_streams_end_and_on_again_it_is_served()
    {
        var secret = (string)(await DoAsync("POST", "keys?wait=all&timeout=60s", """{"name":"a","team":"blue"}"""))["secret"]!;
        using var client = await _edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: secret));
        await client.SeeAsync("data: ");

        await DoAsync("PATCH", "teams/blue?wait=all&timeout=60s", """{"disabled":true}""");

        Assert.Equal(Revoked, (await client.ReadAnswerAsync()).Frames[^1]);
        Assert.Equal(401, (await _edge.AskAsync(Ask.Chat(key: secret))).Status);
        await DoAsync("PATCH", "teams/blue?wait=all&timeout=60s", """{"disabled":null}""");
        Assert.Equal(200, (await _edge.AskAsync(Ask.Chat(key: secret))).Status);
    }

    [Theory]
    [InlineData("models/gpt-4o")]
    [InlineData("providers/fake")]
    public async Task What_is_switched_off_is_refused_and_what_is_under_way_on_it_ends_by_itself(string what)
    {
        var secret = (string)(await DoAsync("POST", "keys?wait=all&timeout=60s", """{"name":"a"}"""))["secret"]!;
        using var client = await _edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4", key: secret));
        await client.SeeAsync("data: ");
        var upstream = await _edge.Fake.NextRequestAsync();

        await DoAsync("PATCH", what + "?wait=all&timeout=60s", """{"disabled":true}""");

        var refused = await _edge.AskAsync(Ask.Chat(key: secret));
        Assert.Equal((403, RawAnswer.Error("The model is switched off.", "invalid_request_error", "model_not_allowed", "model")), (refused.Status, refused.Text));
        upstream.Resume();
        Assert.Equal("[DONE]", (await client.ReadAnswerAsync()).Events[^1]);
        await DoAsync("PATCH", what + "?wait=all&timeout=60s", """{"disabled":null}""");
        Assert.Equal(200, (await _edge.AskAsync(Ask.Chat(key: secret))).Status);
    }

    private Task<JsonNode> DoAsync(string method, string path, string? body = null) => _control.DoAsync(method, path, body);

    /// <summary>The provider's secret came to the plane, and lies nowhere in clear.</summary>
    private async Task WithoutSecretAsync()
    {
        foreach (var file in Directory.EnumerateFiles(_control.Folder, "*", SearchOption.AllDirectories))
            Assert.False((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(EdgeSetup.ProviderKey)) >= 0, $"{file} holds a secret");
    }
}
