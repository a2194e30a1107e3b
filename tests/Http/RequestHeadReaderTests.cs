using System.Buffers;
using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class RequestHeadReaderTests
{
    private const string Simple = "POST /v1/chat?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

    public static TheoryData<string> Accepted => RequestCases.Accepted;

    public static TheoryData<string, Rejection> Rejected => RequestCases.Rejected;

    [Theory]
    [MemberData(nameof(Accepted))]
    public void A_valid_head_is_accepted(string text)
    {
        var head = Wire.Request(text);
        Assert.Equal(text.Length, head.Length);
        Assert.Equal(text, HeadPrint.Latin(head.Bytes));
    }

    [Theory]
    [MemberData(nameof(Rejected))]
    public void An_invalid_head_is_rejected_for_its_reason(string text, Rejection rejection) =>
        Assert.Equal(rejection, Wire.RequestRejection(text));

    [Theory]
    [MemberData(nameof(Rejected))]
    public void A_rejection_is_the_same_wherever_the_head_is_cut(string text, Rejection rejection) =>
        AssertSameCut(text, $"Rejected {rejection}");

    [Theory]
    [MemberData(nameof(Accepted))]
    public void A_head_is_the_same_wherever_it_is_cut(string text)
    {
        if (text.Length > 2000) return;
        AssertSameCut(text, HeadPrint.Text(Wire.Request(text)));
        AssertSameCut(text + "trailing body\r\n", HeadPrint.Text(Wire.Request(text)));
    }

    [Theory]
    [InlineData("\"(),/:;<=>?@[\\]{}")]
    [InlineData("\u0000\u0001\u0008\u000B\u000C\u000E\u001F\u007F\u0080\u00A0\u00FF")]
    public void A_byte_that_is_no_token_byte_cannot_stand_in_a_method_or_a_name(string bytes)
    {
        foreach (var b in bytes)
        {
            Assert.Equal(Rejection.InvalidMethod, Wire.RequestRejection(Wire.Head($"G{b}T / HTTP/1.1", "Host: a")));
            if (b == ':') continue;
            Assert.Equal(Rejection.InvalidHeaderName, Wire.RequestRejection(Wire.Head("GET / HTTP/1.1", "Host: a", $"X{b}A: v")));
        }
    }

    [Fact]
    public void Every_control_byte_but_tab_is_refused_in_a_value()
    {
        for (var b = 0; b < 256; b++)
        {
            var text = Wire.Head("GET / HTTP/1.1", "Host: a", $"X-A: a{(char)b}b");
            if (b == 9 || (b >= 32 && b != 127)) Assert.Equal($"a{(char)b}b", HeadPrint.Latin(Wire.Request(text).Value(1)));
            else Assert.NotEqual(Rejection.None, Wire.RequestRejection(text));
        }
    }

    [Fact]
    public void Every_byte_but_visible_ASCII_is_refused_in_a_target()
    {
        for (var b = 0; b < 256; b++)
        {
            var text = Wire.Head($"GET /a{(char)b}b HTTP/1.1", "Host: a");
            if (b is > 32 and < 127 and not '#') Assert.Equal($"/a{(char)b}b", HeadPrint.Latin(Wire.Request(text).Target));
            else Assert.NotEqual(Rejection.None, Wire.RequestRejection(text));
        }
    }

    [Theory]
    [InlineData("\u0016", Rejection.InvalidMethod)]
    [InlineData("GET\u0003", Rejection.InvalidMethod)]
    [InlineData("GET /\n", Rejection.BareLineFeed)]
    [InlineData("GET /\u0001", Rejection.InvalidTarget)]
    [InlineData("GET / X", Rejection.InvalidVersion)]
    [InlineData("GET / HTTP/1.1\n", Rejection.BareLineFeed)]
    [InlineData("GET / HTTP/1.1\rX", Rejection.BareCarriageReturn)]
    [InlineData("GET / HTTP/2.0\r\n", Rejection.UnsupportedVersion)]
    [InlineData("GET foo HTTP/1.1\r\n", Rejection.InvalidTarget)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\n", Rejection.UnsupportedMethod)]
    [InlineData("GET / HTTP/1.1\r\n ", Rejection.FoldedHeader)]
    [InlineData("GET / HTTP/1.1\r\nX\n", Rejection.BareLineFeed)]
    [InlineData("GET / HTTP/1.1\r\nX(", Rejection.InvalidHeaderName)]
    [InlineData("GET / HTTP/1.1\r\nX: \n", Rejection.BareLineFeed)]
    [InlineData("GET / HTTP/1.1\r\nX: \r ", Rejection.BareCarriageReturn)]
    [InlineData("GET / HTTP/1.1\r\nX: \0", Rejection.InvalidHeaderValue)]
    [InlineData("\r\n\r\n\r\n", Rejection.TooManyEmptyLines)]
    public void A_wrong_byte_is_answered_at_once_and_no_byte_earlier(string text, Rejection rejection)
    {
        Assert.Equal(rejection, Wire.RequestRejection(text));
        Assert.Equal("NeedMore", Wire.ReadRequest(text[..^1]));
    }

    [Fact]
    public void Every_beginning_of_a_head_needs_more()
    {
        for (var length = 0; length < Simple.Length; length++) Assert.Equal("NeedMore", Wire.ReadRequest(Simple[..length]));
    }

    [Fact]
    public void Parts_of_the_request_line_are_told_apart()
    {
        var head = Wire.Request("\r\n" + Simple + "hello");
        Assert.Equal(MethodId.Post, head.MethodId);
        Assert.Equal("POST"u8, head.Method);
        Assert.Equal("/v1/chat?x=1"u8, head.Target);
        Assert.Equal("/v1/chat"u8, head.Path);
        Assert.Equal("x=1"u8, head.Query);
        Assert.Equal(1, head.MinorVersion);
        Assert.Equal(Simple.Length + 2, head.Length);
    }

    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/?", "/", "")]
    [InlineData("/a?b?c", "/a", "b?c")]
    [InlineData("//x//y", "//x//y", "")]
    [InlineData("http://a/b/c?d", "/b/c", "d")]
    [InlineData("http://a:80", "/", "")]
    [InlineData("http://a?q", "/", "q")]
    [InlineData("hTTps://[::1]:8443/", "/", "")]
    [InlineData("/%zz%00", "/%zz%00", "")]
    public void Path_and_query_are_taken_from_any_form_of_target(string target, string path, string query)
    {
        var head = Wire.Request(Wire.Head($"GET {target} HTTP/1.1", "Host: a"));
        Assert.Equal(path, HeadPrint.Latin(head.Path));
        Assert.Equal(query, HeadPrint.Latin(head.Query));
        Assert.Equal(target, HeadPrint.Latin(head.Target));
    }

    [Theory]
    [InlineData("GET", MethodId.Get)]
    [InlineData("HEAD", MethodId.Head)]
    [InlineData("POST", MethodId.Post)]
    [InlineData("PUT", MethodId.Put)]
    [InlineData("DELETE", MethodId.Delete)]
    [InlineData("OPTIONS", MethodId.Options)]
    [InlineData("PATCH", MethodId.Patch)]
    [InlineData("TRACE", MethodId.Trace)]
    [InlineData("get", MethodId.Other)]
    [InlineData("QUERY", MethodId.Other)]
    [InlineData("M-SEARCH", MethodId.Other)]
    public void Methods_are_known_by_case(string method, MethodId id) =>
        Assert.Equal(id, Wire.Request(Wire.Head($"{method} / HTTP/1.1", "Host: a")).MethodId);

    [Theory]
    [InlineData("HTTP/1.1", "Content-Length: 1", true)]
    [InlineData("HTTP/1.1", "Transfer-Encoding: chunked", true)]
    [InlineData("HTTP/1.1", "Content-Length: 0", false)]
    [InlineData("HTTP/1.1", "X: y", false)]
    [InlineData("HTTP/1.0", "Content-Length: 1", false)]
    public void The_client_waits_for_100_only_if_it_can_read_it_and_has_a_body(string version, string length, bool waits) =>
        Assert.Equal(waits, Wire.Request(Wire.Head($"POST / {version}", "Host: a", length, "EXPECT: 100-CONTINUE")).ExpectContinue);

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public void A_head_of_exactly_the_bound_passes_and_one_byte_more_does_not(int bound)
    {
        var reader = new RequestHeadReader(bound);
        var start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        var fits = start + new string('v', bound - start.Length - 4) + "\r\n\r\n";
        Assert.Equal(bound, fits.Length);
        Assert.Contains($"length {bound}", Wire.ReadRequest(reader, fits), StringComparison.Ordinal);
        Assert.Equal("Rejected HeadTooLarge", Wire.ReadRequest(reader, fits.Replace("v\r", "vv\r", StringComparison.Ordinal)));
        Assert.Equal("NeedMore", Wire.ReadRequest(reader, fits[..^1]));
        Assert.Equal("Rejected HeadTooLarge", Wire.ReadRequest(reader, start + new string('v', bound - start.Length)));
    }

    [Fact]
    public void A_head_over_the_bound_is_rejected_wherever_it_is_cut()
    {
        var text = Wire.Bytes(Wire.Head("GET / HTTP/1.1", "Host: a", "X: " + new string('v', 100)));
        foreach (var (arrivals, cuts) in Wire.Cuttings(text.Length))
            Assert.Equal("Rejected HeadTooLarge", HeadPrint.Request(new RequestHeadReader(100), text, arrivals, cuts));
    }

    [Fact]
    public void A_request_line_over_the_bound_is_a_target_too_long()
    {
        var reader = new RequestHeadReader(100);
        Assert.Equal("Rejected TargetTooLong", Wire.ReadRequest(reader, "GET /" + new string('a', 200)));
    }

    [Fact]
    public void Header_fields_are_bounded()
    {
        var lines = Enumerable.Range(0, 127).Select(i => $"X-{i}: v");
        var most = Wire.Head(["GET / HTTP/1.1", "Host: a", .. lines]);
        Assert.Equal(128, Wire.Request(most).HeaderCount);
        Assert.Equal(Rejection.TooManyHeaders, Wire.RequestRejection(most[..^2] + "X: y\r\n\r\n"));
        var two = new RequestHeadReader(1000, 2);
        Assert.Equal("Rejected TooManyHeaders", Wire.ReadRequest(two, Wire.Head("GET / HTTP/1.1", "Host: a", "B: b", "C: c")));
    }

    [Fact]
    public void Pipelined_requests_are_read_one_after_the_other()
    {
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        var buffer = Feeding.Sequence(Wire.Bytes(Simple + "hello" + "GET /next HTTP/1.1\r\nHost: b\r\n\r\n"), []);
        Assert.Equal(HeadStatus.Complete, reader.Read(buffer));
        var rest = buffer.Slice(reader.Head.Length + reader.Head.Framing.Length);
        reader.Reset();
        Assert.Equal(HeadStatus.Complete, reader.Read(rest));
        Assert.Equal("/next"u8, reader.Head.Path);
        Assert.Equal(-1, reader.Head.IndexOf(HeaderId.ContentLength));
        Assert.Equal(rest.Length, reader.Head.Length);
    }

    [Fact]
    public void Reset_after_any_beginning_leaves_nothing_behind()
    {
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        var expected = Wire.ReadRequest(Simple);
        var other = Wire.Head("GET /other?y HTTP/1.0", "Connection: keep-alive", "Expect: 100-continue", "Content-Length: 9");
        for (var length = 0; length <= other.Length; length++)
        {
            Wire.ReadRequest(reader, other[..length]);
            Assert.Equal(expected, Wire.ReadRequest(reader, Simple));
        }
    }

    [Fact]
    public void A_complete_head_can_be_read_again_in_a_buffer_that_moved()
    {
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        var bytes = Wire.Bytes(Simple + "hello");
        Assert.Equal(HeadStatus.Complete, reader.Read(Feeding.Sequence(bytes, [])));
        var expected = HeadPrint.Text(reader.Head);
        foreach (var cuts in new int[][] { [], [7], [3, 30], [Simple.Length] })
        {
            Assert.Equal(HeadStatus.Complete, reader.Read(Feeding.Sequence(bytes, cuts)));
            Assert.Equal(expected, HeadPrint.Text(reader.Head));
        }
    }

    [Fact]
    public void A_rejected_reader_stays_rejected_until_it_is_reset()
    {
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        Assert.Equal(HeadStatus.Rejected, reader.Read(Feeding.Sequence("\n"u8, [])));
        Assert.Equal(HeadStatus.Rejected, reader.Read(Feeding.Sequence(Wire.Bytes(Simple), [])));
        reader.Reset();
        Assert.Equal(HeadStatus.Complete, reader.Read(Feeding.Sequence(Wire.Bytes(Simple), [])));
    }

    [Fact]
    public void Bytes_that_were_looked_at_are_not_looked_at_again()
    {
        // Were they, feeding a head byte by byte would cost the square of its length. Spoiling them shows it without a clock.
        var text = Wire.Head("GET /" + new string('a', 500) + " HTTP/1.1", "Host: a", "X: " + new string('v', 500) + "end");
        var bytes = Wire.Bytes(text);
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        for (var arrived = 1; arrived < bytes.Length; arrived++)
        {
            Assert.Equal(HeadStatus.NeedMore, reader.Read(new ReadOnlySequence<byte>(bytes, 0, arrived)));
            if (text[arrived - 1] is 'a' && arrived is > 10 and < 500) bytes[arrived - 1] = 0;
            if (text[arrived - 1] is 'v') bytes[arrived - 1] = (byte)'\n';
        }
        Assert.Equal(HeadStatus.Complete, reader.Read(new ReadOnlySequence<byte>(bytes)));
        Assert.Equal(2, reader.Head.HeaderCount);
    }

    [Fact]
    public void Memory_that_is_no_array_is_read_too()
    {
        using var memory = new NativeBytes(Wire.Bytes(Simple));
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        Assert.Equal(HeadStatus.NeedMore, reader.Read(new ReadOnlySequence<byte>(memory.Memory[..20])));
        Assert.Equal(HeadStatus.Complete, reader.Read(new ReadOnlySequence<byte>(memory.Memory)));
        Assert.Equal(Wire.ReadRequest(Simple), HeadPrint.Text(reader.Head));
    }

    private static void AssertSameCut(string text, string expected)
    {
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        var bytes = Wire.Bytes(text);
        foreach (var (arrivals, cuts) in Wire.Cuttings(bytes.Length))
            Assert.Equal(expected, HeadPrint.Request(reader, bytes, arrivals, cuts));
    }
}
