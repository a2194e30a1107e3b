namespace AiEdge.Tokenization.Splitting;

/// <summary>
/// DeepSeek V3 cuts three times, each time every part that the cut before has left: \p{N}{1,3}, then [一-龥぀-ゟ゠-ヿ]+, then
/// [!"#$%&amp;'()*+,\-./:;&lt;=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+,
/// to which a part is the whole text: a number ends it, and so does the change from East Asian to other text or back. What matches nothing is
/// a piece up to the next match.
/// </summary>
internal static class DeepSeekScanner
{
    private const int Word = CharClass.Letter | CharClass.Mark;

    /// <summary>As <see cref="WordScanner{TRule}.Next(ref byte, nint, nint, out bool)"/>.</summary>
    public static nint Next(ref byte text, nint at, nint length, out bool final)
    {
        var cursor = new TextCursor(ref text, length);
        var end = Next(ref cursor, at);
        final = !cursor.SawEnd;
        return end;
    }

    private static nint Next(ref TextCursor cursor, nint at)
    {
        var kind = cursor.Class(at, out var size);
        if (kind == CharClass.Number)
            return Digits(ref cursor, at + size);
        var eastAsian = IsEastAsian(cursor.CodePoint(at));
        if ((kind & Word) != 0)
            return Run(ref cursor, at, Word, eastAsian);
        var first = cursor.Byte(at);
        if (kind == CharClass.Symbol)
        {
            var letters = first < 0x80 ? AsciiLetters(ref cursor, at + 1) : at + 1;
            return letters > at + 1 ? letters : LineEnds(ref cursor, Run(ref cursor, at, CharClass.Symbol, eastAsian), eastAsian);
        }
        if (kind == CharClass.NewLine)
            return WhiteSpace(ref cursor, at);
        var next = Class(ref cursor, at + size, eastAsian, out _);
        if ((next & Word) != 0)
            return Run(ref cursor, at + size, Word, eastAsian);
        if (first == ' ' && next == CharClass.Symbol)
            return LineEnds(ref cursor, Run(ref cursor, at + size, CharClass.Symbol, eastAsian), eastAsian);
        return kind == CharClass.Space ? WhiteSpace(ref cursor, at) : Unmatched(ref cursor, at + size, eastAsian);
    }

    /// <summary>The class within a part that the first two cuts left.</summary>
    private static int Class(ref TextCursor cursor, nint at, bool eastAsian, out int size)
    {
        var kind = cursor.Class(at, out size);
        return kind == CharClass.Number || (size != 0 && IsEastAsian(cursor.CodePoint(at)) != eastAsian) ? TextCursor.End : kind;
    }

    private static bool IsEastAsian(int codePoint) => codePoint is (>= 0x4E00 and <= 0x9FA5) or (>= 0x3040 and <= 0x30FF);

    private static nint Digits(ref TextCursor cursor, nint at)
    {
        for (var i = 1; i < 3 && cursor.Class(at, out var size) == CharClass.Number; i++)
            at += size;
        return at;
    }

    private static nint Run(ref TextCursor cursor, nint at, int mask, bool eastAsian)
    {
        while ((Class(ref cursor, at, eastAsian, out var size) & mask) != 0)
            at += size;
        return at;
    }

    private static nint AsciiLetters(ref TextCursor cursor, nint at)
    {
        while ((cursor.Byte(at) | 0x20) is >= 'a' and <= 'z')
            at++;
        return at;
    }

    /// <summary>[\r\n]*, none of which is in a part of East Asian text.</summary>
    private static nint LineEnds(ref TextCursor cursor, nint at, bool eastAsian)
    {
        while (!eastAsian && cursor.Byte(at) is '\r' or '\n')
            at++;
        return at;
    }

    private static nint WhiteSpace(ref TextCursor cursor, nint at)
    {
        var (end, last, afterNewLine) = cursor.WhiteRun(at);
        if (afterNewLine != 0)
            return afterNewLine;
        return last == at || Class(ref cursor, end, eastAsian: false, out _) == TextCursor.End ? end : last;
    }

    /// <summary>Goes on to the first code point at which something matches: any but a control, or a control before a word.</summary>
    private static nint Unmatched(ref TextCursor cursor, nint at, bool eastAsian)
    {
        while (Class(ref cursor, at, eastAsian, out var size) == CharClass.Other)
        {
            if ((Class(ref cursor, at + size, eastAsian, out _) & Word) != 0)
                return at;
            at += size;
        }
        return at;
    }
}
