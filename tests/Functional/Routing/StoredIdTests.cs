using System.Net;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A response lies at one target with one account, and belongs to one team: who goes on from it gets there, and nobody else does.</summary>
public sealed class StoredIdTests
{
    private const string One = "sk-one-canary-b81d77";
    private const string Two = "sk-two-canary-4c02ea";
    private const string Mate = "sk-mate-canary-90aa31";
    private const string Other = "sk-other-canary-8812cd";

    private readonly ResponseStore _store = new();

    private EdgeSetup Setup => new()
    {
        Providers = $"  pool: {{ dialect: openai, baseUrl: \"ROOT/v1\", accounts: {{ one: {{ key: {One} }}, two: {{ key: {Two} }} }} }}\n"
            + "  chats: { dialect: openai, baseUrl: \"ROOT/v1\", responses: translated }",
        Models = """
              way: { targets: [ { provider: pool, model: a }, { provider: pool, model: b }, { provider: fake, model: c } ], fallback: [ gpt-4o ] }
              lone: { targets: [ { provider: fake, model: a }, { provider: fake, model: b }, { provider: chats, model: c } ] }
              sticky: { targets: [ { provider: pool, model: a }, { provider: fake, model: c } ], sticky: key }
              elsewhere: { targets: [ { provider: fake, model: d } ] }
            """,
        Keys = $"  - {{ name: mate, sha256: \"{EdgeSetup.Sha256(Mate)}\", team: blue }}\n  - {{ name: other, sha256: \"{EdgeSetup.Sha256(Other)}\" }}",
        Fake = _store.Options,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_turn_goes_where_the_first_one_went(bool isStream)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var places = new HashSet<(string, string)>();
        for (var chain = 0; chain < 6; chain++)
        {
            var (id, from) = (await SayAsync(edge, isStream: isStream), _store.Turns.Length);
            for (var turn = 0; turn < 10; turn++)
                id = await SayAsync(edge, id, isStream: isStream);
            var turns = _store.Turns[(from - 1)..];
            Assert.Equal(11, turns.Length);
            Assert.Single(turns.Select(turn => (turn.Account, turn.Model)).Distinct());
            Assert.Equal(turns[..^1].Select(turn => turn.Id), turns[1..].Select(turn => turn.Previous));
            places.Add((turns[0].Account, turns[0].Model));
        }

        Assert.InRange(places.Count, 3, 6);
    }

    [Fact]
    public async Task Another_team_is_told_that_there_is_none_and_nothing_is_sent()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var id = await SayAsync(edge);
        Assert.StartsWith("resp_aiedge_", id);
        await SayAsync(edge, id, Mate);
        foreach (var forged in (string[])[id, id[..^1], id + "A", "resp_aiedge_"])
        {
            foreach (var path in (string[])["/v1/responses", "/v1/responses/input_tokens"])
            {
                var refused = await edge.AskAsync(Ask.Post(path, Body(forged), key: Other));
                Assert.Equal((404, "previous_response_not_found"), (refused.Status, Code(refused)));
                Assert.Equal("previous_response_id", refused.Json.GetProperty("error").GetProperty("param").GetString());
            }
        }

