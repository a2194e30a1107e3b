namespace AiEdge.Http.Tests;

public sealed class BodyFramingTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("70", 70)]
    [InlineData("007", 7)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("70,70", 70)]
    [InlineData("70 ,\t70 , 70", 70)]
    [InlineData("00000000000000000000000000000000000000005", 5)]
    public void Content_Length_is_read(string value, long length)
    {
        Assert.Equal((BodyKind.Length, length), Kind(RequestFraming($"Content-Length: {value}")));
        Assert.Equal((BodyKind.Length, length), Kind(Wire.Response(Wire.Head("HTTP/1.1 200 OK", $"Content-Length: {value}")).Framing));
    }

    [Theory]
    [InlineData("")]
    [InlineData("+5")]
    [InlineData("-1")]
    [InlineData("-0")]
    [InlineData("5 5")]
    [InlineData("5;")]
    [InlineData("5.0")]
    [InlineData("5e0")]
    [InlineData("5 abc")]
    [InlineData("0x5")]
    [InlineData("0b1")]
    [InlineData("1_0")]
    [InlineData("\"5\"")]
    [InlineData(",")]
    [InlineData("5,")]
    [InlineData(",5")]
    [InlineData("5,,5")]
    [InlineData("5,x")]
    [InlineData("five")]
    [InlineData("\u00B2")]
    [InlineData("\u00A05")]
    [InlineData("9223372036854775808")]
    [InlineData("18446744073709551621")]
    [InlineData("99999999999999999999999999")]
    [InlineData("00000000000000000000000000000000000005x")]
    public void A_malformed_Content_Length_is_rejected(string value)
    {
        Assert.Equal(
            Rejection.InvalidContentLength,
            Wire.RequestRejection(Wire.Head("POST / HTTP/1.1", "Host: a", $"Content-Length: {value}")));
        Assert.Equal(Rejection.InvalidContentLength, Wire.RequestRejection(Wire.Head("POST / HTTP/1.0", $"Content-Length: {value}")));
        Assert.Equal(Rejection.InvalidContentLength, Wire.ResponseRejection(Wire.Head("HTTP/1.1 200 OK", $"Content-Length: {value}")));
        Assert.Equal(
            Rejection.InvalidContentLength,
            Wire.ResponseRejection(Wire.Head("HTTP/1.1 204 No", $"Content-Length: {value}"), true));
    }

    [Theory]
    [InlineData("Content-Length: 5", "Content-Length: 6")]
    [InlineData("Content-Length: 70, 5", "X: y")]
    [InlineData("Content-Length: 5", "content-length: 5, 6")]
    [InlineData("Content-Length: 0", "Content-Length: 5")]
    public void Different_Content_Lengths_are_rejected(string first, string second)
    {
        Assert.Equal(
            Rejection.ConflictingContentLength,
            Wire.RequestRejection(Wire.Head("POST / HTTP/1.1", "Host: a", first, "X-A: b", second)));
        Assert.Equal(Rejection.ConflictingContentLength, Wire.ResponseRejection(Wire.Head("HTTP/1.1 200 OK", first, "X-A: b", second)));
    }

    [Theory]
    [InlineData("Content-Length: 5", "Transfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked", "Content-Length: 5")]
    [InlineData("Transfer-Encoding: identity", "Content-Length: 5")]
    [InlineData("Transfer-Encoding:", "Content-Length: 5")]
    [InlineData("Transfer-Encoding: chun\u00E7ed", "Content-Length: 5")]
    [InlineData("Transfer-Encoding: xchunked", "Content-Length: x")]
    public void Length_and_transfer_coding_together_are_rejected(string first, string second)
    {
        Assert.Equal(Rejection.LengthAndTransferEncoding, Wire.RequestRejection(Wire.Head("POST / HTTP/1.1", "Host: a", first, second)));
        Assert.Equal(Rejection.LengthAndTransferEncoding, Wire.RequestRejection(Wire.Head("POST / HTTP/1.0", "Host: a", first, second)));
        Assert.Equal(Rejection.LengthAndTransferEncoding, Wire.ResponseRejection(Wire.Head("HTTP/1.1 200 OK", first, second)));
        Assert.Equal(Rejection.LengthAndTransferEncoding, Wire.ResponseRejection(Wire.Head("HTTP/1.1 304 Not", first, second)));
    }

    [Theory]
    [InlineData("chunked")]
    [InlineData("Chunked")]
    [InlineData("CHUNKED")]
    [InlineData("\tchunked \t")]
    public void Exactly_chunked_is_chunked(string value)
    {
        Assert.Equal((BodyKind.Chunked, 0L), Kind(RequestFraming($"Transfer-Encoding: {value}")));
        Assert.Equal((BodyKind.Chunked, 0L), Kind(Wire.Response(Wire.Head("HTTP/1.1 200 OK", $"Transfer-Encoding: {value}")).Framing));
    }

    [Theory]
    [InlineData("")]
    [InlineData("xchunked")]
    [InlineData("chunk")]
    [InlineData("chunkedd")]
    [InlineData("identity")]
    [InlineData("gzip")]
    [InlineData("cow")]
    [InlineData("chunked, identity")]
    [InlineData("identity, chunked")]
    [InlineData("chunked, chunked")]
    [InlineData("chunked, gzip")]
    [InlineData("chunked,")]
    [InlineData(",chunked")]
    [InlineData("gzip,,chunked")]
    [InlineData("chunked;q=1")]
    [InlineData("chunked;")]
    [InlineData("\"chunked\"")]
    [InlineData("'chunked'")]
    [InlineData("chunked chunked")]
    [InlineData("\u00A0chunked")]
    [InlineData("chunked\u0085")]
    [InlineData("chun\u00C4\u00B7ed")]
    public void Any_other_transfer_coding_is_rejected(string value)
    {
        Assert.Equal(
            Rejection.InvalidTransferEncoding,
            Wire.RequestRejection(Wire.Head("POST / HTTP/1.1", "Host: a", $"Transfer-Encoding: {value}")));
        Assert.Equal(
            Rejection.InvalidTransferEncoding,
            Wire.ResponseRejection(Wire.Head("HTTP/1.1 200 OK", $"Transfer-Encoding: {value}")));
    }

    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("deflate,chunked")]
    [InlineData("x-gzip , COMPRESS , Chunked")]
    public void A_registered_coding_under_chunked_is_not_supported(string value)
    {
        Assert.Equal(
            Rejection.UnsupportedTransferCoding,
            Wire.RequestRejection(Wire.Head("POST / HTTP/1.1", "Host: a", $"Transfer-Encoding: {value}")));
        Assert.Equal(501, Rejections.Status(Rejection.UnsupportedTransferCoding));
    }

    [Theory]
    [InlineData("chunked", "chunked")]
    [InlineData("chunked", "identity")]
    [InlineData("gzip", "chunked")]
    [InlineData("chunked", "")]
    [InlineData("", "chunked")]
    public void Two_transfer_coding_lines_are_rejected(string first, string second) =>
        Assert.Equal(
            Rejection.InvalidTransferEncoding,
            Wire.RequestRejection(Wire.Head("POST / HTTP/1.1", "Host: a", $"Transfer-Encoding: {first}", $"transfer-encoding: {second}")));

    [Fact]
    public void A_transfer_coding_in_an_old_version_is_rejected()
    {
        Assert.Equal(
            Rejection.TransferEncodingInOldVersion,
            Wire.RequestRejection(Wire.Head("POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked")));
        Assert.Equal(
            Rejection.TransferEncodingInOldVersion,
            Wire.ResponseRejection(Wire.Head("HTTP/1.0 200 OK", "Transfer-Encoding: chunked")));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("POST / HTTP/1.1")]
    [InlineData("POST / HTTP/1.0")]
    public void A_request_without_length_has_no_body_and_never_lasts_until_close(string line)
    {
        var framing = Wire.Request(Wire.Head(line, "Host: a", "Connection: close")).Framing;
        Assert.Equal((BodyKind.None, 0L), Kind(framing));
        Assert.False(framing.HasBody);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK", false, BodyKind.UntilClose)]
    [InlineData("HTTP/1.0 500 X", false, BodyKind.UntilClose)]
    [InlineData("HTTP/1.1 200 OK", true, BodyKind.None)]
    [InlineData("HTTP/1.1 204 No", false, BodyKind.None)]
    [InlineData("HTTP/1.1 304 Not", false, BodyKind.None)]
    [InlineData("HTTP/1.1 100 Go", false, BodyKind.None)]
    [InlineData("HTTP/1.1 103 Hints", false, BodyKind.None)]
    [InlineData("HTTP/1.1 205 Reset", false, BodyKind.UntilClose)]
    public void A_response_without_length_lasts_until_close_unless_it_has_no_body(string line, bool requestWasHead, BodyKind kind) =>
        Assert.Equal((kind, 0L), Kind(Wire.Response(Wire.Head(line, "X: y"), requestWasHead).Framing));

    [Theory]
    [InlineData("HTTP/1.1 200 OK", true)]
    [InlineData("HTTP/1.1 204 No", false)]
    [InlineData("HTTP/1.1 304 Not", false)]
    [InlineData("HTTP/1.1 102 Wait", false)]
    public void Where_there_can_be_no_body_the_fields_do_not_make_one(string line, bool requestWasHead)
    {
        Assert.Equal((BodyKind.None, 0L), Kind(Wire.Response(Wire.Head(line, "Content-Length: 5"), requestWasHead).Framing));
        Assert.Equal((BodyKind.None, 0L), Kind(Wire.Response(Wire.Head(line, "Transfer-Encoding: chunked"), requestWasHead).Framing));
    }

    [Fact]
    public void A_body_is_there_if_a_byte_or_an_end_mark_is_to_come()
    {
        Assert.True(RequestFraming("Transfer-Encoding: chunked").HasBody);
        Assert.True(RequestFraming("Content-Length: 1").HasBody);
        Assert.False(RequestFraming("Content-Length: 0").HasBody);
        Assert.True(Wire.Response(Wire.Head("HTTP/1.1 200 OK")).Framing.HasBody);
        Assert.True(RequestFraming("Content-Length: 1") == RequestFraming("content-length: 01"));
        Assert.True(RequestFraming("Content-Length: 1") != RequestFraming("content-length: 2"));
    }

    private static BodyFraming RequestFraming(string line) => Wire.Request(Wire.Head("POST / HTTP/1.1", "Host: a", line)).Framing;

    private static (BodyKind Kind, long Length) Kind(BodyFraming framing) => (framing.Kind, framing.Length);
}
