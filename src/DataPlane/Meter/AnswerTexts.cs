using AiEdge.Tokenization.Estimation;
using AiEdge.Tokenization.Json;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// The texts of an unstreamed answer, kept until it is known whether it brings its usage, which stands behind them. Bounded by
/// <see cref="BytesMax"/>; of what comes behind that the bytes are known alone.
/// </summary>
internal sealed class AnswerTexts
{
    /// <summary>Bytes of text that are kept of one answer.</summary>
    public const int BytesMax = 256 * 1024;

    // No JSON string holds a raw NUL.
    private const byte Separator = 0;

    private readonly DraftText _kept = new();
    private long _folded;

    /// <summary>Whether not all of the texts were kept.</summary>
    public bool IsFolded => _folded > 0;

    public void Reset()
    {
        _kept.Reset();
        _folded = 0;
    }

    public void Append(ReadOnlySpan<byte> raw)
    {
        if (_kept.Length + raw.Length >= BytesMax)
            _folded += raw.Length;
        else
            _kept.Append(raw);
    }

    public void EndText()
    {
        if (_kept.Length < BytesMax)
            _kept.Append([Separator]);
    }

    /// <summary>Counts them, and what an estimator wants to know besides.</summary>
    public TokenFeatures Count(JsonTokenizer tokenizer)
    {
        long tokens = PromptEstimates.OfBytes(_folded);
        ReadOnlySpan<byte> rest = _kept.Bytes;
        ByteClasses classes = ByteClasses.Of(rest);
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf(Separator);
            tokens += tokenizer.CountText(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return new TokenFeatures(tokens, classes, 0, 0);
    }
}
