using System.Text;

namespace AiEdge.Http;

/// <summary>How the end of a body is found (RFC 9112 section 6.3).</summary>
public enum BodyKind : byte
{
    /// <summary>There is no body.</summary>
    None,
    /// <summary>A known number of bytes, perhaps 0.</summary>
    Length,
    /// <summary>Chunked transfer coding.</summary>
    Chunked,
    /// <summary>All bytes until the connection ends. Only responses end so.</summary>
    UntilClose,
}

/// <summary>
/// Where a body ends. The judgement is made here and nowhere else: a second opinion on framing is how requests are smuggled.
/// Whatever leaves room for two opinions is refused.
/// </summary>
public readonly struct BodyFraming : IEquatable<BodyFraming>
{
    private BodyFraming(BodyKind kind, long length)
    {
        Kind = kind;
        Length = length;
    }

    /// <summary>How the end is found.</summary>
    public BodyKind Kind { get; }

    /// <summary>Bytes of the body where <see cref="Kind"/> is <see cref="BodyKind.Length"/>, else 0.</summary>
    public long Length { get; }

    /// <summary>True if at least one body byte, or an end mark, is to be read from the connection.</summary>
    public bool HasBody => Kind is BodyKind.Chunked or BodyKind.UntilClose || Length > 0;

    /// <summary>Judges a request: without Content-Length and Transfer-Encoding there is no body; it never lasts until close.</summary>
    internal static Rejection JudgeRequest(MessageHead head, out BodyFraming framing) => JudgeFields(head, out framing);

    /// <summary>
    /// Judges a response. To HEAD, and with 1xx, 204 and 304, there is no body whatever the fields say; the fields must be
    /// well formed all the same, because a peer that gets them wrong gets the next message wrong.
    /// </summary>
    internal static Rejection JudgeResponse(MessageHead head, int status, bool requestWasHead, out BodyFraming framing)
    {
        var rejection = JudgeFields(head, out framing);
        if (rejection != Rejection.None) return rejection;
        if (requestWasHead || status is < 200 or 204 or 304) framing = default;
        else if (framing.Kind == BodyKind.None) framing = new BodyFraming(BodyKind.UntilClose, 0);
        return Rejection.None;
    }

    private static Rejection JudgeFields(MessageHead head, out BodyFraming framing)
    {
        framing = default;
        var hasLength = head.Has(HeaderId.ContentLength);
        if (head.Has(HeaderId.TransferEncoding))
        {
            if (hasLength) return Rejection.LengthAndTransferEncoding;
            if (head.MinorVersion == 0) return Rejection.TransferEncodingInOldVersion;
            var rejection = JudgeCoding(head);
            if (rejection == Rejection.None) framing = new BodyFraming(BodyKind.Chunked, 0);
            return rejection;
        }
        if (!hasLength) return Rejection.None;
        return JudgeLength(head, out framing);
    }

    // One value, or several that say the same, as a list or as lines (RFC 9110 section 8.6).
    private static Rejection JudgeLength(MessageHead head, out BodyFraming framing)
    {
        framing = default;
        var length = -1L;
        for (var i = head.IndexOf(HeaderId.ContentLength, 0); i >= 0; i = head.IndexOf(HeaderId.ContentLength, i + 1))
        {
            var rest = head.Value(i);
            while (true)
            {
                var comma = rest.IndexOf((byte)',');
                if (!TryReadLength(Syntax.Trim(comma < 0 ? rest : rest[..comma]), out var value)) return Rejection.InvalidContentLength;
                if (length >= 0 && value != length) return Rejection.ConflictingContentLength;
                length = value;
                if (comma < 0) break;
                rest = rest[(comma + 1)..];
            }
        }
        framing = new BodyFraming(BodyKind.Length, length);
        return Rejection.None;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> digits, out long length)
    {
        length = 0;
        if (digits.IsEmpty) return false;
        foreach (var digit in digits)
        {
            if (!Syntax.IsDigit(digit)) return false;
            var value = digit - '0';
            if (length > (long.MaxValue - value) / 10) return false;
            length = (length * 10) + value;
        }
        return true;
    }

    // Exactly one field line that says exactly "chunked". What is wrong otherwise only decides the status.
    private static Rejection JudgeCoding(MessageHead head)
    {
        var first = head.IndexOf(HeaderId.TransferEncoding);
        var value = head.Value(first);
        if (head.IndexOf(HeaderId.TransferEncoding, first + 1) >= 0) return Rejection.InvalidTransferEncoding;
        if (Ascii.EqualsIgnoreCase(value, "chunked"u8)) return Rejection.None;
        return IsKnownThenChunked(value) ? Rejection.UnsupportedTransferCoding : Rejection.InvalidTransferEncoding;
    }

    private static bool IsKnownThenChunked(ReadOnlySpan<byte> value)
    {
        var comma = value.LastIndexOf((byte)',');
        if (comma < 0 || !Ascii.EqualsIgnoreCase(Syntax.Trim(value[(comma + 1)..]), "chunked"u8)) return false;
        var rest = value[..comma];
        while (true)
        {
            comma = rest.IndexOf((byte)',');
            var coding = Syntax.Trim(comma < 0 ? rest : rest[..comma]);
            if (!IsCompression(coding)) return false;
            if (comma < 0) return true;
            rest = rest[(comma + 1)..];
        }
    }

    private static bool IsCompression(ReadOnlySpan<byte> coding) =>
        Ascii.EqualsIgnoreCase(coding, "gzip"u8) || Ascii.EqualsIgnoreCase(coding, "x-gzip"u8)
        || Ascii.EqualsIgnoreCase(coding, "deflate"u8)
        || Ascii.EqualsIgnoreCase(coding, "compress"u8) || Ascii.EqualsIgnoreCase(coding, "x-compress"u8);

    /// <inheritdoc/>
    public bool Equals(BodyFraming other) => Kind == other.Kind && Length == other.Length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BodyFraming other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Length);

    /// <summary>Same kind and length.</summary>
    public static bool operator ==(BodyFraming left, BodyFraming right) => left.Equals(right);

    /// <summary>Other kind or length.</summary>
    public static bool operator !=(BodyFraming left, BodyFraming right) => !left.Equals(right);
}
