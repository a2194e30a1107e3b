using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Meter;

/// <summary>The tier of service that an answer names is read in each dialect, whole and streamed, wherever the network cuts it.</summary>
public sealed class ServedTierTests
{
    private const string Chunk = "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",";
    private const string Text = "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}";

    [Theory]
    [InlineData(0, "{\"id\":\"x\",\"service_tier\":\"flex\",\"choices\":[{\"service_tier\":\"no\"}],\"usage\":{\"prompt_tokens\":1}}", "flex")]
    [InlineData(0, "{\"output\":[],\"usage\":{\"input_tokens\":1,\"service_tier\":\"no\"},\"service_tier\":\"priority\"}", "priority")]
    [InlineData(0, "{\"service_tier\":\"auto\"}", "")]
    [InlineData(0, "{\"service_tier\":null}", "")]
    [InlineData(0, "{\"service_tier\":{\"service_tier\":\"no\"}}", "")]
    [InlineData(0, "{\"service_tier\":\"\\u0061\"}", "")]
    [InlineData(0, "{\"service_tier\":\"a-name-that-is-longer-than-any-one-has\"}", "")]
    [InlineData(0, "{\"metadata\":{\"service_tier\":\"no\"}}", "")]
    [InlineData(1, "{\"type\":\"message\",\"service_tier\":\"no\",\"usage\":{\"cache_creation\":{\"service_tier\":\"no\"},\"input_tokens\":1,\"service_tier\":\"priority\"}}", "priority")]
    [InlineData(1, "{\"usage\":{\"input_tokens\":1,\"service_tier\":null}}", "")]
    [InlineData(2, "{\"usageMetadata\":{\"promptTokenCount\":1,\"trafficType\":\"ON_DEMAND_PRIORITY\"}}", "priority")]
    [InlineData(2, "{\"usageMetadata\":{\"trafficType\":\"ON_DEMAND_FLEX\",\"promptTokenCount\":1}}", "flex")]
    [InlineData(2, "{\"usageMetadata\":{\"trafficType\":\"ON_DEMAND\"}}", "standard")]
    [InlineData(2, "{\"usageMetadata\":{\"trafficType\":\"PROVISIONED_THROUGHPUT\"}}", "provisioned")]
    [InlineData(2, "{\"usageMetadata\":{\"trafficType\":\"TRAFFIC_TYPE_UNSPECIFIED\"}}", "")]
    [InlineData(2, "{\"usageMetadata\":{\"serviceTier\":\"flex\"}}", "flex")]
    public void Of_a_whole_answer(int dialect, string answer, string tier) =>
        Assert.Equal(tier, Cuts.SameForAll(Encoding.UTF8.GetBytes(answer), pieces => OfWhole((Dialect)dialect, pieces)));

    [Theory]
    [InlineData("service_tier", "flex", "\"choices\":[]", "default", "default")]
    [InlineData("service_tier", "auto", "\"choices\":[]", "priority", "priority")]
    [InlineData("service_tier", "flex", "\"choices\":[]", "auto", "flex")]
    [InlineData("other", "flex", "\"choices\":[]", "auto", "")]
    public void Of_a_chat_stream(string member, string first, string choices, string last, string tier)
    {
        string head = Chunk + $"\"{member}\":\"{first}\",";
        string[] events = [head + Text, head + Text, head + Text, Chunk + Text, head + Text, Chunk + $"\"service_tier\":\"{last}\"," + choices + "}", "[DONE]"];
        AssertSame(Dialect.OpenAi, RequestShape.Chat, events, tier);

        // Behind the text, where an alike end is known and passed over.
        string tail = Text[..^1] + $",\"{member}\":\"{first}\"}}";
        AssertSame(Dialect.OpenAi, RequestShape.Chat, [Chunk + tail, Chunk + tail, Chunk + tail], first == "auto" || member == "other" ? "" : first);
    }

