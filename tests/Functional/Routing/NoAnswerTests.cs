using System.Text;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A status of 200 makes no answer: what has nothing of one has failed, and somebody else is asked.</summary>
public sealed class NoAnswerTests
{
    private const string Role = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private const string Message = """{"role":"assistant","content":"hello"}""";
    private const string Whole = $$"""{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{{Message}},"finish_reason":"stop"}]}""";

    /// <summary>Bodies that answer no chat, with their type.</summary>
    public static TheoryData<string, string> NoAnswers => new()
    {
        { "text/html", "<html></html>" },
        { "text/plain", "hello" },
        { "application/json", "hello" },
        { "application/json", "Internal Server Error" },
        { "application/json", "" },
        { "application/json", "  " },
        { "application/json", "{}" },
        { "application/json", "null" },
        { "application/json", "[]" },
        { "application/json", """{"detail":"no such route"}""" },
        { "application/json", """{"choices":null}""" },
        { "application/json", """{"id":"c","object":"chat.completion","choices":[]}""" },
        { "application/json", """{"choices":"none","usage":{"choices":[1]}}""" },
        { "application/json", Whole + "garbage" },
        { "text/plain", Whole + "}" },
        { "application/json", Whole + "NaN" },
    };

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public async Task What_is_no_answer_comes_from_the_next_target(string type, string body)
    {
        foreach (var request in (string[])[Ways.Chat(), Ways.Stream()])
        {
            await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
            edge.Fake.EnqueueRaw(Ask.Answer(body, type: type), close: false);
            await SeeNextAsync(edge, request);
        }
    }

