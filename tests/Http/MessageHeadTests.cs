using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class MessageHeadTests
{
    [Theory]
    [InlineData("Connection: close", false, "Connection")]
    [InlineData("Keep-Alive: timeout=5", true, "Keep-Alive")]
    [InlineData("Proxy-Connection: close", true, "Proxy-Connection")]
    [InlineData("Proxy-Authenticate: Basic", true, "Proxy-Authenticate")]
    [InlineData("Proxy-Authorization: Basic x", true, "Proxy-Authorization")]
    [InlineData("TE: trailers", true, "TE")]
    [InlineData("Trailer: X", true, "Trailer")]
    [InlineData("Transfer-Encoding: chunked", true, "Transfer-Encoding")]
    [InlineData("Upgrade: foo", true, "Upgrade")]
    [InlineData("Connection: X-One", true, "Connection X-One")]
    [InlineData("Connection: close, x-ONE ,,\tX-Two", false, "Connection X-One X-Two")]
    [InlineData("Connection: Authorization", true, "Connection Authorization")]
    [InlineData("Connection: Absent", true, "Connection")]
    [InlineData("Connection:", true, "Connection")]
    [InlineData("X-Connection: X-One", true, "")]
    public void Hop_by_hop_is_the_fixed_list_and_what_Connection_names(string line, bool keepAlive, string expected)
    {
        var head = Wire.Request(Wire.Head("GET / HTTP/1.1", "X-One: 1", "Host: a", "Authorization: k", line, "X-Two: 2", "X-Three: 3"));
        var hop = Enumerable.Range(0, head.HeaderCount).Where(head.IsHopByHop).Select(i => HeadPrint.Latin(head.Name(i)));
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), hop.Order());
        Assert.Equal(keepAlive, head.KeepAlive);
    }

    [Fact]
    public void Every_field_of_a_named_name_is_hop_by_hop_on_every_Connection_line()
    {
        var head = Wire.Request(Wire.Head(
            "GET / HTTP/1.1", "Host: a",
            "X-A: 1", "Connection: x-a", "X-B: 2", "X-A: 3", "connection: close, X-B"));
        Assert.Equal([false, true, true, true, true, true], Enumerable.Range(0, head.HeaderCount).Select(head.IsHopByHop));
        Assert.False(head.KeepAlive);
    }

    [Fact]
    public void Content_Length_named_by_Connection_frames_the_body_all_the_same()
    {
        var head = Wire.Request(Wire.Head(
            "POST / HTTP/1.1", "Host: a",
            "Content-Length: 7", "Connection: content-length, transfer-encoding, host"));
        Assert.Equal((BodyKind.Length, 7L), (head.Framing.Kind, head.Framing.Length));
    }

    [Theory]
    [InlineData("HTTP/1.1", null, true)]
    [InlineData("HTTP/1.1", "close", false)]
    [InlineData("HTTP/1.1", "Close", false)]
    [InlineData("HTTP/1.1", "keep-alive", true)]
    [InlineData("HTTP/1.1", "keep-alive, close", false)]
    [InlineData("HTTP/1.1", "closed", true)]
    [InlineData("HTTP/1.0", null, false)]
    [InlineData("HTTP/1.0", "close", false)]
    [InlineData("HTTP/1.0", "Keep-Alive", true)]
    [InlineData("HTTP/1.0", "close, keep-alive", false)]
    public void Keep_alive_is_what_version_and_Connection_say(string version, string? connection, bool keepAlive)
    {
        string[] lines = connection is null ? [] : [$"Connection: {connection}"];
        Assert.Equal(keepAlive, Wire.Request(Wire.Head([$"GET / {version}", "Host: a", .. lines])).KeepAlive);
        Assert.Equal(keepAlive, Wire.Response(Wire.Head([$"{version} 200 OK", "Host: a", .. lines])).KeepAlive);
    }

    [Fact]
    public void Fields_are_found_by_id_and_by_name_in_any_case()
    {
        var head = Wire.Request(Wire.Head("GET / HTTP/1.1", "HOST: a", "X-Custom: 1", "x-api-key: k", "x-custom: 2", "X-API-KEY: l"));
        Assert.Equal(0, head.IndexOf(HeaderId.Host));
        Assert.Equal(2, head.IndexOf(HeaderId.XApiKey));
        Assert.Equal(4, head.IndexOf(HeaderId.XApiKey, 3));
        Assert.Equal(-1, head.IndexOf(HeaderId.XApiKey, 5));
        Assert.Equal(2, head.IndexOf("x-api-key"u8));
        Assert.Equal(1, head.IndexOf("x-custom"u8));
        Assert.Equal(-1, head.IndexOf("x-customs"u8));
        Assert.Equal(-1, head.IndexOf(HeaderId.Cookie));
        Assert.Equal(-1, head.IndexOf(HeaderId.Other));
        Assert.True(head.Has(HeaderId.Host));
        Assert.False(head.Has(HeaderId.Other));
    }

    [Theory]
    [InlineData("X-A: v", "v")]
    [InlineData("X-A:v", "v")]
    [InlineData("X-A: \t v \t ", "v")]
    [InlineData("X-A: a  b\tc", "a  b\tc")]
    [InlineData("X-A:", "")]
    [InlineData("X-A: \t", "")]
    [InlineData("X-A: :", ":")]
    public void Values_are_without_white_space_at_their_ends(string line, string value)
    {
        var head = Wire.Request(Wire.Head("GET / HTTP/1.1", "Host: a", line));
        Assert.Equal(value, HeadPrint.Latin(head.Value(1)));
        Assert.Equal("X-A"u8, head.Name(1));
    }

    [Fact]
    public void A_retained_head_outlives_the_bytes_it_was_read_from()
    {
        var bytes = Wire.Bytes(Wire.Head("GET /path?query HTTP/1.1", "Host: a", "X-A: value"));
        var reader = new RequestHeadReader(Wire.HeadBytesMax);
        Assert.Equal(HeadStatus.Complete, reader.Read(new(bytes)));
        var expected = HeadPrint.Text(reader.Head);
        reader.Head.Retain();
        bytes.AsSpan().Fill((byte)'!');
        Assert.Equal(expected, HeadPrint.Text(reader.Head));
        reader.Head.Retain();
        Assert.Equal(expected, HeadPrint.Text(reader.Head));
    }

    [Fact]
    public void An_unread_head_is_empty()
    {
        var head = new RequestHeadReader(100).Head;
        Assert.Equal(0, head.HeaderCount);
        Assert.Equal(0, head.Length);
        Assert.Equal(BodyKind.None, head.Framing.Kind);
        Assert.Equal(-1, head.IndexOf(HeaderId.Host));
        Assert.True(head.Bytes.IsEmpty);
    }
}
