using System.Text;
using AiEdge.FakeUpstream;

namespace AiEdge.Load.Tests;

/// <summary>The checker passes what is right, cut anywhere, and names what is wrong.</summary>
public sealed class ChatStreamCheckerTests
{
    private static readonly Expectation Expected = new() { Chunks = 9, Text = true, Usage = true, Done = true };

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void A_right_stream_passes_however_it_is_cut(string eol)
    {
        var bytes = Encoding.UTF8.GetBytes(Stream(Chunks(9)).Replace("\n", eol, StringComparison.Ordinal));
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Null(Check([bytes[..cut], bytes[cut..]]).Fault);
        Assert.Null(Check([.. bytes.Select(octet => new[] { octet })]).Fault);
        Assert.Equal(13, Check([bytes]).Events);
    }

    [Fact]
    public void Comments_and_other_fields_are_no_events()
    {
        var bytes = Encoding.UTF8.GetBytes(": ping\n\nevent: x\nid: 3\n" + Stream(Chunks(9)));
        Assert.Equal((null, 13), (Check([bytes]).Fault, Check([bytes]).Events));
    }

    [Fact]
    public void Each_kind_of_damage_has_its_name()
    {
        var right = Chunks(9);
        Assert.Equal("wrong number of events", Fault(Stream(right[..8])));
        Assert.Equal("content", Fault(Stream([.. right[..3], right[4], right[3], .. right[5..]])));
        Assert.Equal("content", Fault(Stream([.. right[..3], right[2], .. right[3..]])));
        Assert.Equal("content", Fault(Stream(right).Replace("caf\u00e9", "caf\u00e8", StringComparison.Ordinal)));
        Assert.Equal("not JSON", Fault(Stream(right).Replace("{\"content\":\" past\"}", "{\"content\":\" past\"", StringComparison.Ordinal)));
        Assert.Equal("no [DONE]", Fault(Stream(right).Replace("data: [DONE]\n\n", "", StringComparison.Ordinal)));
        Assert.Equal("event behind [DONE]", Fault(Stream(right) + "data: {}\n\n"));
        Assert.Equal("no usage", Fault(Stream(right).Replace("\"usage\":{}", "\"usage\":null", StringComparison.Ordinal)));
        Assert.Equal("unasked usage", Fault(Stream(right), Expected with { Usage = false }));
        Assert.Equal("no finish_reason", Fault(Stream(right).Replace("\"stop\"", "null", StringComparison.Ordinal)));
        Assert.Equal("error event", Fault("data: {\"error\":{\"message\":\"x\"}}\n\n"));
        Assert.Equal("cut event", Fault(Stream(right)[..^1]));
        Assert.Equal("cut event", Fault(Stream(right)[..^5]));
        Assert.Equal("two data lines in an event", Fault("data: {}\n" + Stream(right)));
    }

    [Fact]
    public void A_line_in_pieces_beyond_the_bound_is_refused()
    {
        var checker = new ChatStreamChecker(Expected, new Measures());
        checker.Begin();
        for (var i = 0; i < 300; i++)
            checker.Feed(new byte[8192], 1);
        Assert.Equal("line over 1 MiB", checker.Fault);
    }

    [Fact]
    public void One_checker_serves_answer_after_answer()
    {
        var checker = new ChatStreamChecker(Expected, new Measures());
        foreach (var text in new[] { Stream(Chunks(9)), Stream(Chunks(5)), Stream(Chunks(9)).Replace("\"id\":\"a\"", "\"id\":\"b\"", StringComparison.Ordinal) })
        {
            checker.Begin();
            checker.Feed(Encoding.UTF8.GetBytes(text), 1);
            checker.End();
            Assert.Equal(text == Stream(Chunks(5)) ? "wrong number of events" : null, checker.Fault);
        }
    }

    private static string[] Chunks(int count)
    {
        var chunks = new string[count];
        for (var i = 0; i < count; i++)
        {
            var content = new ByteWriter().AddJson(FakeText.Chunk(i));
            chunks[i] = Encoding.UTF8.GetString(content.Span);
        }

        return chunks;
    }

    private static string Stream(string[] contents)
    {
        var text = new StringBuilder("data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n");
        foreach (var content in contents)
            text.Append("data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":").Append(content).Append("},\"finish_reason\":null}],\"usage\":null}\n\n");
        return text.Append("data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n")
            .Append("data: {\"id\":\"a\",\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n").ToString();
    }

    private static string? Fault(string text, Expectation? expected = null) => Check([Encoding.UTF8.GetBytes(text)], expected).Fault;

    private static ChatStreamChecker Check(byte[][] parts, Expectation? expected = null)
    {
        var checker = new ChatStreamChecker(expected ?? Expected, new Measures());
        checker.Begin();
        foreach (var part in parts)
            checker.Feed(part, 1);
        checker.End();
        return checker;
    }
}
