namespace AiEdge.DataPlane.Core;

internal partial struct JsonScanner
{
    // How far a number is (RFC 8259 section 6), kept in _progress between spans.
    private const byte AtStart = 0, AfterMinus = 1, AfterZero = 2, InInteger = 3;
    private const byte AfterPoint = 4, InFraction = 5, AfterE = 6, AfterSign = 7, InExponent = 8;

    private static bool NumberMayEnd(byte progress) => progress is AfterZero or InInteger or InFraction or InExponent;

    private int BeginNumber(ReadOnlySpan<byte> bytes, int p)
    {
        Begin(p);
        _progress = AtStart;
        return Number(bytes, p);
    }

    private int Number(ReadOnlySpan<byte> bytes, int p)
    {
        byte progress = _progress;
        while (p < bytes.Length)
        {
            byte c = bytes[p];
            if (IsDigit(c))
            {
                switch (progress)
                {
                    case AtStart or AfterMinus:
                        progress = c == (byte)'0' ? AfterZero : InInteger;
                        break;
                    case AfterZero:
                        return Fail(JsonFault.Syntax);
                    case AfterPoint:
                        progress = InFraction;
                        break;
                    case AfterE or AfterSign:
                        progress = InExponent;
                        break;
                }

                p++;
                if (progress != AfterZero)
                {
                    while (p < bytes.Length && IsDigit(bytes[p]))
                        p++;
                }

                continue;
            }

            byte next = (progress, c) switch
            {
                (AtStart, (byte)'-') => AfterMinus,
                (AfterZero or InInteger, (byte)'.') => AfterPoint,
                (AfterZero or InInteger or InFraction, (byte)'e' or (byte)'E') => AfterE,
                (AfterE, (byte)'+' or (byte)'-') => AfterSign,
                _ => AtStart,
            };
            if (next == AtStart)
                return NumberMayEnd(progress) ? EndScalar(bytes, p, JsonToken.Number) : Fail(FaultAt(c));
            progress = next;
            p++;
        }

        _progress = progress;
        _lexeme = Lexeme.Number;
        return -1;
    }

    private int BeginLiteral(ReadOnlySpan<byte> bytes, int p, int kind)
    {
        Begin(p);
        _literal = kind switch
        {
            LiteralTrue => JsonToken.True,
            LiteralFalse => JsonToken.False,
            _ => JsonToken.Null,
        };
        _progress = 0;
        return Literal(bytes, p);
    }

    private int Literal(ReadOnlySpan<byte> bytes, int p)
    {
        ReadOnlySpan<byte> rest = _literal switch
        {
            JsonToken.True => "true"u8,
            JsonToken.False => "false"u8,
            _ => "null"u8,
        };
        rest = rest[_progress..];
        int count = Math.Min(rest.Length, bytes.Length - p);
        if (!bytes.Slice(p, count).SequenceEqual(rest[..count]))
            return Fail(JsonFault.Syntax);
        if (count == rest.Length)
            return EndScalar(bytes, p + count, _literal);
        _progress += (byte)count;
        _lexeme = Lexeme.Literal;
        return -1;
    }

    private static bool IsDigit(byte c) => (uint)(c - '0') <= 9;
}
