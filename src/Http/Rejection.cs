namespace AiEdge.Http;

/// <summary>Why a message head or body is refused. The message is never forwarded and its connection is never reused.</summary>
public enum Rejection : byte
{
    /// <summary>Not refused.</summary>
    None = 0,
    /// <summary>The head does not end within its bound.</summary>
    HeadTooLarge,
    /// <summary>The request line does not end within the head's bound.</summary>
    TargetTooLong,
    /// <summary>More header fields than the bound.</summary>
    TooManyHeaders,
    /// <summary>More empty lines before a request than tolerance allows (RFC 9112 section 2.2).</summary>
    TooManyEmptyLines,
    /// <summary>LF without CR in front of it.</summary>
    BareLineFeed,
    /// <summary>CR without LF behind it.</summary>
    BareCarriageReturn,
    /// <summary>The first bytes are no method token followed by one space.</summary>
    InvalidMethod,
    /// <summary>CONNECT: this is no tunnel.</summary>
    UnsupportedMethod,
    /// <summary>A byte or form that no request target has.</summary>
    InvalidTarget,
    /// <summary>The request line does not end in HTTP/DIGIT.DIGIT.</summary>
    InvalidVersion,
    /// <summary>A version other than HTTP/1.0 and HTTP/1.1.</summary>
    UnsupportedVersion,
    /// <summary>A status line that RFC 9112 section 4 does not allow, or a status outside 100–599.</summary>
    InvalidStatusLine,
    /// <summary>101 although no upgrade was asked for: the bytes behind it would belong to no known protocol.</summary>
    UnaskedUpgrade,
    /// <summary>A header line without a colon.</summary>
    HeaderWithoutColon,
    /// <summary>White space between a field name and its colon, or inside the name (RFC 9112 section 5.1).</summary>
    SpaceInHeaderName,
    /// <summary>An empty field name or one with a byte that is no tchar.</summary>
    InvalidHeaderName,
    /// <summary>A control byte in a field value.</summary>
    InvalidHeaderValue,
    /// <summary>A line that begins with white space (RFC 9112 section 5.2).</summary>
    FoldedHeader,
    /// <summary>HTTP/1.1 without Host (RFC 9112 section 3.2).</summary>
    MissingHost,
    /// <summary>Host more than once.</summary>
    RepeatedHost,
    /// <summary>Host is no host[:port].</summary>
    InvalidHost,
    /// <summary>Content-Length is no decimal number that fits.</summary>
    InvalidContentLength,
    /// <summary>Several Content-Length values that differ.</summary>
    ConflictingContentLength,
    /// <summary>Content-Length and Transfer-Encoding together: two opinions on where the message ends.</summary>
    LengthAndTransferEncoding,
    /// <summary>Transfer-Encoding other than one "chunked".</summary>
    InvalidTransferEncoding,
    /// <summary>A registered transfer coding that is not spoken here, such as "gzip, chunked".</summary>
    UnsupportedTransferCoding,
    /// <summary>Transfer-Encoding in HTTP/1.0 (RFC 9112 section 6.1).</summary>
    TransferEncodingInOldVersion,
    /// <summary>Expect other than 100-continue.</summary>
    UnknownExpectation,
    /// <summary>Connection names more options than the bound.</summary>
    TooManyConnectionOptions,
    /// <summary>A chunk, its size line, or a trailer that RFC 9112 section 7.1 does not allow.</summary>
    InvalidChunk,
}