        Assert.Equal(2, _store.Turns.Length);
    }

    [Fact]
    public async Task Every_plane_of_the_same_configuration_knows_it_and_so_does_the_next_one()
    {
        string id;
        await using (var first = await Edge.StartAsync(Setup))
        {
            id = await SayAsync(first);
            first.Replace(first.Config + "\n# the same\n");
            await first.Log.SeeAsync("configuration 2 in force");
            await SayAsync(first, id);
        }

        await using var second = await Edge.StartAsync(Setup);
        for (var turn = 0; turn < 8; turn++)
            await SayAsync(second, id);
        Assert.Single(_store.Turns.Select(turn => (turn.Account, turn.Model)).Distinct());
    }

    [Theory]
    [InlineData("status=500")]
    [InlineData("status=429")]
    [InlineData("status=401")]
    public async Task Nobody_else_is_asked_when_that_fails(string how)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var id = await SayAsync(edge);
        var status = Enum.Parse<HttpStatusCode>(how["status=".Length..]);
        _store.Instead = () => ResponseStore.Refusal(status, "No.");
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", Body(id)));
        Assert.Equal((status == HttpStatusCode.Unauthorized ? 502 : (int)status, "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
        _store.Instead = static () => null;
        await SayAsync(edge, id);
        Assert.Single(_store.Turns.Select(turn => (turn.Account, turn.Model)).Distinct());
    }

    [Theory]
    [InlineData("one: { key: " + One + " }, two: { key: " + Two + " }", "three: { key: sk-three-canary-110aef }")]
    [InlineData("one: { key: " + One + " }, two: { key: " + Two + " }", "one: { key: " + One + ", disabled: true }, two: { key: " + Two + ", disabled: true }")]
    public async Task Where_its_account_is_gone_the_client_is_told_so(string before, string after)
    {
        await using var edge = await Edge.StartAsync(Setup with { Models = "  way: { targets: [ { provider: pool, model: a }, { provider: fake, model: c, priority: 1 } ] }" });
        var id = await SayAsync(edge);
        edge.Replace(edge.Config.Replace(before, after, StringComparison.Ordinal));
        await edge.Log.SeeAsync("configuration 2 in force");
        var refused = await edge.AskAsync(Ask.Post("/v1/responses", Body(id)));
        Assert.Equal((404, "previous_response_not_found"), (refused.Status, Code(refused)));
        Assert.Contains("is not in use any more", refused.Text, StringComparison.Ordinal);
        Assert.Single(_store.Turns);
    }

    [Fact]
    public async Task Another_model_goes_on_from_it_where_it_has_a_target_there()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var id = await SayAsync(edge, model: "elsewhere");
        await SayAsync(edge, id, model: "lone");
        await SayAsync(edge, id, model: "way");
        Assert.Single(_store.Turns.Select(turn => turn.Account).Distinct());
        var pooled = await SayAsync(edge, model: "sticky");
        while (_store.Turns[^1].Model != "a")
            pooled = await SayAsync(edge);
        var refused = await edge.AskAsync(Ask.Post("/v1/responses", Body(pooled, "elsewhere")));
        Assert.Equal((404, "previous_response_not_found"), (refused.Status, Code(refused)));
    }

    [Fact]
    public async Task One_that_was_not_made_here_goes_where_alone_it_can_lie()
    {
        await using var edge = await Edge.StartAsync(Setup);
        await SayAsync(edge, model: "lone");
        var raw = _store.Turns[0].Id!;
        for (var i = 0; i < 6; i++)
            await SayAsync(edge, raw, model: "lone");
        var refused = await edge.AskAsync(Ask.Post("/v1/responses", Body(raw)));
        Assert.Equal((404, "previous_response_not_found", 7), (refused.Status, Code(refused), _store.Turns.Length));
        var talk = await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"way","input":"x","conversation":"conv_1"}"""));
        Assert.Equal((404, "conversation_not_found", 7), (talk.Status, Code(talk), _store.Turns.Length));
        Assert.Equal(200, (await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"way","input":"x","conversation":null,"previous_response_id":null}"""))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"sticky","input":"x","conversation":{"id":"conv_1"}}"""))).Status);
    }

    [Fact]
    public async Task What_is_not_kept_has_the_providers_own_id()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"way","input":"x","store":false}"""));
        Assert.Equal(_store.Turns[0].Id, answer.Json.GetProperty("id").GetString());
    }

    [Fact]
    public async Task The_providers_own_word_names_it_as_the_client_does()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var id = await SayAsync(edge);
        _store.Forget();
        var refused = await edge.AskAsync(Ask.Post("/v1/responses", Body(id)));
        Assert.Equal((404, $"Previous response with id '{id}' not found."), (refused.Status, refused.Json.GetProperty("error").GetProperty("message").GetString()));
    }

    [Fact]
    public async Task A_stream_that_breaks_ends_in_the_same_id()
    {
        await using var edge = await Edge.StartAsync(Setup);
        _store.Instead = static () => Ask.StreamAnswer("data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_x1\",\"created_at\":1}}\n\n"
            + "data: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"}\n\n");
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"lone","input":"x","stream":true}"""));
        var ids = answer.Events.Select(data => JsonElement.Parse(data)).Where(data => data.TryGetProperty("response", out _))
            .Select(data => data.GetProperty("response").GetProperty("id").GetString()).Distinct();
        Assert.StartsWith("resp_aiedge_", Assert.Single(ids));
        Assert.Contains("response.failed", answer.Text, StringComparison.Ordinal);
    }

    private static string Body(string id, string model = "way") => $$"""{"model":"{{model}}","previous_response_id":"{{id}}","input":"x"}""";

    private static string? Code(RawAnswer answer) => answer.Json.GetProperty("error").GetProperty("code").GetString();

    /// <summary>One turn; the id of its answer, which must be the same wherever it stands, and name what it goes on from as the client does.</summary>
    private async Task<string> SayAsync(Edge edge, string? id = null, string key = EdgeSetup.Key, string model = "way", bool isStream = false)
    {
        var before = id is null ? "" : $",\"previous_response_id\":\"{id}\"";
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", $$"""{"input":"x"{{before}},"model":"{{model}}","stream":{{(isStream ? "true" : "false")}}}""", key: key));
        Assert.True(answer.Status == 200, answer.Text);
        var responses = isStream
            ? answer.Events.Select(data => JsonElement.Parse(data)).Where(data => data.TryGetProperty("response", out _)).Select(data => data.GetProperty("response")).ToArray()
            : [answer.Json];
        Assert.Equal(isStream ? 3 : 1, responses.Length);
        Assert.All(responses, response => Assert.Equal(id, response.GetProperty("previous_response_id").GetString()));
        Assert.DoesNotContain(_store.Turns[^1].Id!, answer.Text, StringComparison.Ordinal);
        return Assert.Single(responses.Select(response => response.GetProperty("id").GetString()!).Distinct());
    }
}
