using System.Runtime.InteropServices;

namespace AiEdge.Tokenization.Splitting;

/// <summary>Cuts valid UTF-8 into the pieces of a split rule, one after the other: together they are the text.</summary>
internal ref struct PieceScanner
{
    private readonly SplitRule _rule;
    private readonly ref byte _text;
    private readonly nint _length;
    private nint _at;

    public PieceScanner(SplitRule rule, ReadOnlySpan<byte> text)
    {
        _rule = rule;
        _text = ref MemoryMarshal.GetReference(text);
        _length = text.Length;
    }

    /// <summary>The next piece, or false at the end of the text.</summary>
    /// <param name="start">Where it starts, in bytes.</param>
    /// <param name="length">How long it is, in bytes.</param>
    /// <param name="final">No text appended behind the end can change this piece, because its scan did not look there.</param>
    public bool TryNext(out int start, out int length, out bool final)
    {
        start = (int)_at;
        if (_at >= _length)
        {
            (length, final) = (0, true);
            return false;
        }
        _at = Next(_rule, ref _text, _at, _length, out final);
        length = (int)_at - start;
        return true;
    }

    /// <summary>The end of the piece of <paramref name="text"/> that starts at <paramref name="start"/>.</summary>
    public static int Next(SplitRule rule, ReadOnlySpan<byte> text, int start, out bool final) =>
        (int)Next(rule, ref MemoryMarshal.GetReference(text), start, text.Length, out final);

    private static nint Next(SplitRule rule, ref byte text, nint at, nint length, out bool final) => rule switch
    {
        SplitRule.O200k => WordScanner<O200kRule>.Next(ref text, at, length, out final),
        SplitRule.Cl100k or SplitRule.Llama3 => WordScanner<Cl100kRule>.Next(ref text, at, length, out final),
        SplitRule.Qwen2 => WordScanner<Qwen2Rule>.Next(ref text, at, length, out final),
        SplitRule.Tekken => WordScanner<TekkenRule>.Next(ref text, at, length, out final),
        SplitRule.DeepSeekV3 => DeepSeekScanner.Next(ref text, at, length, out final),
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "no such split rule"),
    };
}
