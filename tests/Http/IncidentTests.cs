namespace AiEdge.Http.Tests;

/// <summary>The classes of error that made other servers' advisories; each must stay impossible here.</summary>
public sealed class IncidentTests
{
    private const string Host = "Host: a";
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    [Theory]
    [InlineData("2;\n")]
    [InlineData("2;a\n")]
    [InlineData("2;a=b\nxx\r\n")]
    [InlineData("2;\nxx\r\n4c\r\n")]
    [InlineData("2;a=\"\n\"\r\n")]
    [InlineData("2;a\r")]
    public void A_lone_line_end_in_a_chunk_extension_ends_no_line(string text)
    {
        // CVE-2025-55315 (Kestrel), CVE-2025-58056 (Netty), CVE-2025-22871 (Go): one reader ends the line at LF, the other does not.
        var reader = new ChunkedReader();
        var status = reader.Read(Wire.Bytes(text + "x0\r\n\r\n" + Smuggled), out _, out _, out _);
        Assert.Equal(ChunkStatus.Invalid, status);
    }

    [Theory]
    [InlineData("2\nxx\r\n0\r\n\r\n")]
    [InlineData("2\r\nxx\n0\r\n\r\n")]
    [InlineData("2\r\nxx\r\n0\n\r\n")]
    [InlineData("2\r\nxx\r\n0\r\n\n")]
    public void A_lone_LF_never_ends_a_line_of_a_chunked_body(string text)
    {
        var reader = new ChunkedReader();
        ReadOnlySpan<byte> rest = Wire.Bytes(text);
        ChunkStatus status;
        while ((status = reader.Read(rest, out var consumed, out _, out _)) == ChunkStatus.Data) rest = rest[consumed..];
        Assert.Equal(ChunkStatus.Invalid, status);
    }

    [Fact]
    public void Work_for_chunk_extensions_is_bounded_over_the_whole_body()
    {
        // CVE-2023-39326 (Go): long extensions on one-byte chunks.
        var reader = new ChunkedReader();
        var chunk = Wire.Bytes("1;" + new string('a', 3000) + "\r\nx\r\n");
        var chunks = 0;
        for (; chunks < 100; chunks++)
        {
            ReadOnlySpan<byte> rest = chunk;
            ChunkStatus status;
            while ((status = reader.Read(rest, out var consumed, out _, out _)) == ChunkStatus.Data) rest = rest[consumed..];
            if (status == ChunkStatus.Invalid) break;
        }
        Assert.InRange(chunks, 1, 10);
    }

    [Fact]
    public void Transfer_Encoding_in_HTTP_1_0_frames_nothing()
    {
        // CVE-2026-2835 (Pingora).
        Assert.Equal(
            Rejection.TransferEncodingInOldVersion,
            Wire.RequestRejection(Wire.Head("POST / HTTP/1.0", Host, "Transfer-Encoding: chunked")));
        Assert.Equal(Rejection.LengthAndTransferEncoding, Wire.RequestRejection(
            Wire.Head("POST / HTTP/1.0", Host, "Connection: keep-alive", "Transfer-Encoding: chunked", "Content-Length: 5")));
    }

    [Fact]
    public void An_upgrade_request_is_framed_like_any_other_and_nothing_is_tunnelled()
    {
        // CVE-2026-2833 (Pingora): bytes behind an upgrade request were passed on before the 101.
        var head = Wire.Request(Wire.Head("GET / HTTP/1.1", Host, "Connection: Upgrade", "Upgrade: foo") + Smuggled);
        Assert.Equal(BodyKind.None, head.Framing.Kind);
        Assert.True(head.IsHopByHop(head.IndexOf(HeaderId.Upgrade)));
        Assert.Equal(Rejection.UnaskedUpgrade, Wire.ResponseRejection(Wire.Head("HTTP/1.1 101 Switching Protocols", "Upgrade: foo")));
        Assert.Equal(Rejection.UnsupportedMethod, Wire.RequestRejection(Wire.Head("CONNECT a:1 HTTP/1.1", Host)));
    }

