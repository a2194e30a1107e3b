using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Tests.Dialects;

namespace AiEdge.DataPlane.Tests.Parse;

public class OutputClampTests
{
    [Theory]
    [InlineData("""{"model":"a","messages":[]}""", """{"max_tokens":100,"model":"a","messages":[]}""")]
    [InlineData("""{ "model":"a","messages":[],"max_tokens":50}""", """{ "model":"a","messages":[],"max_tokens":50}""")]
    [InlineData("""{"model":"a","messages":[],"max_tokens": 5000 ,"n":2}""", """{"model":"a","messages":[],"max_tokens": 100 ,"n":2}""")]
    [InlineData("""{"max_completion_tokens":101,"model":"a","messages":[]}""", """{"max_completion_tokens":100,"model":"a","messages":[]}""")]
    [InlineData("""{"max_tokens":null,"model":"a","messages":[]}""", """{"max_tokens":100,"model":"a","messages":[]}""")]
    [InlineData(
        """{"max_tokens":7,"max_completion_tokens":700,"model":"a","messages":[]}""",
        """{"max_tokens":7,"max_completion_tokens":100,"model":"a","messages":[]}""")]
    public void A_chat_is_capped_where_its_own_cap_is_larger_or_missing(string body, string expected) =>
        Assert.Equal(expected, Patch(RequestShape.Chat, body, new OutputClamp(100, TakesCompletionTokens: false)));

    [Theory]
    [InlineData("""{"model":"a","messages":[]}""", """{"max_completion_tokens":1,"model":"a","messages":[]}""")]
    [InlineData(
        """{"max_completion_tokens":null,"model":"a","messages":[]}""",
        """{"max_completion_tokens":1,"model":"a","messages":[]}""")]
    [InlineData("""{"max_tokens":9,"model":"a","messages":[]}""", """{"max_tokens":1,"model":"a","messages":[]}""")]
    public void A_model_that_refuses_max_tokens_gets_the_other_field_unless_the_client_sent_it(string body, string expected) =>
        Assert.Equal(expected, Patch(RequestShape.Chat, body, new OutputClamp(1, TakesCompletionTokens: true)));

    [Theory]
    [InlineData(RequestShape.Completions, """{"model":"a","prompt":""}""", """{"max_tokens":9223372036854775807,"model":"a","prompt":""}""")]
    [InlineData(RequestShape.Responses, """{"model":"a"}""", """{"max_output_tokens":9223372036854775807,"model":"a"}""")]
    [InlineData(RequestShape.Embeddings, """{"model":"a","input":""}""", """{"model":"a","input":""}""")]
    internal void Each_path_has_a_field_of_its_own(RequestShape shape, string body, string expected) =>
        Assert.Equal(expected, Patch(shape, body, new OutputClamp(long.MaxValue, TakesCompletionTokens: true)));

    [Fact]
    public void No_clamp_changes_nothing_and_the_usage_chunk_goes_before_one()
    {
        const string body = """{"model":"a","stream":true,"messages":[]}""";
        Assert.Equal(body, Patch(RequestShape.Chat, body, default));
        Assert.Equal(
            """{"max_tokens":3,"stream_options":{"include_usage":true},"model":"a","stream":true,"messages":[]}""",
            Patch(RequestShape.Chat, body, new OutputClamp(3, false), injectUsage: true));
    }

    [Theory]
    [InlineData("""{"model":"a","messages":[]}""", -1, 1)]
    [InlineData("""{"model":"a","messages":[],"max_tokens":9,"n":3}""", 9, 3)]
    [InlineData("""{"model":"a","messages":[],"max_tokens":9,"max_completion_tokens":8,"n":0}""", 8, 1)]
    public void A_demand_has_the_lower_of_two_caps_and_at_least_one_choice(string body, long outputMax, int choices)
    {
        var facts = RequestReading.Facts(RequestShape.Chat, body);
        Demand demand = RequestDemand.Of(facts, RequestShape.Chat, 12, isCounted: true, RequestDemand.Choices(facts, null));
        Assert.Equal(new Demand(12, true, outputMax, choices, IsStream: false, HasOutput: true), demand);
        Assert.Equal(outputMax is < 0 or > 8, new OutputClamp(8, false).Binds(RequestReading.Facts(RequestShape.Chat, body), RequestShape.Chat));
    }