    [Fact]
    public async Task Nor_is_a_status_that_says_that_there_is_nothing()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        edge.Fake.EnqueueRaw("HTTP/1.1 204 No Content\r\n\r\n"u8, close: false);
        await SeeNextAsync(edge, Ways.Chat());
    }

    [Theory]
    [InlineData("data: [DONE]\n\n")]
    [InlineData(Role + "data: [DONE]\n\n")]
    [InlineData("data: {\"id\": oops\n\ndata: [DONE]\n\n")]
    [InlineData("data: {}\n\ndata: null\n\ndata: [DONE]\n\n")]
    [InlineData("data: {\"detail\":\"no such route\"}\n\ndata: [DONE]\n\n")]
    [InlineData("<html>maintenance</html>")]
    [InlineData("data: <html>maintenance</html>\n\n")]
    [InlineData("data: Internal Server Error\n\ndata: [DONE]\n\n")]
    public async Task A_stream_that_ends_without_any_content_comes_from_the_next_target(string events)
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(events), close: false);
        await SeeNextAsync(edge, Ways.Stream());
    }

    /// <summary>Whoever says that it is over and nothing else is not waited for.</summary>
    [Fact]
    public async Task A_stream_that_says_no_more_than_that_it_is_over_is_left_at_once()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        edge.Fake.EnqueueRaw(AttemptTests.Unended("data: [DONE]\n\n"), close: false);
        await SeeNextAsync(edge, Ways.Stream());
    }

    [Theory]
    [InlineData("text/html", "<html></html>")]
    [InlineData("application/json", "{}")]
    public async Task Where_nobody_is_left_it_is_502_and_counts_against_its_target(string type, string body)
    {
        foreach (var request in (string[])[Ways.Chat(), Ways.Stream()])
        {
            await using var edge = await Ways.StartAsync(["n=3"]);
            edge.Fake.EnqueueRaw(Ask.Answer(body, type: type), close: false);
            var answer = await edge.AskAsync(request);

            Assert.Equal((502, "upstream_error"), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString()));
            Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
            await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 1""");
        }
    }

    /// <summary>Who answers soonest of all draws everybody, if nobody looks at what he says.</summary>
    [Fact]
    public async Task Whoever_has_nothing_but_a_page_is_ejected()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        for (var i = 0; i < 8; i++)
        {
            if (i < 5)
                edge.Fake.EnqueueRaw(Ask.Answer("<html></html>", type: "text/html"), close: false);
            Assert.Equal((200, i < 5 ? "2" : "1"), await AskedAsync());
        }

        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-0"} 1""");

        async Task<(int, string?)> AskedAsync()
        {
            var answer = await edge.AskAsync(Ways.Chat());
            return (answer.Status, answer.Field("x-aiedge-attempts"));
        }
    }

    /// <summary>Some servers answer a stream's request whole, or do not say that it is JSON, or mark its bytes.</summary>
    [Theory]
    [InlineData("application/json", Whole)]
    [InlineData("text/plain", Whole)]
    [InlineData("application/json", "\uFEFF" + Whole)]
    [InlineData("application/json", "\r\n \n" + Whole + "\n")]
    public async Task An_answer_passes_however_it_is_called(string type, string body)
    {
        foreach (var request in (string[])[Ways.Chat(), Ways.Stream()])
        {
            await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
            edge.Fake.EnqueueRaw(Ask.Answer(body, type: type), close: false);
            var answer = await edge.AskAsync(request);

            Assert.Equal((200, "1", true), (answer.Status, answer.Field("x-aiedge-attempts"), answer.IsWhole));
            Assert.Equal(Encoding.UTF8.GetBytes(body), answer.Body);
        }
    }

    /// <summary>Of a long answer the beginning is judged, and what shows behind it is told by a cut.</summary>
    [Theory]
    [InlineData("garbage", false)]
    [InlineData("", true)]
    public async Task A_long_answer_goes_out_before_its_end_is_there(string behind, bool isWhole)
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        var body = Whole.Replace("hello", new string('h', 300_000), StringComparison.Ordinal) + behind;
        edge.Fake.EnqueueRaw(Ask.Answer(body), close: false);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((200, "1", isWhole), (answer.Status, answer.Field("x-aiedge-attempts"), answer.IsWhole));
        Assert.Equal(isWhole ? "done" : "upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
        await edge.SeeMetricAsync($$"""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} {{(isWhole ? 0 : 1)}}""");
    }

    [Fact]
    public async Task A_long_page_is_none_from_its_first_byte_on()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        edge.Fake.EnqueueRaw(Ask.Answer("<html>" + new string(' ', 300_000), type: "text/html"), close: false);
        await SeeNextAsync(edge, Ways.Chat());
    }

    /// <summary>What has other answers than JSON, or of which nobody here knows what each of them has, passes.</summary>
    [Theory]
    [InlineData("/v1/moderations", "application/json", "{}")]
    [InlineData("/v1/images/generations", "application/json", "[]")]
    [InlineData("/v1/audio/speech", "audio/mpeg", "sound")]
    public async Task Other_answers_pass_as_they_are(string path, string type, string body)
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        edge.Fake.EnqueueRaw(Ask.Answer(body, type: type), close: false);
        var answer = await edge.AskAsync(Ask.Post(path, """{"model":"way","input":"a","prompt":"a"}"""));
        Assert.Equal((200, "1", body), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Text));
    }

    /// <summary>What each kind of answers has, and what has not.</summary>
    [Theory]
    [InlineData("/v1/completions", "\"prompt\":\"a\"", """{"choices":[{"text":"a","index":0,"finish_reason":"stop"}]}""", """{"text":"a"}""")]
    [InlineData("/v1/embeddings", "\"input\":\"a\"", """{"data":[{"embedding":[1]}]}""", """{"data":[]}""")]
    [InlineData("/v1/responses", "\"input\":\"a\"", """{"id":"resp_1","status":"incomplete","output":[]}""", """{"id":"resp_1"}""")]
    public async Task Each_kind_of_answer_has_what_it_has(string path, string asked, string good, string bad)
    {
        foreach (var (body, attempts) in new[] { (good, "1"), (bad, "2") })
        {
            await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
            edge.Fake.EnqueueRaw(Ask.Answer(body), close: false);
            var answer = await edge.AskAsync(Ask.Post(path, $$"""{"model":"way",{{asked}}}"""));
            Assert.Equal((200, attempts), (answer.Status, answer.Field("x-aiedge-attempts")));
        }
    }

    private static async Task SeeNextAsync(Edge edge, string request)
    {
        var answer = await edge.AskAsync(request);
        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.True(answer.IsWhole);
        Assert.Equal(["way-0", "way-1"], Ways.Asked(edge));
    }
}
