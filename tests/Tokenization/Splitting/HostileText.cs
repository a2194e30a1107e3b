using System.Text;

namespace AiEdge.Tokenization.Tests.Splitting;

/// <summary>Random text of what split rules stumble over: every class, at every width of UTF-8, in runs and one by one.</summary>
internal sealed class HostileText(int seed)
{
    /// <summary>Class by class; the last of a row may be astral, and then the one before it is of the same class in the BMP.</summary>
    public static readonly string[] Alphabet =
    [
        "a", "b", "e", "s", "t", "r", "v", "l", "d", "m", "z", "é", "ß", "ſ", "я", "ա", "ꭓ", "𝐚",
        "A", "B", "S", "T", "R", "V", "L", "E", "É", "Я", "ǅ", "Ω", "Ａ", "𝐀",
        "日", "本", "ª", "ב", "ㄅ", "ー", "ʰ", "龥", "龦", "𠀀",
        "\u0301", "\u0300", "\u0903", "\u20DD", "\u3099", "\U000E0101",
        "0", "1", "9", "٣", "²", "Ⅷ", "〇", "𝟗",
        " ", " ", " ", "\t", "\v", "\u0085", "\u00A0", "\u2003", "\u3000", "\u2028",
        "\n", "\n", "\r",
        "'", "'", "!", "/", "/", "-", "$", "_", "(", "\"", "«", "—", "。", "・", "゠", "゛", "€", "😀", "🏻",
        "\0", "\u3040", "\u001C", "\u200B", "\uFEFF", "\u00AD", "\uE000", "\u180E", "\U000E0001", "\u07FF", "\uFFFF",
    ];

    private static readonly string[] Phrases =
        ["'s", "'LL", "'re", "'Ve", "'ſ", "'l", "don't", " I'm", "//\n//", "\r\n", "  ", "   \n", "日本AB", "ABc", " Hello", "xml", "1234", "\u0301AB", "...", "==="];

    private readonly Random _random = new(seed);

    /// <summary>At most so many draws; some of them are runs or phrases.</summary>
    public string Next(int drawsMax)
    {
        var text = new StringBuilder();
        // A few texts of few letters reach deeper than many of all.
        var narrow = _random.Next(3) == 0 ? Enumerable.Range(0, 1 + _random.Next(5)).Select(_ => Draw()).ToArray() : null;
        for (var i = _random.Next(drawsMax + 1); i > 0; i--)
        {
            var next = narrow is null ? Draw() : narrow[_random.Next(narrow.Length)];
            var times = _random.Next(12) == 0 ? _random.Next(1, 40) : 1;
            for (; times > 0; times--)
                text.Append(next);
        }
        return text.ToString();
    }

    private string Draw() => _random.Next(6) switch
    {
        0 => Phrases[_random.Next(Phrases.Length)],
        1 or 2 => ((char)_random.Next(0x20, 0x7F)).ToString(),
        _ => Alphabet[_random.Next(Alphabet.Length)],
    };
}
