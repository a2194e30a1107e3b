using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Fuzz;

/// <summary>
/// Text for the tokenizer: counted whole, in segments, encoded, added bit by bit with a recount after each part, and the plain way
/// of one piece after the other, both encodings must be of one mind.
/// </summary>
internal sealed class TokenTarget : FuzzTarget
{
    // A recount after each append takes time by the square of the length.
    private const int RecountBytesMax = 600;

    private readonly Lazy<TokenProbe[]> _probes = new(() => [new(Vocabulary.O200kBase), new(Vocabulary.Cl100kBase)]);

    public override string Name => "tokens";

    // As bytes: what a split decides by, in all its lengths.
    public override IReadOnlyList<string> Dictionary { get; } =
    [
        " ", "  ", "\n", "\r\n", "\r", "\t", "'s", "'LL", "'\u00C5\u00BF", "\u00CC\u0081", "\u00E6\u0097\u00A5\u00E6\u009C\u00AC", "AB", "ABc", "\u00C7\u0085", "\u00CA\u00B0",
        "\u00F0\u009D\u0090\u0080", "\u00F0\u009F\u0098\u0080", "\u00E2\u0080\u008D", "\u00EF\u00BB\u00BF", "\u00C2\u0085", "\u00C2\u00A0", "\u00E3\u0080\u0080", "\u00E1\u00A0\u008E",
        "123", "\u00D9\u00A3", "/", "//\n", "...", "--------", "================================", "                                  ", "\u00ED\u00A0\u0080", "\u00F0\u009F\u0098", "\u00E6\u0097",
    ];

    public override string? Check(byte[] input, Random random)
    {
        foreach (var probe in _probes.Value)
        {
            if ((probe.PlainDisagreement(input) ?? probe.Disagreement(input, random, input.Length <= RecountBytesMax)) is { } reason)
                return $"{probe.Name}: {reason}";
        }

        return null;
    }
}
