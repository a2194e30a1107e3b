using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>The number of a prompt's beginning.</summary>
public sealed class PromptPrefixTests
{
    private const string Tools = """[{"type":"function","function":{"name":"f"}}]""";

    private static string Chat(string messages, string more = "") => $$"""{"model":"m","messages":[{{messages}}]{{more}}}""";

    private static string Said(string text, string role = "user") => $$"""{"role":"{{role}}","content":"{{text}}"}""";

    [Fact]
    public void It_is_the_same_for_all_turns_of_a_conversation_once_that_is_long_enough()
    {
        var first = Said(new string('a', 90), "system") + "," + Said("What is it, and why?");
        var second = first + "," + Said("It is this.", "assistant") + "," + Said("And then?");
        Assert.Equal(Of(Chat(first), 100), Of(Chat(second), 100));
        Assert.NotEqual(Of(Chat(first), 1000), Of(Chat(second), 1000));
        Assert.NotEqual(Of(Chat(first), 100), Of(Chat("{\"role\":\"system\",\"content\":\"b\"}," + first), 100));
    }

    [Fact]
    public void Tools_go_first_wherever_they_stand()
    {
        var before = $$"""{"tools":{{Tools}},"model":"m","messages":[{{Said("hello")}}]}""";
        var after = $$"""{"temperature":1,"messages":[{{Said("hello")}}],"tools":{{Tools}},"model":"m"}""";
        Assert.Equal(Of(before, 1000), Of(after, 1000));
        Assert.Equal(Of(before, 40), Of(Chat(Said("something else"), ",\"tools\":" + Tools), 40));
        Assert.NotEqual(Of(before, 1000), Of(Chat(Said("hello")), 1000));
    }

    [Fact]
    public void Where_one_text_ends_and_another_begins_counts() =>
        Assert.NotEqual(Of(Chat(Said("ab") + "," + Said("c")), 1000), Of(Chat(Said("a") + "," + Said("bc")), 1000));

    [Fact]
    public void However_the_body_came_it_is_the_same()
    {
        var body = Encoding.ASCII.GetBytes(Chat(Said(new string('a', 50)) + "," + Said("two"), ",\"tools\":" + Tools));
        var whole = Of(new ReadOnlySequence<byte>(body), 60);
        for (var cut = 1; cut < body.Length; cut++)
        {
            var first = new Piece(body.AsMemory(0, cut), null);
            var last = new Piece(body.AsMemory(cut), first);
            Assert.Equal(whole, Of(new ReadOnlySequence<byte>(first, 0, last, body.Length - cut), 60));
        }
    }

    /// <summary>Calls of earlier turns are no definitions, and the line by which Claude Code says who asks is no instruction.</summary>
    [Fact]
    public void A_coder_s_conversation_keeps_its_number_over_all_its_turns()
    {
        const string Called = """{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{"a":1}}]}""";
        var system = new string('s', 90);
        string Turn(string line, string more) =>
            $$"""{"model":"m","messages":[{{Said("Do it.")}}{{more}}],"tools":[{"name":"f"}],"system":[{{line}}{"type":"text","text":"{{system}}"}]}""";
        string Line(string cch) => $$"""{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.156.{{cch}}; cch={{cch}};"},""";
        var first = Of(Turn(Line("a3f"), ""), 100, Dialect.Anthropic, RequestShape.Messages);
        Assert.Equal(first, Of(Turn(Line("0b1"), "," + Called), 100, Dialect.Anthropic, RequestShape.Messages));
        Assert.Equal(first, Of(Turn("", ""), 100, Dialect.Anthropic, RequestShape.Messages));
        system = new string('t', 90);
        Assert.NotEqual(first, Of(Turn("", ""), 100, Dialect.Anthropic, RequestShape.Messages));
    }

    [Fact]
    public void A_prompt_without_text_has_none() => Assert.Equal(0UL, Of("""{"model":"m","messages":[]}""", 1000));

    private static ulong Of(string body, long bytesMax, Dialect dialect = Dialect.OpenAi, RequestShape shape = RequestShape.Chat) =>
        Of(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(body)), bytesMax, dialect, shape);

    private static ulong Of(in ReadOnlySequence<byte> body, long bytesMax, Dialect dialect = Dialect.OpenAi, RequestShape shape = RequestShape.Chat)
    {
        var scan = new BodyScan();
        scan.BeginJson(shape, wantsPrompt: true, dialect, DialectTable.Of(dialect).PromptReader);
        foreach (var part in body)
            Assert.False(scan.Feed(part.Span).IsError);
        return PromptPrefix.Of(scan.Prompt!, body, bytesMax, DialectTraits.Of(dialect).Attribution);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.Memory.Length;
            before.Next = this;
        }
    }
}