    [Fact]
    public void Of_a_stream_of_responses_the_last_that_is_more_than_what_was_asked_for()
    {
        const string Delta = "{\"type\":\"response.output_text.delta\",\"sequence_number\":3,\"delta\":\"a\",\"service_tier\":\"no\"}";
        string created = "{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"service_tier\":\"auto\",\"usage\":null}}";
        AssertSame(Dialect.OpenAi, RequestShape.Responses, [created, Delta], "");
        string completed = "{\"type\":\"response.completed\",\"response\":{\"output\":[{\"service_tier\":\"no\"}],\"service_tier\":\"priority\",\"usage\":{\"input_tokens\":1}}}";
        AssertSame(Dialect.OpenAi, RequestShape.Responses, [created, Delta, completed], "priority");
        AssertSame(Dialect.OpenAi, RequestShape.Responses, [created.Replace("auto", "flex", StringComparison.Ordinal), Delta], "flex");
    }

    [Fact]
    public void Of_a_stream_of_a_message_and_of_contents()
    {
        const string Start = "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1,\"service_tier\":\"priority\"}}}";
        const string End = "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":9}}";
        AssertSame(Dialect.Anthropic, RequestShape.Messages, [Start, End], "priority");
        AssertSame(Dialect.Anthropic, RequestShape.Messages, [End], "");
        const string First = "{\"usageMetadata\":{\"promptTokenCount\":1,\"trafficType\":\"ON_DEMAND_FLEX\"}}";
        AssertSame(Dialect.Gemini, RequestShape.Contents, [First, "{\"usageMetadata\":{\"promptTokenCount\":1}}"], "flex");
        AssertSame(Dialect.Gemini, RequestShape.Contents, [First, First.Replace("_FLEX", "", StringComparison.Ordinal)], "standard");
    }

    [Fact]
    public void A_reader_that_is_used_again_has_forgotten_it()
    {
        foreach (var shape in SpokenShape.All)
        {
            var reader = SpokenShape.FormOf(shape.Shape).NewEventReader();
            reader.Reset(shape.Shape, stripUsage: false);

            // Where none is told, nobody else's word is taken for one.
            foreach (var data in shape.FlexEvent is { } own ? [own] : SpokenShape.All.Select(other => other.FlexEvent).OfType<string>())
                reader.OnEvent(Encoding.UTF8.GetBytes(data), Encoding.UTF8.GetBytes(data), out _, out _);
            Assert.Equal(shape.FlexEvent is null ? "" : "flex", Encoding.UTF8.GetString(reader.ServedTier));
            reader.Reset(shape.Shape, stripUsage: false);
            Assert.True(reader.ServedTier.IsEmpty);
        }
    }

    private static string OfWhole(Dialect dialect, IReadOnlyList<byte[]> pieces)
    {
        var reader = new JsonAnswerReader();
        reader.Reset(DialectTable.Of(Dialect.OpenAi).Words);
        reader.Feed("{\"service_tier\":\"before\"}"u8);
        reader.Reset(DialectTable.Of(dialect).Words);
        foreach (byte[] piece in pieces)
            reader.Feed(piece);
        return Encoding.UTF8.GetString(reader.ServedTier);
    }

    private static void AssertSame(Dialect dialect, RequestShape shape, string[] events, string tier)
    {
        byte[] stream = Encoding.UTF8.GetBytes(string.Concat(events.Select(data => $"data: {data}\n\n")));
        foreach (bool wantsTexts in (bool[])[false, true])
            Assert.Equal(tier, Cuts.SameForAll(stream, pieces => OfStream(dialect, shape, wantsTexts, pieces)));
    }

    private static string OfStream(Dialect dialect, RequestShape shape, bool wantsTexts, IReadOnlyList<byte[]> pieces)
    {
        var (frames, reader) = (new FrameSplitter(), DialectTable.Of(dialect).NewEventReader());
        frames.Reset();
        reader.Reset(shape, stripUsage: false, wantsTexts);
        foreach (byte[] piece in pieces)
        {
            int position = 0;
            while (frames.TryNext(piece, ref position, out var frame, out _))
                reader.OnEvent(frame, FrameSplitter.Data(frame), out _, out _);
            frames.Carry(piece.AsSpan(position));
        }

        return Encoding.UTF8.GetString(reader.ServedTier);
    }
}