    [Theory]
    [InlineData("POST / HTTP/1.1", "X: y")]
    [InlineData("POST / HTTP/1.0", "Connection: close")]
    [InlineData("PUT / HTTP/1.1", "Connection: close")]
    public void A_request_body_is_never_delimited_by_close(string line, string field) =>
        Assert.Equal(BodyKind.None, Wire.Request(Wire.Head(line, Host, field) + "body").Framing.Kind);

    [Theory]
    [InlineData("Content-Length: 6", "Transfer-Encoding: chunked")]
    [InlineData("Content-Length: 6", "Transfer-Encoding : chunked")]
    [InlineData("Content-Length: 6", "Transfer-Encoding\t: chunked")]
    [InlineData("Content-Length: 6", " Transfer-Encoding: chunked")]
    [InlineData("Content-Length: 6", "X: y\r Transfer-Encoding: chunked")]
    [InlineData("Content-Length: 6", "X: y\nTransfer-Encoding: chunked")]
    [InlineData("Content-Length: 6", "Transfer-Encoding: chunked\rX: y")]
    [InlineData("Content-Length: 6", "Transfer-Encoding\0: chunked")]
    [InlineData("Content-Length: 6", "Transfer Encoding: chunked")]
    [InlineData("Content-Length: 6", "Content-Length: 7")]
    [InlineData("Content-Length: 6", "Content-Length : 7")]
    [InlineData("Content-Length: 6", "\u000BContent-Length: 7")]
    [InlineData("Content-Length: 6", "Content-Length\u00A0: 7")]
    [InlineData("Transfer-Encoding: chunked", "Transfer-Encoding: identity")]
    [InlineData("Transfer-Encoding: \u000Bchunked", "X: y")]
    [InlineData("Transfer-Encoding: chunked\0", "X: y")]
    [InlineData("X: y", " folded")]
    public void Two_opinions_on_where_a_message_ends_are_refused(string first, string second)
    {
        Assert.NotEqual(Rejection.None, Wire.RequestRejection(Wire.Head("POST / HTTP/1.1", Host, first, second) + "0\r\n\r\n" + Smuggled));
        Assert.NotEqual(Rejection.None, Wire.ResponseRejection(Wire.Head("HTTP/1.1 200 OK", first, second) + "0\r\n\r\n"));
    }

    [Theory]
    [InlineData("Ho(st: a")]
    [InlineData("Host : a")]
    [InlineData("Ho\0st: a")]
    public void What_looks_like_Host_is_no_Host(string line) =>
        Assert.NotEqual(Rejection.None, Wire.RequestRejection(Wire.Head("GET / HTTP/1.1", line)));

    [Fact]
    public void A_field_that_looks_like_framing_is_no_framing()
    {
        var head = Wire.Request(Wire.Head(
            "POST / HTTP/1.1", Host,
            "Transfer_Encoding: chunked", "Content_Length: 9", "X-Content-Length: 9", "Content-Length: 5"));
        Assert.Equal((BodyKind.Length, 5L), (head.Framing.Kind, head.Framing.Length));
    }

    [Fact]
    public void Connection_cannot_name_away_what_frames_or_routes_the_message()
    {
        var head = Wire.Request(Wire.Head("POST / HTTP/1.1", Host, "Connection: content-length, host", "Content-Length: 5"));
        Assert.Equal((BodyKind.Length, 5L), (head.Framing.Kind, head.Framing.Length));
        Assert.Equal("a"u8, head.Value(head.IndexOf(HeaderId.Host)));
        Assert.Equal(
            Rejection.LengthAndTransferEncoding,
            Wire.RequestRejection(
                Wire.Head("POST / HTTP/1.1", Host, "Connection: transfer-encoding", "Transfer-Encoding: chunked", "Content-Length: 5")));
    }
}
