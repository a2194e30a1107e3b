using System.Text;

namespace AiEdge.Http;

/// <summary>
/// The forms of a request target (RFC 9112 section 3.2). The authority of an absolute-form target is checked and then
/// forgotten: nothing in a request ever chooses the host that it goes to.
/// </summary>
internal struct RequestTarget
{
    public int PathStart;
    public int PathLength;
    public int QueryStart;
    public int QueryLength;

    public static Rejection Judge(MethodId method, ReadOnlySpan<byte> target, out RequestTarget parts)
    {
        parts = default;
        if (method == MethodId.Connect) return Rejection.UnsupportedMethod;
        if (target[0] == '/') return Split(target, 0, ref parts);
        if (target.SequenceEqual("*"u8))
        {
            parts.PathLength = 1;
            return method == MethodId.Options ? Rejection.None : Rejection.InvalidTarget;
        }
        var scheme = SchemeLength(target);
        if (scheme == 0) return Rejection.InvalidTarget;
        var rest = target[scheme..];
        var authority = rest.IndexOfAny((byte)'/', (byte)'?');
        if (authority < 0) authority = rest.Length;
        if (!Authority.IsValid(rest[..authority])) return Rejection.InvalidTarget;
        return Split(target, scheme + authority, ref parts);
    }

    private static int SchemeLength(ReadOnlySpan<byte> target)
    {
        if (target.Length >= 7 && Ascii.EqualsIgnoreCase(target[..7], "http://"u8)) return 7;
        if (target.Length >= 8 && Ascii.EqualsIgnoreCase(target[..8], "https://"u8)) return 8;
        return 0;
    }

    private static Rejection Split(ReadOnlySpan<byte> target, int pathStart, ref RequestTarget parts)
    {
        var rest = target[pathStart..];
        var question = rest.IndexOf((byte)'?');
        parts.PathStart = pathStart;
        parts.PathLength = question < 0 ? rest.Length : question;
        if (question < 0) return Rejection.None;
        parts.QueryStart = pathStart + question + 1;
        parts.QueryLength = target.Length - parts.QueryStart;
        return Rejection.None;
    }
}
