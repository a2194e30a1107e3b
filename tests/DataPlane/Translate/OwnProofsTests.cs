using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What a translation has put into a client's history is taken out of bytes that go on as they are.</summary>
public sealed class OwnProofsTests
{
    private const string Thought = """{"type":"thinking","thinking":"","signature":"aiedge.call.X"}""";
    private const string Theirs = """{"type":"thinking","thinking":"aiedge.call.","signature":"EqQ"}""";
    private const string Text = """{"type":"text","text":"aiedge.call."}""";
    private const string Item = """{"type":"reasoning","summary":[],"encrypted_content":"aiedge.signed.X"}""";

    private const string User = """{"role":"user","content":"aiedge."}""";
    private const string Only = $$"""{"role":"assistant","content":[{{Thought}}]}""";
    private const string Use = """{"type":"tool_use","id":"t","name":"f","input":{}}""";
    private const string Detail = """{"type":"reasoning.text","text":"t","signature":"aiedge.signed.X","index":0}""";
    private const string Other = """{"type":"reasoning.text","text":"t","signature":"EqQ","format":"anthropic-claude-v1","index":0}""";

    [Theory]
    [InlineData($"{Thought},{Text}", Text)]
    [InlineData($" {Thought} , {Text} ", $" {Text} ")]
    [InlineData($"{Text},{Thought}", Text)]
    [InlineData($"{Text} ,{Thought}, {Thought} ", $"{Text} ")]
    [InlineData($"{Thought},{Thought},{Text},{Thought},{Theirs},{Thought},{Thought},{Text}", $"{Text},{Theirs},{Text}")]
    [InlineData($"{Theirs},{Text}", $"{Theirs},{Text}")]
    [InlineData("", "")]
    [InlineData("1,null,[],{\"a\":[" + Thought + "]}", "1,null,[],{\"a\":[" + Thought + "]}")]
    public void Thoughts_with_our_mark_go_with_their_commas(string blocks, string kept)
    {
        static string Body(string content) =>
            $$"""{"x":[{{Thought}}],"messages":[{"role":"user","content":"aiedge.call."},{"content":[{{content}}],"role":"assistant"},7],"model":"m"}""";
        Assert.Equal(Body(kept), Without(Body(blocks), RequestShape.Messages));
    }

    [Theory]
    [InlineData($"{User},{Only}", User)]
    [InlineData($"{User},{Only},{User}", $"{User},{User}")]
    [InlineData($"{Only},{User},{Only},{Only}", User)]
    [InlineData($$"""{{User}},{"role":"assistant","content":[]}""", $$"""{{User}},{"role":"assistant","content":[]}""")]
    public void A_turn_that_had_nothing_else_goes_with_them(string turns, string kept) =>
        Assert.Equal($$"""{"messages":[{{kept}}],"model":"m"}""", Without($$"""{"messages":[{{turns}}],"model":"m"}""", RequestShape.Messages));

    [Theory]
    [InlineData($"{Thought},{Use}", true)]
    [InlineData($"{Thought},{Theirs},{Use}", false)]
    [InlineData($$"""{"type":"redacted_thinking","data":"D"},{{Use}}""", false)]
    [InlineData($"{Thought},{Text}", false)]
    public void Who_calls_without_thought_of_its_own_may_not_think_on(string blocks, bool expected)
    {
        var places = Translations.Of(RequestShape.Messages).Proofs!;
        var body = $$"""{"messages":[{{User}},{"role":"assistant","content":[{{blocks}}]},{{User}}],"model":"m"}""";
        Assert.Equal(expected, places.Calls!(Encoding.UTF8.GetBytes(body), places));
    }

    [Theory]
    [InlineData($"{Item},{Text}", Text)]
    [InlineData($"{Text},{Item}", Text)]
    [InlineData(Thought, Thought)]
    public void Items_of_responses_go_in_the_same_way(string items, string kept) =>
        Assert.Equal($$"""{"model":"m","input":[{{kept}}]}""", Without($$"""{"model":"m","input":[{{items}}]}""", RequestShape.Responses));

