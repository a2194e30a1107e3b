namespace AiEdge.Http;

/// <summary>What a client is told about a <see cref="Rejection"/>: a status and a fixed text that repeats nothing of the message.</summary>
public static class Rejections
{
    /// <summary>The status to answer with (RFC 9110 section 15).</summary>
    public static int Status(Rejection rejection) => rejection switch
    {
        Rejection.HeadTooLarge or Rejection.TooManyHeaders => 431,
        Rejection.TargetTooLong => 414,
        Rejection.UnsupportedVersion => 505,
        Rejection.UnsupportedMethod or Rejection.UnsupportedTransferCoding => 501,
        Rejection.UnknownExpectation => 417,
        _ => 400,
    };

    /// <summary>A sentence that is safe to send and to log.</summary>
    public static string Text(Rejection rejection) => rejection switch
    {
        Rejection.None => "The message is well formed.",
        Rejection.HeadTooLarge => "The header section is too large.",
        Rejection.TargetTooLong => "The request target is too long.",
        Rejection.TooManyHeaders => "There are too many header fields.",
        Rejection.TooManyEmptyLines => "There are too many empty lines before the request.",
        Rejection.BareLineFeed => "A line ends in LF without CR.",
        Rejection.BareCarriageReturn => "CR is not followed by LF.",
        Rejection.InvalidMethod => "The request method is malformed.",
        Rejection.UnsupportedMethod => "The request method is not supported.",
        Rejection.InvalidTarget => "The request target is malformed.",
        Rejection.InvalidVersion => "The HTTP version is malformed.",
        Rejection.UnsupportedVersion => "The HTTP version is not supported.",
        Rejection.InvalidStatusLine => "The status line is malformed.",
        Rejection.UnaskedUpgrade => "The protocol was switched without being asked.",
        Rejection.HeaderWithoutColon => "A header line has no colon.",
        Rejection.SpaceInHeaderName => "There is white space in or after a header name.",
        Rejection.InvalidHeaderName => "A header name is malformed.",
        Rejection.InvalidHeaderValue => "A header value holds a control byte.",
        Rejection.FoldedHeader => "A header line begins with white space.",
        Rejection.MissingHost => "The Host header is missing.",
        Rejection.RepeatedHost => "The Host header is repeated.",
        Rejection.InvalidHost => "The Host header is malformed.",
        Rejection.InvalidContentLength => "Content-Length is malformed.",
        Rejection.ConflictingContentLength => "Content-Length values differ.",
        Rejection.LengthAndTransferEncoding => "Content-Length and Transfer-Encoding are both present.",
        Rejection.InvalidTransferEncoding => "Transfer-Encoding is malformed.",
        Rejection.UnsupportedTransferCoding => "The transfer coding is not supported.",
        Rejection.TransferEncodingInOldVersion => "Transfer-Encoding is not allowed in HTTP/1.0.",
        Rejection.UnknownExpectation => "The expectation cannot be met.",
        Rejection.TooManyConnectionOptions => "Connection names too many options.",
        Rejection.InvalidChunk => "The chunked body is malformed.",
        _ => "The message is malformed.",
    };
}
