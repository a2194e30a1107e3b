using System.Text;
using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Gemini;

/// <summary>Streams as one JSON array, which Gemini's clients have that do not ask for events.</summary>
public sealed class ArrayTests
{
    private static EdgeSetup Setup => Gem.Setup with
    {
        Providers = Gem.Setup.Providers + "\n" + Claude.Setup.Providers,
        Models = Gem.Setup.Models + "\n" + Claude.Setup.Models + "\n" + """
              gemini-cut: { targets: [ { provider: google } ], tokenizer: o200k_base, runaway: { outputTokens: 3 } }
              fake-cut: { targets: [ { provider: fake, model: fake-n9 } ], tokenizer: o200k_base, runaway: { outputTokens: 3 } }
            """,
    };

    [Theory]
    [InlineData("n=30")]
    [InlineData("n=3; eol=crlf")]
    [InlineData("n=9; split=utf8; gap=0")]
    [InlineData("n=3; split=1; gap=0")]
    [InlineData("n=9; encoding=gzip")]
    [InlineData("n=3; reasoning=4")]
    public async Task An_array_has_the_data_of_each_event(string script)
    {
        await using var edge = await Edge.StartAsync(Setup with { Limits = ["name: t, per: key, tokens: 1m/min"] });

        var events = await edge.AskAsync(Gem.Stream(script));
        var array = await edge.AskAsync(Stream(script));

        Assert.Equal("application/json; charset=UTF-8", array.Field("content-type"));
        Assert.True(array.IsWhole);
        events.Body = Encoding.UTF8.GetBytes(events.Text.Replace("\r\n", "\n", StringComparison.Ordinal));
        // Each answer has an id of its own.
        var second = array.Text.Replace("fake0000000000000002", "fake0000000000000001", StringComparison.Ordinal);
        Assert.Equal("[" + string.Join(",\r\n", events.Events) + "]", second);
        await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1beta/models/fake-n3:streamGenerateContent?alt=sse", (await edge.Fake.NextRequestAsync()).Target);
        var (record, other) = (await edge.RecordAsync(), await edge.RecordAsync());
        Assert.Equal("done", other.GetProperty("end").GetString());
        Assert.Equal(record.GetProperty("outputTokens").GetInt64(), other.GetProperty("outputTokens").GetInt64());
    }

    [Theory]
    [InlineData("?alt=json", "?alt=sse")]
    [InlineData("?a=b&alt=json&$alt=json;enum-encoding=int&c", "?alt=sse&a=b&c")]
    [InlineData("?%61lt=json", "?alt=sse")]
    [InlineData("?alt=sse&a=b", "?alt=sse&a=b")]
    public async Task The_provider_is_asked_for_events(string query, string sent)
    {
        await using var edge = await Edge.StartAsync(Setup);

        await edge.AskAsync(Stream(query: query));

        Assert.Equal("/v1beta/models/fake-n3:streamGenerateContent" + sent, (await edge.Fake.NextRequestAsync()).Target);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_array_that_breaks_off_anywhere_ends_in_an_error(int events)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Stream($"n=3; b=0; cut={events}"));

        Assert.Equal(200, answer.Status);
        Assert.True(answer.IsWhole);
        var elements = answer.Json.EnumerateArray().ToArray();
        Assert.Equal(events + 1, elements.Length);
        Assert.Equal("The provider's stream broke off.", Gem.Error(elements[^1], 502, "UNAVAILABLE"));
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("gemini-cut")]
    [InlineData("fake-cut")]
    public async Task An_array_that_a_guard_ends_says_so_in_its_last_element(string model)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Stream("n=9; b=0", model));

        var last = answer.Json.EnumerateArray().Last().GetProperty("candidates")[0];
        Assert.Equal(("MAX_TOKENS", "The limit 'runaway' was reached."), (last.GetProperty("finishReason").GetString(), last.GetProperty("finishMessage").GetString()));
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("claude-sonnet-4-5")]
    public async Task A_provider_of_another_dialect_answers_in_an_array(string model)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var events = await edge.AskAsync(Gem.Stream("n=3", model));
        var array = await edge.AskAsync(Stream("n=3", model));
        var broken = await edge.AskAsync(Stream("n=9; b=0; cut=6", model));

        Assert.Equal("application/json; charset=UTF-8", array.Field("content-type"));
        Assert.Equal(events.Events.Length, array.Json.GetArrayLength());
        Assert.Equal("STOP", array.Json.EnumerateArray().Last().GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        Gem.Error(broken.Json.EnumerateArray().Last(), 502, "UNAVAILABLE");
    }

    [Theory]
    [InlineData("data: hello\n\n")]
    [InlineData("data: {\"a\":1\n\n")]
    [InlineData("data: {\"a\":1},{\"b\":2}\n\n")]
    public async Task What_would_make_the_array_none_ends_it_in_an_error(string bad)
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string Good = """{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0}]}""";
        const string Last = """{"candidates":[{"content":{"parts":[]},"finishReason":"STOP","index":0}]}""";
        edge.Fake.EnqueueRaw(Ask.StreamAnswer($"data: {Good}\n\n{bad}data: {Last}\n\n"));

        var answer = await edge.AskAsync(Stream());

        var elements = answer.Json.EnumerateArray().ToArray();
        Assert.Equal(2, elements.Length);
        Assert.Equal(Good, elements[0].GetRawText());
        Gem.Error(elements[1], 502, "UNAVAILABLE");
    }

    [Fact]
    public async Task Silence_puts_nothing_into_an_array()
    {
        await using var edge = await Edge.StartAsync(Setup with { Server = "heartbeat: 100ms" });

        var answer = await edge.AskAsync(Stream("n=3; d=300000"));

        Assert.Equal(Gem.Text(await edge.AskAsync(Gem.Stream("n=3"))), string.Concat(answer.Json.EnumerateArray().Select(Text)));
    }

    [Fact]
    public async Task A_refusal_before_the_first_element_is_told_as_ever()
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Stream("status=429"));

        Assert.Equal(429, answer.Status);
        Assert.Equal(429, answer.Json.GetProperty("error").GetProperty("code").GetInt32());
    }

    private static string Stream(string script = "", string model = "gemini-2.5-flash", string query = "") =>
        Gem.Ask(script, model, method: "streamGenerateContent", query: query);

    private static string Text(JsonElement element) => string.Concat(
        element.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("text").GetString()));
}
