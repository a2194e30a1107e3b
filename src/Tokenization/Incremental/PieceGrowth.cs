using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Incremental;

/// <summary>The pieces that can grow without bound, by what may come next.</summary>
internal enum PieceKind : byte
{
    /// <summary>No such piece, or not yet seen to be one.</summary>
    None,

    /// <summary>Letters without small ones among them, under a rule that parts words by case: where it ends is open.</summary>
    Capitals,

    /// <summary>A word that has reached its small letters, under such a rule.</summary>
    Smalls,

    /// <summary>Letters of any case, and marks where the rule counts them in.</summary>
    Letters,

    /// <summary>A symbol and ASCII letters.</summary>
    AsciiLetters,

    /// <summary>Han and Kana, where the rule cuts them out.</summary>
    Cjk,

    /// <summary>Symbols.</summary>
    Symbols,

    /// <summary>The line ends that close a piece of symbols.</summary>
    LineEnds,

    /// <summary>White space.</summary>
    Blank,

    /// <summary>Characters that no branch of the rule takes.</summary>
    Unmatched,

    /// <summary>How many kinds there are.</summary>
    Count,
}

/// <summary>What a character does to a piece.</summary>
internal enum Growth : byte
{
    /// <summary>The piece takes it.</summary>
    Grow,

    /// <summary>The piece takes it, and would end after it if certain characters came next.</summary>
    GrowAndCut,

    /// <summary>The piece takes it, and the open cut is closed.</summary>
    GrowAndJoin,

    /// <summary>The piece ended before it, but an apostrophe may begin a contraction, which would belong to the piece.</summary>
    Apostrophe,

    /// <summary>The piece ended before it.</summary>
    End,

    /// <summary>The piece ended one character earlier: the character before this one begins the next piece.</summary>
    EndBefore,
}

/// <summary>
/// Which pieces can grow without bound under each rule, and which of their ends are open. What follows from a text's end depends on no more
/// than the kind of the piece there and the place of one open cut.
/// </summary>
/// <remarks>
/// <b>Words parted by case</b> (o200k, Tekken): [prefix] [Lu Lt Lm Lo M]* [Ll Lm Lo M]+, else [prefix] [Lu Lt Lm Lo M]+ [Ll Lm Lo M]*. Until a
/// small letter comes, the word would end after the last Lm, Lo or M (the first branch, after backtracking), and the capitals after it would
/// be a piece of their own; a small letter makes all of it one piece, however long ago that cut was. So: each Lm, Lo, M moves the cut; Ll
/// removes it for good; what is neither settles it. A mark may be prefix or word: it makes no difference to the end, as the branch without the
/// prefix is tried before the second branch. After the word, o200k may add a contraction, which is decided at most two characters later.
/// <para>
/// <b>Words not parted</b> (the others): [prefix] L+, with marks in DeepSeek's. They end where the letters do.
/// DeepSeek's further kinds (a symbol and ASCII letters, Han and Kana runs) end likewise where their characters do.
/// </para>
/// <para>
/// <b>Symbols</b>: [space] (neither white nor L nor N)+, then line ends; o200k and Tekken allow '/' among the line ends, where it
/// comes after one. They end where these do; nothing is given back.
/// </para>
/// <para>
/// <b>White space</b>: with line ends in it, a run ends after the last of them, so each moves the cut, and all of it from the start is one piece
/// again. What is after the cut is one piece at the text's end (cl100k alone takes the whole run there, line ends or not), and when
/// something else comes, the last character goes to the next piece, as its prefix or alone. DeepSeek isolates numbers and CJK before it looks
/// for white space, so before these it is the text's end.
/// </para>
/// <para>
/// <b>Unmatched</b> (DeepSeek: controls, formats, unassigned): what lies between two matches is one piece. A letter or mark takes the last
/// character as its prefix.
/// </para>
/// Numbers go by one or three, contractions by two or three characters: these do not grow.
/// </remarks>
internal static class PieceGrowth
{
    private const byte Letter = CharClass.Letter;
    private const int AsciiWords = 2;

