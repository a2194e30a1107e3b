using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Dialects.OpenAi.Responses;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Items that a client was told, and what it says in their place.</summary>
public sealed class ItemReferencesTests
{
    private static readonly string[] Words = ["plain", "caf\\u00e9", "\\\"quoted\\\"", "back\\\\slash", "日本", "a\\nb", "\\ud83d\\ude00", "},{"];

    [Theory]
    [InlineData("""{"input":[{"type":"item_reference","id":"a"},{"id":"b"},{"type":null,"id":"c"},{"id":"d","type":"item_reference"}]}""", "a b c d")]
    [InlineData("""{"model":"m","input":[{"role":"user","content":"id"},{"type":"item_reference","id":"a"}],"tools":[{"id":"t"}]}""", "a")]
    [InlineData("""{"input":[{"type":"message","id":"a","role":"assistant","content":[]},{"id":"b","role":"user","content":""}]}""", "")]
    [InlineData("""{"input":[{"type":"reasoning","id":"a"},{"id":"b","type":"function_call"},{"type":"item_reference","id":5},{"type":"item_reference"},"x",[{"id":"y"}],{}]}""", "")]
    [InlineData("""{"input":{"type":"item_reference","id":"a"}}""", "")]
    [InlineData("""{"input":"{\"type\":\"item_reference\",\"id\":\"a\"}"}""", "")]
    [InlineData("""[{"type":"item_reference","id":"a"}]""", "")]
    public void References_are_found_among_the_items_of_the_input(string body, string ids)
    {
        var source = Encoding.UTF8.GetBytes(body);
        List<ItemReference> found = [];
        ItemReferences.Find(source, default, found);
        Assert.Equal(ids, string.Join(' ', found.Select(one => Encoding.UTF8.GetString(one.Id.Of(source)))));
        Assert.All(found, one => Assert.Equal(
            Encoding.UTF8.GetString(one.Id.Of(source)), JsonElement.Parse(one.Element.Of(source)).GetProperty("id").GetString()));
    }

    [Fact]
    public void Only_those_with_the_mark_are_found_and_no_more_than_so_many()
    {
        var source = Encoding.UTF8.GetBytes("{\"input\":[" + string.Join(',', Enumerable.Range(0, 3 * ItemReferences.ReferencesMax).Select(i => $$"""{"id":"a_{{(i % 2 == 0 ? "req_" : "")}}{{i}}"}""")) + "]}");
        List<ItemReference> found = [];
        ItemReferences.Find(source, "_req_"u8, found);
        Assert.Equal(Enumerable.Range(0, ItemReferences.ReferencesMax).Select(i => $"a_req_{2 * i}"), found.Select(one => Encoding.UTF8.GetString(one.Id.Of(source))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_item_that_was_told_can_be_had_from_behind_its_id_on(bool isStream)
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var writer = Write(isStream, random, out var isEnded);
            var told = isStream ? Done(writer.Out.Written) : isEnded ? Output(writer.Out.Written) : null;
            if (told is not null)
                Assert.Equal(told, Items(writer));
        }
    }

    [Fact]
    public void What_a_cut_tells_as_done_is_done()
    {
        var writer = Begin(isStream: true);
        writer.Take(new NeutralEvent(NeutralKind.Thinking, "Hm."u8));
        writer.Take(new NeutralEvent(NeutralKind.Text, "Half"u8));
        Assert.Equal(1, writer.ItemsDone);

        writer.OnCut("""
            event: response.content_part.done
            data: {"type":"response.content_part.done","part":{"id":"no"}}

            event: response.output_item.done
            data: {"type":"response.output_item.done","sequence_number":9,"output_index":1,"item":{"id":"msg_id_1","status":"incomplete"}}

            event: response.incomplete
            data: {"type":"response.incomplete","response":{"output":[{"id":"msg_id_1"}]}}


            """u8);

        Assert.Equal(2, writer.ItemsDone);
        Assert.Equal("\"status\":\"incomplete\"}", Encoding.UTF8.GetString(writer.ItemDone(1, out var id)));
        Assert.Equal("msg_id_1", Encoding.UTF8.GetString(id));
    }

    [Fact]
    public void Nothing_is_left_for_the_next_answer()
    {
        var writer = Begin(isStream: true);
        writer.Take(new NeutralEvent(NeutralKind.Text, "a"u8));
        writer.End();
        Assert.Equal(1, writer.ItemsDone);
        writer.Begin(new AnswerFacts("req_2"u8, "m"u8, 1, wantsUsage: false, promptTokens: 0));
        Assert.Equal(0, writer.ItemsDone);
    }

    private static ResponsesAnswerWriter Begin(bool isStream)
    {
        var writer = new ResponsesAnswerWriter(isStream);
        writer.Begin(new AnswerFacts("req_1"u8, "m"u8, 1, wantsUsage: false, promptTokens: 0));
        return writer;
    }

    /// <summary>An answer of whatever comes, which may not come to its end.</summary>
    private static ResponsesAnswerWriter Write(bool isStream, Random random, out bool isEnded)
    {
        var writer = Begin(isStream);
        var call = -1;
        for (var i = random.Next(12); i > 0; i--)
        {
            var kind = (NeutralKind)random.Next((int)NeutralKind.Start, (int)NeutralKind.Finish);
            if (kind is NeutralKind.ToolCall or NeutralKind.Arguments or NeutralKind.ArgumentsObject)
                writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = ++call, Name = "f"u8, IsCustom = random.Next(4) == 0 });
            if (kind == NeutralKind.ToolCall)
                continue;
            var text = kind == NeutralKind.ArgumentsObject ? "{\"a\":\"x\"}" : Words[random.Next(Words.Length)];
            writer.Take(new NeutralEvent(kind, Encoding.UTF8.GetBytes(text)) { Call = call, Name = "n"u8 });
        }

        isEnded = random.Next(3) > 0;
        if (isEnded)
        {
            writer.Take(new NeutralEvent(NeutralKind.Finish) { Reason = (FinishReason)random.Next(6) });
            writer.End();
        }

        Assert.False(writer.IsFaulted);
        return writer;
    }

    private static string Items(ResponsesAnswerWriter writer)
    {
        var items = new StringBuilder();
        for (var i = 0; i < writer.ItemsDone; i++)
        {
            var item = Encoding.UTF8.GetString(writer.ItemDone(i, out var id));
            items.Append("{\"id\":\"").Append(Encoding.UTF8.GetString(id)).Append("\",").Append(item).Append('\n');
        }

        return items.ToString();
    }

    private static string Done(ReadOnlySpan<byte> events) => string.Concat(Encoding.UTF8.GetString(events).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(frame => JsonElement.Parse(frame[(frame.IndexOf("\ndata: ", StringComparison.Ordinal) + 7)..]))
        .Where(data => data.GetProperty("type").GetString() == "response.output_item.done")
        .Select(data => data.GetProperty("item").GetRawText() + "\n"));

    private static string Output(ReadOnlySpan<byte> answer) =>
        string.Concat(JsonElement.Parse(answer).GetProperty("output").EnumerateArray().Select(item => item.GetRawText() + "\n"));
}
