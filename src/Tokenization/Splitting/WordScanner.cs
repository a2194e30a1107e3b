namespace AiEdge.Tokenization.Splitting;

/// <summary>
/// The published expressions as one decision on the first code point, then runs. This is the reading that is to be right before it is fast:
/// <see cref="PieceScanner"/> takes short cuts through ASCII and must agree with it.
/// </summary>
internal static class WordScanner<TRule>
    where TRule : struct, IWordRule
{
    private const int WordStart = CharClass.Upper | CharClass.Caseless | CharClass.Mark;
    private const int WordRest = CharClass.Lower | CharClass.Caseless | CharClass.Mark;

    /// <summary>The end of the piece that starts at <paramref name="at"/>. Linear in what it reads.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">A start of a piece, before the end of the text.</param>
    /// <param name="length">Of the text, in bytes.</param>
    /// <param name="final">False if the end of the text was looked at, so that more text could change the piece.</param>
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
        if ((kind & CharClass.Letter) != 0)
            return Suffixed(ref cursor, Word(ref cursor, at, out _));
        if (kind == CharClass.Number)
            return Digits(ref cursor, at + size);
        if (kind == CharClass.NewLine)
            return cursor.WhiteSpace(at);
        if (TRule.ContractionFirst && cursor.Contraction(at) is var contraction && contraction != at)
            return contraction;
        if (Prefixed(ref cursor, at, kind, size) is var word && word != at)
            return Suffixed(ref cursor, word);
        var symbols = cursor.Byte(at) == ' ' ? at + size : at;
        if (kind == CharClass.Space && symbols == at)
            return cursor.WhiteSpace(at);
        var end = Symbols(ref cursor, symbols);
        return end == symbols ? cursor.WhiteSpace(at) : Tail(ref cursor, end);
    }

    /// <summary>A word behind one code point that is neither letter, number nor line end; <paramref name="at"/> if there is none.</summary>
    private static nint Prefixed(ref TextCursor cursor, nint at, int kind, int size)
    {
        var start = at + size;
        var end = Word(ref cursor, start, out var first);
        if (!TRule.Cased || kind != CharClass.Mark)
            return end == start ? at : end;
        // A mark is also a word by itself, and that is tried before a word of upper case letters behind the mark.
        return first ? end : Word(ref cursor, at, out _);
    }

    /// <summary>The end of the word that starts at <paramref name="at"/>, or <paramref name="at"/>.</summary>
    /// <param name="cursor">The text.</param>
    /// <param name="at">Where the word would start.</param>
    /// <param name="first">The word is one of the first alternative, which is tried before the second one at every start.</param>
    private static nint Word(ref TextCursor cursor, nint at, out bool first)
    {
        first = true;
        if (!TRule.Cased)
            return cursor.Run(at, CharClass.Letter);
        nint afterCaseless = 0;
        int kind;
        while (((kind = cursor.Class(at, out var size)) & WordStart) != 0)
        {
            at += size;
            if (kind != CharClass.Upper)
                afterCaseless = at;
        }
        if (kind == CharClass.Lower)
            return cursor.Run(at, WordRest);
        // No lower case letter follows, so the first alternative gives back letters up to one that can end a word; the second keeps all.
        first = afterCaseless != 0;
        return first ? afterCaseless : at;
    }

    private static nint Suffixed(ref TextCursor cursor, nint end) => TRule.ContractionAfter ? cursor.Contraction(end) : end;

    private static nint Digits(ref TextCursor cursor, nint at)
    {
        for (var i = 1; i < TRule.DigitsMax && cursor.Class(at, out var size) == CharClass.Number; i++)
            at += size;
        return at;
    }

    private static nint Symbols(ref TextCursor cursor, nint at)
    {
        while ((cursor.Class(at, out var size) & (CharClass.Letter | CharClass.Number | CharClass.White | TextCursor.End)) == 0)
            at += size;
        return at;
    }

    private static nint Tail(ref TextCursor cursor, nint at)
    {
        while (cursor.Byte(at) is '\r' or '\n' || (TRule.SlashTail && cursor.Byte(at) == '/'))
            at++;
        return at;
    }
}