    // For each rule and kind the ASCII characters that a piece takes without anything else to it, a bit each.
    private static readonly ulong[] Plain = MakePlain();

    /// <summary>How many ASCII characters at a text's start a piece of this kind takes with nothing else to it: it grows, and is of the same kind.</summary>
    public static int PlainAscii(SplitRule rule, PieceKind kind, ReadOnlySpan<byte> text)
    {
        var plain = Plain.AsSpan(AsciiWords * (((int)rule * (int)PieceKind.Count) + (int)kind), AsciiWords);
        var (low, high) = (plain[0], plain[1]);
        var at = 0;
        while (at < text.Length && text[at] < 0x80 && (((text[at] < 64 ? low : high) >> text[at]) & 1) != 0)
            at++;
        return at;
    }

    /// <summary>What a piece is that begins with these characters, and goes on past them. Valid UTF-8.</summary>
    /// <param name="rule">How the text is cut.</param>
    /// <param name="text">The piece so far, and any text after it.</param>
    /// <param name="prefix">Bytes that belong to the piece and say nothing of how it grows.</param>
    public static PieceKind Begin(SplitRule rule, ReadOnlySpan<byte> text, out int prefix)
    {
        prefix = 0;
        var first = Of(rule, text, out var size, out var firstIsCjk);
        if (text.Length <= size)
            return PieceKind.None;
        var second = Of(rule, text[size..], out _, out var secondIsCjk);

        var byCase = rule is SplitRule.O200k or SplitRule.Tekken;
        var word = byCase ? PieceKind.Capitals : PieceKind.Letters;
        var inWord = rule == SplitRule.DeepSeekV3 || byCase ? Letter | CharClass.Mark : Letter;
        if (firstIsCjk)
            return PieceKind.Cjk;
        if ((first & inWord) != 0)
            return word;
        if ((first & CharClass.Number) != 0)
            return PieceKind.None;
        if ((first & CharClass.White) != 0 && (second & CharClass.White) != 0)
            return PieceKind.Blank;
        if ((first & CharClass.NewLine) != 0 || secondIsCjk)
            return PieceKind.None;
        if (rule == SplitRule.DeepSeekV3 && first == CharClass.Symbol)
        {
            if (text[0] < 0x80 && char.IsAsciiLetter((char)text[1]))
            {
                prefix = size;
                return PieceKind.AsciiLetters;
            }
            return (second & (CharClass.Symbol | CharClass.NewLine)) != 0 ? PieceKind.Symbols : PieceKind.None;
        }
        if ((second & inWord) != 0)
        {
            prefix = size;
            return word;
        }
        var kind = BeginSymbols(rule, text[0], first, second);
        // A space before symbols.
        if (kind == PieceKind.Symbols && (first & CharClass.Space) != 0)
            prefix = size;
        return kind;
    }

    /// <summary>What a character does to a piece of this kind, which it may change.</summary>
    public static Growth Next(SplitRule rule, ref PieceKind kind, int codePoint)
    {
        var type = CharClass.Of(codePoint);
        var cjk = rule == SplitRule.DeepSeekV3 && IsCjk(codePoint);
        switch (kind)
        {
            case PieceKind.Capitals:
                if ((type & CharClass.Upper) != 0)
                    return Growth.Grow;
                if ((type & (CharClass.Caseless | CharClass.Mark)) != 0)
                    return Growth.GrowAndCut;
                if ((type & CharClass.Lower) == 0)
                    return AfterWord(rule, codePoint);
                kind = PieceKind.Smalls;
                return Growth.GrowAndJoin;
            case PieceKind.Smalls:
                return (type & (CharClass.Lower | CharClass.Caseless | CharClass.Mark)) != 0 ? Growth.Grow : AfterWord(rule, codePoint);
            case PieceKind.Letters:
                var letters = rule == SplitRule.DeepSeekV3 ? Letter | CharClass.Mark : Letter;
                return (type & letters) != 0 && !cjk ? Growth.Grow : Growth.End;
            case PieceKind.AsciiLetters:
                return codePoint < 0x80 && char.IsAsciiLetter((char)codePoint) ? Growth.Grow : Growth.End;
            case PieceKind.Cjk:
                return cjk ? Growth.Grow : Growth.End;
            case PieceKind.Symbols:
                if ((type & CharClass.NewLine) != 0)
                    kind = PieceKind.LineEnds;
                else if (rule == SplitRule.DeepSeekV3 ? type != CharClass.Symbol : (type & (Letter | CharClass.Number | CharClass.White)) != 0)
                    return Growth.End;
                return Growth.Grow;
            case PieceKind.LineEnds:
                return (type & CharClass.NewLine) != 0 || (codePoint == '/' && rule is SplitRule.O200k or SplitRule.Tekken) ? Growth.Grow : Growth.End;
            case PieceKind.Blank:
                if ((type & CharClass.White) != 0)
                    return (type & CharClass.NewLine) != 0 ? Growth.GrowAndCut : Growth.Grow;
                return rule == SplitRule.DeepSeekV3 && (cjk || type == CharClass.Number) ? Growth.End : Growth.EndBefore;
            default:
                if (type == CharClass.Other)
                    return Growth.Grow;
                return (type & (Letter | CharClass.Mark)) != 0 && !cjk ? Growth.EndBefore : Growth.End;
        }
    }

