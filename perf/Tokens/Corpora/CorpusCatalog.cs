using AiEdge.Tokenization.Tests.Oracle;

namespace AiEdge.Tokens.Corpora;

/// <summary>All corpora that are measured.</summary>
internal static class CorpusCatalog
{
    /// <summary>Text as prompts have it: what fits a message or a file.</summary>
    private const int TextBytes = 16 * 1024;

    /// <summary>One piece without end: short enough for rivals whose time grows by the square.</summary>
    private const int PieceBytes = 4 * 1024;

    public static IReadOnlyList<NamedCorpus> All { get; } = Make(OracleProcess.Root());

    private static NamedCorpus[] Make(string root)
    {
        var english = new EnglishText(EnglishText.Prose(root));
        string corpora = Path.Combine(root, "tests", "Tokenization", "Golden", "corpora");
        return
        [
            new("English", english, TextBytes, 24),
            new("code", new LineText(RepositoryFiles.Of(root, ".cs"), 10, 60), TextBytes, 24),
            new("JSON", new JsonText(english), TextBytes, 24),
            new("Chinese", new ChineseText(), TextBytes, 24),
            new("mixed", new LineText(Directory.GetFiles(corpora).Order(StringComparer.Ordinal), 1, 2), TextBytes, 24),
            new("base64", new Base64Text(), PieceBytes, 24),
            new("letters", new LetterText(), PieceBytes, 24),
            new("long words", new LongWordText(english), PieceBytes, 24),
            .. ((byte[])[.. " \na=-0/*\t"u8]).Select(b => new NamedCorpus($"run of {Name(b)}", new RunText(b), PieceBytes, 24)),
        ];
    }

    private static string Name(byte value) => value switch
    {
        (byte)' ' => "spaces",
        (byte)'\n' => "line ends",
        (byte)'\t' => "tabs",
        _ => $"`{(char)value}`",
    };
}