    [Theory]
    [InlineData("""{"model":"a","prompt":"x"}""", 16, 1)]
    [InlineData("""{"model":"a","prompt":"x","max_tokens":null,"n":2}""", 16, 2)]
    [InlineData("""{"model":"a","prompt":["x"],"max_tokens":20}""", 20, 1)]
    [InlineData("""{"model":"a","prompt":["x","y","z"],"n":2,"best_of":5}""", 16, 15)]
    [InlineData("""{"model":"a","prompt":[1,2,3],"best_of":null}""", 16, 1)]
    [InlineData("""{"model":"a","prompt":[[1,2],[3]],"best_of":3}""", 16, 6)]
    public void A_text_completion_has_a_cap_of_its_own_and_as_many_answers_as_are_made(string body, long outputMax, int choices)
    {
        var facts = RequestReading.Facts(RequestShape.Completions, body);
        var prompt = PromptReading.Read(RequestShape.Completions, body);
        Assert.Equal((outputMax, choices), (RequestCap.Of(facts, RequestShape.Completions), RequestDemand.Choices(facts, prompt)));
        Assert.False(new OutputClamp(100, false).Binds(facts, RequestShape.Completions));
        Assert.True(new OutputClamp(15, false).Binds(facts, RequestShape.Completions));
    }

    [Theory]
    [InlineData(2000, """{"type":"enabled","budget_tokens": 8192 }""", """{"type":"enabled","budget_tokens": 1500 }""")]
    [InlineData(8192, """{"budget_tokens":8192,"type":"enabled"}""", """{"budget_tokens":6144,"type":"enabled"}""")]
    [InlineData(8193, """{"budget_tokens":8192,"type":"enabled"}""", """{"budget_tokens":8192,"type":"enabled"}""")]
    [InlineData(1366, """{"type":"enabled","budget_tokens":8192}""", """{"type":"enabled","budget_tokens":1025}""")]
    [InlineData(1300, """{"type":"enabled", "x":{"budget_tokens":1},"budget_tokens":8192}""", """{"type":"disabled"}""")]
    [InlineData(1300, """{"type":"adaptive"}""", """{"type":"adaptive"}""")]
    [InlineData(1300, "null", "null")]
    public void Thought_that_the_cap_leaves_no_room_for_is_less_or_none(long tokens, string asked, string sent)
    {
        const string Rest = ""","model":"a","messages":[]}""";
        var clamp = new OutputClamp(tokens, false);
        var body = $"{{\"max_tokens\":20000,\"thinking\":{asked}{Rest}";
        Assert.Equal($"{{\"max_tokens\":{tokens},\"thinking\":{sent}{Rest}", Patch(RequestShape.Messages, body, clamp));
        Assert.Equal(asked != sent, !clamp.BoundThought(RequestReading.Facts(RequestShape.Messages, body), RequestShape.Messages).IsEmpty);
    }

    [Fact]
    public void Thought_that_has_no_room_in_the_client_s_own_cap_is_the_provider_s_to_refuse()
    {
        const string Body = """{"max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":4000},"model":"a","messages":[]}""";
        Assert.Equal(Body, Patch(RequestShape.Messages, Body, new OutputClamp(2000, false)));
    }

    private static string Patch(RequestShape shape, string body, OutputClamp clamp, bool injectUsage = false)
    {
        var patch = new BodyPatch();
        for (int round = 0; round < 2; round++)
            RequestPatch.Build(RequestReading.Facts(shape, body), shape, default, injectUsage, patch, clamp);
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var output = new ArrayBufferWriter<byte>();
        patch.Write(new ReadOnlySequence<byte>(bytes), output);
        Assert.Equal(output.WrittenCount, patch.PatchedLength(bytes.Length));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
