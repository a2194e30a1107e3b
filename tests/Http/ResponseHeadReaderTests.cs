using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class ResponseHeadReaderTests
{
    public static TheoryData<string> Accepted { get; } =
    [
        Wire.Head("HTTP/1.1 200 OK", "Content-Length: 2"),
        Wire.Head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Connection: keep-alive, X-Hop", "X-Hop: 1"),
        Wire.Head("HTTP/1.0 200 OK", "Content-Type: application/json"),
        Wire.Head("HTTP/1.1 200", "Content-Length: 2"),
        Wire.Head("HTTP/1.1 200 ", "Content-Length: 2"),
        Wire.Head("HTTP/1.1 200  two spaces\tand tab ", "Content-Length: 2"),
        Wire.Head("HTTP/1.1 200 caf\u00E9", "X-L: caf\u00E9"),
        Wire.Head("HTTP/1.1 103 Early Hints", "Link: </x>"),
        Wire.Head("HTTP/1.1 100 Continue"),
        Wire.Head("HTTP/1.1 529 Overloaded", "Retry-After: 1"),
        Wire.Head("HTTP/1.1 599 X", "Set-Cookie: a=b", "Set-Cookie: c=d"),
        Wire.Head("HTTP/1.1 204 No Content"),
    ];

    public static TheoryData<string, Rejection> Rejected { get; } = new()
    {
        { Wire.Head("HTTP/1.1 abc OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 2000 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 20 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 2x0 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 099 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 000 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 600 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 999 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 -20 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 200OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 200\tOK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1\t200 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1  200 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/2 200"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/2.0 200 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/0.9 200 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.2 200 OK"), Rejection.UnsupportedVersion },
        { Wire.Head("HTTP/1.10 200 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("http/1.1 200 OK"), Rejection.InvalidStatusLine },
        { Wire.Head("ICY 200 OK"), Rejection.InvalidStatusLine },
        { Wire.Head(" HTTP/1.1 200 OK"), Rejection.InvalidStatusLine },
        { "\r\n" + Wire.Head("HTTP/1.1 200 OK"), Rejection.InvalidStatusLine },
        { "{\"error\":1}", Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade"), Rejection.UnaskedUpgrade },
        { Wire.Head("HTTP/1.1 200 O\rK"), Rejection.BareCarriageReturn },
        { Wire.Head("HTTP/1.1 200 O\nK"), Rejection.BareLineFeed },
        { "HTTP/1.1 200\nX: y\r\n\r\n", Rejection.BareLineFeed },
        { "HTTP/1.1 200 OK\nX: y\r\n\r\n", Rejection.BareLineFeed },
        { Wire.Head("HTTP/1.1 200 O\0K"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 200 O\u001BK"), Rejection.InvalidStatusLine },
        { Wire.Head("HTTP/1.1 200 OK", "X : v"), Rejection.SpaceInHeaderName },
        { Wire.Head("HTTP/1.1 200 OK", ": v"), Rejection.InvalidHeaderName },
        { Wire.Head("HTTP/1.1 200 OK", "X\0: v"), Rejection.InvalidHeaderName },
        { Wire.Head("HTTP/1.1 200 OK", "NoColon"), Rejection.HeaderWithoutColon },
        { Wire.Head("HTTP/1.1 200 OK", "X: a\rb"), Rejection.BareCarriageReturn },
        { Wire.Head("HTTP/1.1 200 OK", "X: a\nb: c"), Rejection.BareLineFeed },
        { Wire.Head("HTTP/1.1 200 OK", "X: a\0"), Rejection.InvalidHeaderValue },
        { Wire.Head("HTTP/1.1 200 OK", "X: a", " b"), Rejection.FoldedHeader },
        { Wire.Head("HTTP/1.1 200 OK", " X: a"), Rejection.FoldedHeader },
        { Wire.Head("HTTP/1.1 200 OK", "Connection: ,,,,," + Wire.List("a", 33)), Rejection.TooManyConnectionOptions },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void A_valid_head_is_accepted_wherever_it_is_cut(string text)
    {
        var head = Wire.Response(text);
        Assert.Equal(text.Length, head.Length);
        AssertSameCut(text, HeadPrint.Text(head));
        AssertSameCut(text + "HTTP/1.1 200 OK\r\n\r\n", HeadPrint.Text(head));
    }

    [Theory]
    [MemberData(nameof(Rejected))]
    public void An_invalid_head_is_rejected_wherever_it_is_cut(string text, Rejection rejection)
    {
        Assert.Equal(rejection, Wire.ResponseRejection(text));
        AssertSameCut(text, $"Rejected {rejection}");
    }

    [Fact]
    public void Parts_of_the_status_line_are_told_apart()
    {
        var head = Wire.Response(Wire.Head("HTTP/1.0 429 Too Many", "Retry-After: 3"));
        Assert.Equal(429, head.Status);
        Assert.Equal("Too Many"u8, head.Reason);
        Assert.Equal(0, head.MinorVersion);
        Assert.Equal("3"u8, head.Value(head.IndexOf(HeaderId.RetryAfter)));
        Assert.False(head.IsInterim);
        Assert.True(Wire.Response(Wire.Head("HTTP/1.1 200")).Reason.IsEmpty);
        Assert.True(Wire.Response(Wire.Head("HTTP/1.1 200 ")).Reason.IsEmpty);
    }

    [Fact]
    public void Interim_heads_are_read_one_by_one_before_the_final_one()
    {
        var reader = new ResponseHeadReader(Wire.HeadBytesMax);
        var interim = Wire.Head("HTTP/1.1 102 P") + Wire.Head("HTTP/1.1 103 H", "Link: x");
        var heads = interim + Wire.Head("HTTP/1.1 200 OK", "Content-Length: 5");
        var rest = Feeding.Sequence(Wire.Bytes(heads), []);
        var seen = new List<(int Status, bool Interim, BodyKind Kind)>();
        while (!rest.IsEmpty)
        {
            reader.Reset();
            Assert.Equal(HeadStatus.Complete, reader.Read(rest, false));
            seen.Add((reader.Head.Status, reader.Head.IsInterim, reader.Head.Framing.Kind));
            rest = rest.Slice(reader.Head.Length);
        }
        Assert.Equal([(102, true, BodyKind.None), (103, true, BodyKind.None), (200, false, BodyKind.Length)], seen);
    }

    [Fact]
    public void Heads_and_fields_are_bounded()
    {
        var reader = new ResponseHeadReader(100, 3);
        Assert.Equal("Rejected HeadTooLarge", Read(reader, "HTTP/1.1 200 " + new string('a', 200)));
        Assert.Equal("Rejected HeadTooLarge", Read(reader, Wire.Head("HTTP/1.1 200 OK", "X: " + new string('a', 100))));
        Assert.Equal("Rejected TooManyHeaders", Read(reader, Wire.Head("HTTP/1.1 200 OK", "A: 1", "B: 2", "C: 3", "D: 4")));
        Assert.Contains(
            "Length 3",
            Read(reader, Wire.Head("HTTP/1.1 200 OK", "A: 1", "B: 2", "Content-Length: 3")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_line_is_refused_at_its_first_wrong_byte()
    {
        const string Line = "HTTP/1.1 200";
        for (var at = 0; at < Line.Length; at++)
        {
            Assert.Equal("NeedMore", Read(new ResponseHeadReader(100), Line[..at]));
            Assert.Equal(Rejection.InvalidStatusLine, Wire.ResponseRejection(Line[..at] + "?"));
        }
    }

    private static string Read(ResponseHeadReader reader, string text) => HeadPrint.Response(reader, Wire.Bytes(text), false, [], []);

    private static void AssertSameCut(string text, string expected)
    {
        var reader = new ResponseHeadReader(Wire.HeadBytesMax);
        var bytes = Wire.Bytes(text);
        foreach (var (arrivals, cuts) in Wire.Cuttings(bytes.Length))
            Assert.Equal(expected, HeadPrint.Response(reader, bytes, false, arrivals, cuts));
    }
}