    /// <summary>What a character does to an apostrophe, or an apostrophe and a letter, after a word: true and done, true and not yet, or false.</summary>
    /// <param name="letter">The letter after the apostrophe; zero if there is none yet.</param>
    /// <param name="codePoint">The character.</param>
    /// <param name="done">True when the contraction is whole.</param>
    public static bool TryContract(byte letter, int codePoint, out bool done)
    {
        // U+017F, the long s, is an s when case is set aside.
        var next = codePoint < 0x80 ? codePoint | 0x20 : codePoint == 0x17F ? 's' : 0;
        done = letter == 0 ? next is 's' or 't' or 'd' or 'm' : (letter | 0x20, next) is ('r', 'e') or ('v', 'e') or ('l', 'l');
        return done || (letter == 0 && next is 'r' or 'v' or 'l');
    }

    private static ulong[] MakePlain()
    {
        var plain = new ulong[AsciiWords * Enum.GetValues<SplitRule>().Length * (int)PieceKind.Count];
        for (var i = 0; i < plain.Length * 64; i++)
        {
            var (rule, kind) = ((SplitRule)(i / (128 * (int)PieceKind.Count)), (PieceKind)(i / 128 % (int)PieceKind.Count));
            var after = kind;
            if (kind != PieceKind.None && Next(rule, ref after, i & 127) == Growth.Grow && after == kind)
                plain[i / 64] |= 1UL << i;
        }
        return plain;
    }

    private static PieceKind BeginSymbols(SplitRule rule, byte lead, byte first, byte second)
    {
        if (rule == SplitRule.DeepSeekV3)
        {
            if ((first & CharClass.Space) != 0)
                return lead == ' ' && second == CharClass.Symbol ? PieceKind.Symbols : PieceKind.None;
            return second == CharClass.Other ? PieceKind.Unmatched : PieceKind.None;
        }
        var symbol = (second & (Letter | CharClass.Number | CharClass.White)) == 0;
        if ((first & CharClass.Space) != 0)
            return lead == ' ' && symbol ? PieceKind.Symbols : PieceKind.None;
        return symbol || (second & CharClass.NewLine) != 0 ? PieceKind.Symbols : PieceKind.None;
    }

    private static Growth AfterWord(SplitRule rule, int codePoint) =>
        codePoint == '\'' && rule == SplitRule.O200k ? Growth.Apostrophe : Growth.End;

    private static byte Of(SplitRule rule, ReadOnlySpan<byte> text, out int size, out bool cjk)
    {
        System.Text.Rune.DecodeFromUtf8(text, out var rune, out size);
        cjk = rule == SplitRule.DeepSeekV3 && IsCjk(rune.Value);
        return CharClass.Of(rune.Value);
    }

    private static bool IsCjk(int codePoint) => codePoint is (>= 0x4E00 and <= 0x9FA5) or (>= 0x3040 and <= 0x30FF);
}
