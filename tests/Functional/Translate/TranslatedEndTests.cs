using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>A translated stream that is ended from here, by a drain, a revoked key, the time that it may take or a defect, says so in its client's own way.</summary>
public sealed class TranslatedEndTests
{
    private static readonly (string Form, string Model)[] Ways =
    [
        ("chat", "claude-sonnet-4-5"), ("responses", "claude-sonnet-4-5"), ("responses", "gemini-2.5-flash"), ("messages", "gpt-4o"),
        ("events", "gpt-4o"), ("array", "gpt-4o"), ("array", "claude-sonnet-4-5"),
    ];

    private static readonly Dictionary<string, Ending> Endings = new()
    {
        ["draining"] = new("The gateway is shutting down; try again.", "server_error", "draining", "overloaded_error", 503, "UNAVAILABLE"),
        ["revoked"] = new("The API key has been revoked.", "invalid_request_error", "revoked", "authentication_error", 401, "UNAUTHENTICATED"),
        ["timeout"] = new("The provider took too long to answer.", "server_error", "timeout", "api_error", 504, "DEADLINE_EXCEEDED"),
        ["internal"] = new("Internal error.", "server_error", "internal", "api_error", 500, "INTERNAL"),
    };

    public static TheoryData<string, string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var end in Endings.Keys)
            {
                foreach (var (form, model) in Ways)
                    rows.Add(end, form, model);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task It_ends_in_an_error_of_the_client_s_dialect(string end, string form, string model)
    {
        var time = new BrittleTime();
        await using var edge = await Edge.StartAsync(Setup(end) with { Time = time });
        edge.ExpectsDefect = end == "internal";
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Request(form, model, "n=500; b=0; stall=6; cap=off"));
        await client.SeeAsync(form switch { "messages" => "content_block_delta", "responses" => "output_text.delta", "array" => "[{", _ => "data: " });
        var upstream = await edge.Fake.NextRequestAsync();

        await EndAsync(edge, end, upstream, time);

        var answer = await client.ReadAnswerAsync();
        Assert.Equal(200, answer.Status);
        Assert.True(answer.IsWhole);
        Check(answer, form, Endings[end]);
        foreach (var whole in (string[])["[DONE]", "message_stop", "response.completed", "finishReason"])
            Assert.DoesNotContain(whole, answer.Text, StringComparison.Ordinal);
        await client.SeeEndAsync();

        // One that was told to go on may have said all before it is left.
        var left = await upstream.End.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(left == RequestEnd.ClientLeft || end == "internal", $"{left}");
        Assert.Equal(end, (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("chat", "claude-sonnet-4-5")]
    [InlineData("messages", "gpt-4o")]
    [InlineData("responses", "gemini-2.5-flash")]
    public async Task So_does_one_that_has_had_all_of_its_time(string form, string model)
    {
        await using var edge = await Edge.StartAsync(Setup("timeout") with { Timeouts = "total: 8s" });
        var answer = await edge.AskAsync(Request(form, model, "n=500; b=0; stall=6; cap=off"));
        Assert.Equal((200, true), (answer.Status, answer.IsWhole));
        Check(answer, form, Endings["timeout"]);
        Assert.Equal("timeout", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/responses")]
    public async Task A_defect_within_a_stream_that_passes_untranslated_is_told_too(string path)
    {
        var time = new BrittleTime();
        await using var edge = await Edge.StartAsync(Setup("internal") with { Time = time });
        edge.ExpectsDefect = true;
        using var client = await edge.ConnectAsync();
        const string script = "n=500; b=0; stall=6; cap=off";
        await client.SendAsync(path == "/v1/responses" ? Ask.Responses(script) : Ask.Stream(script));
        await client.SeeAsync("data: ");
        var upstream = await edge.Fake.NextRequestAsync();

        await EndAsync(edge, "internal", upstream, time);

        var answer = await client.ReadAnswerAsync();
        Assert.True(answer.IsWhole);
        var last = JsonElement.Parse(answer.Events[^1]);
        if (path == "/v1/responses")
        {
            // What the defect came in the middle of had been read in part: none of it is missing, and nothing is told twice.
            Assert.Equal(
                Enumerable.Range(0, answer.Events.Length), answer.Events.Select(data => JsonElement.Parse(data).GetProperty("sequence_number").GetInt32()));
            Assert.True(answer.Events.Length > 8, "nothing but the beginning has passed");
        }

        var error = (last.TryGetProperty("response", out var response) ? response : last).GetProperty("error");
        Assert.Equal(("internal", "Internal error."), (error.GetProperty("code").GetString(), error.GetProperty("message").GetString()));
        await client.SeeEndAsync();
        Assert.Equal("internal", (await edge.RecordAsync()).GetProperty("end").GetString());
        await edge.SeeMetricAsync("aiedge_streams_open 0");
        await edge.SeeMetricAsync("aiedge_buffered_bytes 0");
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    private static EdgeSetup Setup(string end) => new()
    {
        Providers = Claude.Setup.Providers + "\n" + Gem.Setup.Providers,
        Models = Claude.Setup.Models + "\n" + Gem.Setup.Models,
        Server = "drainTimeout: 300ms",
        Timeouts = end == "timeout" ? "idle: 3s" : "",
        Limits = end == "internal" ? ["name: many, per: key, outputTokens: 1m/hour, onStream: cut"] : [],
    };

    private static string Request(string form, string model, string script) => form switch
    {
        "chat" => Ask.Stream(script, model),
        "responses" => Ask.Post("/v1/responses", $$"""{"model":"{{model}}","input":"{{EdgeSetup.Prompt}}","stream":true}""", Ask.Script(script)),
        "messages" => Claude.Stream(script, model),
        "events" => Gem.Stream(script, model),
        _ => Gem.Ask(script, model, method: "streamGenerateContent"),
    };

    private static async Task EndAsync(Edge edge, string end, ReceivedRequest upstream, BrittleTime time)
    {
        switch (end)
        {
            case "draining":
                await edge.Host.DrainAsync();
                break;
            case "revoked":
                edge.Host.Revoke(exchange => exchange.Key!.Name == "full");
                break;
            case "internal":
                // What comes now is more than was drawn from the limit: it is asked for more, and that by the time.
                time.Break();
                upstream.Resume();
                break;
        }
    }

    private static void Check(RawAnswer answer, string form, Ending ending)
    {
        switch (form)
        {
            case "chat":
                Assert.Equal("data: " + RawAnswer.Error(ending.Message, ending.Type, ending.Code) + "\n\n", answer.Frames[^1]);
                break;
            case "responses":
                Assert.Equal(
                    Enumerable.Range(0, answer.Events.Length), answer.Events.Select(data => JsonElement.Parse(data).GetProperty("sequence_number").GetInt32()));
                Assert.Equal("response.failed", Claude.Names(answer)[^1]);
                var response = JsonElement.Parse(answer.Events[^1]).GetProperty("response");
                Assert.Equal(("failed", ending.Code, ending.Message), (
                    response.GetProperty("status").GetString(), response.GetProperty("error").GetProperty("code").GetString(),
                    response.GetProperty("error").GetProperty("message").GetString()));
                Assert.Equal(
                    JsonElement.Parse(answer.Events[0]).GetProperty("response").GetProperty("id").GetString(), response.GetProperty("id").GetString());
                break;
            case "messages":
                Assert.Equal("error", Claude.Names(answer)[^1]);
                Assert.Equal(ending.Message, Claude.Error(JsonElement.Parse(answer.Events[^1]), ending.ClaudeType, answer.Field("request-id")!));
                break;
            case "events":
                Assert.Equal(ending.Message, Gem.Error(JsonElement.Parse(answer.Events[^1]), ending.Status, ending.GeminiStatus));
                break;
            default:
                var elements = answer.Json.EnumerateArray().ToArray();
                Assert.True(elements.Length > 1);
                Assert.Equal(ending.Message, Gem.Error(elements[^1], ending.Status, ending.GeminiStatus));
                break;
        }
    }

    /// <summary>What an end is called in each dialect.</summary>
    private sealed record Ending(string Message, string Type, string Code, string ClaudeType, int Status, string GeminiStatus);

    /// <summary>Time that limits live by, which fails once, and a stream alone: what else asks for it answers for more than this.</summary>
    private sealed class BrittleTime : TimeProvider
    {
        private int _isBroken;

        public void Break() => Volatile.Write(ref _isBroken, 1);

        public override long GetTimestamp() => Volatile.Read(ref _isBroken) != 0 && IsOfStream() && Interlocked.Exchange(ref _isBroken, 0) != 0
            ? throw new InvalidOperationException("The clock is broken.")
            : base.GetTimestamp();

        private static bool IsOfStream() => Environment.StackTrace.Contains("StreamRelay", StringComparison.Ordinal);
    }
}