    [Theory]
    [InlineData($"{Detail},{Other}", Other)]
    [InlineData($"{Other},{Detail},{Detail}", Other)]
    public void Details_of_a_chat_go_in_the_same_way(string details, string kept) =>
        Assert.Equal(
            $$"""{"model":"m","messages":[{"role":"assistant","reasoning_details":[{{kept}}],"content":"A"}]}""",
            Without($$"""{"model":"m","messages":[{"role":"assistant","reasoning_details":[{{details}}],"content":"A"}]}""", RequestShape.Chat));

    [Theory]
    [InlineData($$"""{"role":"assistant","reasoning_content":"t","reasoning_details":[{{Detail}}],"content":"A"}""", """{"role":"assistant","content":"A"}""")]
    [InlineData($$"""{ "reasoning_details":[{{Detail}},{{Detail}}] ,"role":"assistant", "reasoning_content":"t"}""", """{ "role":"assistant"}""")]
    [InlineData($$"""{"content":"A", "reasoning_details":[{{Detail}}]}""", """{"content":"A"}""")]
    [InlineData($$"""{"reasoning_details":[{{Detail}}]}""", "{}")]
    [InlineData("""{"reasoning_content":"t","reasoning_details":[]}""", """{"reasoning_content":"t","reasoning_details":[]}""")]
    [InlineData($$"""{"reasoning_content":"t","reasoning_details":[{{Other}},{{Detail}}]}""", $$"""{"reasoning_content":"t","reasoning_details":[{{Other}}]}""")]
    public void A_message_of_a_chat_that_has_no_other_details_has_none(string message, string kept)
    {
        static string Body(string message) => $$"""{"model":"m","messages":[{"role":"user","content":"Q","reasoning_content":"aiedge."},{{message}}]}""";
        Assert.Equal(Body(kept), Without(Body(message), RequestShape.Chat));
    }

    [Fact]
    public void Who_takes_the_thought_of_anybody_has_its_text()
    {
        static string Body(string details) => $$"""{"messages":[{"reasoning_content":"t"{{details}},"role":"assistant"}]}""";
        Assert.Equal(Body(""), Without(Body($",\"reasoning_details\":[{Detail}]"), RequestShape.Chat, keepsUnproved: true));
    }

    [Fact]
    public void Very_many_go_too()
    {
        var many = string.Join(',', Enumerable.Repeat($"{Text},{Thought}", 500));
        Assert.Equal($$"""{"input":1,"messages":[{"content":[{{string.Join(',', Enumerable.Repeat(Text, 500))}}]}]}""",
            Without($$"""{"input":1,"messages":[{"content":[{{many}}]}]}""", RequestShape.Messages));
    }

    [Theory]
    [InlineData("""{"a":"aiedge.x"}""", true)]
    [InlineData("""{"a":"aiaiedge.x"}""", true)]
    [InlineData("""{"a":"aiedge_x","b":"edge."}""", false)]
    public void The_mark_is_seen_however_a_body_is_cut(string body, bool isIn)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
                Assert.Equal(isIn, OwnProofs.MayBeIn(Cut(bytes[..first], bytes[first..second], bytes[second..])));
        }

        Assert.Equal(isIn, OwnProofs.MayBeIn(Cut([.. bytes.Select(octet => new[] { octet })])));
    }

    private static string Without(string body, RequestShape shape, bool keepsUnproved = false)
    {
        var found = new List<Piece>();
        var bytes = Encoding.UTF8.GetBytes(body);
        OwnProofs.Find(bytes, Translations.Of(shape).Proofs!, keepsUnproved, found);
        var patch = new BodyPatch();
        foreach (var piece in found)
            patch.Replace(new ByteRange(piece.Start, piece.Length), default);
        var output = new ArrayBufferWriter<byte>();
        patch.Write(new ReadOnlySequence<byte>(bytes), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static ReadOnlySequence<byte> Cut(params byte[][] parts)
    {
        var first = new Part(parts[0], 0);
        var last = first;
        foreach (var part in parts[1..])
            last = last.Append(part);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(byte[] bytes, long at) => (Memory, RunningIndex) = (bytes, at);

        public Part Append(byte[] bytes)
        {
            var next = new Part(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
