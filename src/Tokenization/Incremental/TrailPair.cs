using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Bpe;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// Two texts that end alike and grow by the same bytes, each as a trail of last tokens: what is needed of a text that has no settled beginning. The
/// bytes are not held, apart from as many as the longest token has.
/// </summary>
internal unsafe struct TrailPair
{
    // The memory: the last bytes twice over, so that they always lie in a row, and the two rings.
    private const int BytesPerTokenByte = 2 + (2 * PrefixTrail.BytesPerPosition);

    private PrefixTrail _whole;
    private PrefixTrail _rest;
    private ushort _at;
    private bool _isSwapped;

    /// <summary>Bytes of memory that the trails need.</summary>
    public static int MemoryBytes(Vocabulary vocabulary) => vocabulary.TokenBytesMax * BytesPerTokenByte;

    /// <summary>Begins with two texts, of which the shorter one is an end of the other, outside the memory; either may be empty.</summary>
    public void Begin(VocabularyTables tables, Span<byte> memory, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> rest)
    {
        this = default;
        fixed (byte* to = memory)
        {
            Feed(ref _whole, tables, to + (2 * tables.TokenBytesMax), whole);
            Feed(ref _rest, tables, Second(tables, to), rest);
        }
        foreach (var value in whole.Length >= rest.Length ? whole : rest)
            Put(memory, tables.TokenBytesMax, value);
    }

    /// <summary>Begins with two runs of one byte; the second may be empty.</summary>
    public void BeginRuns(VocabularyTables tables, Span<byte> memory, ByteRuns runs, byte value, long whole, long rest)
    {
        this = default;
        memory[..(2 * tables.TokenBytesMax)].Fill(value);
        fixed (byte* to = memory)
        {
            _whole.BeginRun(tables, to + (2 * tables.TokenBytesMax), runs, value, whole);
            if (rest != 0)
                _rest.BeginRun(tables, Second(tables, to), runs, value, rest);
        }
    }

    /// <summary>The second text is empty from here on.</summary>
    public void ClearRest() => _rest.Clear();

    /// <summary>The second text takes the place of the first, which is forgotten.</summary>
    public void TakeRest()
    {
        (_whole, _rest) = (_rest, _whole);
        _isSwapped = !_isSwapped;
    }

    /// <summary>Tokens of a text as a piece that ends here: one if it is a token, even one that no merge makes.</summary>
    /// <param name="tables">The tokens.</param>
    /// <param name="memory">As ever.</param>
    /// <param name="isRest">Which one.</param>
    /// <param name="bytes">How long the piece is; what came before the trail began is counted elsewhere, and makes it longer than any token.</param>
    public readonly long Count(VocabularyTables tables, Span<byte> memory, bool isRest, long bytes)
    {
        var count = isRest ? _rest.Count : _whole.Count;
        var size = tables.TokenBytesMax;
        if (bytes == 0 || bytes > size)
            return count;
        fixed (byte* text = memory)
            return tables.Contains(text + _at + size - bytes, (int)bytes) ? 1 : count;
    }

    /// <summary>Adds bytes to the first text, and to the second if there is one.</summary>
    [SkipLocalsInit]
    public void Step(VocabularyTables tables, Span<byte> memory, ReadOnlySpan<byte> utf8, bool hasRest)
    {
        var size = tables.TokenBytesMax;
        var found = stackalloc TokenSpan[VocabularyLayout.TokenBytesMax];
        fixed (byte* text = memory)
        {
            var first = text + (2 * size);
            var second = Second(tables, text);
            var whole = _isSwapped ? second : first;
            var rest = _isSwapped ? first : second;
            foreach (var value in utf8)
            {
                var end = text + _at + size + 1;
                Put(memory, size, value);
                var isWholeDone = _whole.TryRecall(tables, whole, end);
                var isRestDone = !hasRest || _rest.TryRecall(tables, rest, end);
                if (isWholeDone && isRestDone)
                    continue;
                var length = Math.Min(Math.Max(_whole.Length, _rest.Length) + 1, size);
                var tokens = new ReadOnlySpan<TokenSpan>(found, tables.Backward.Suffixes(end, length, tables, found));
                if (!isWholeDone)
                    _whole.Step(tables, whole, value, tokens);
                if (!isRestDone)
                    _rest.Step(tables, rest, value, tokens);
            }
        }
    }

    [SkipLocalsInit]
    private static void Feed(ref PrefixTrail trail, VocabularyTables tables, byte* ring, ReadOnlySpan<byte> text)
    {
        var found = stackalloc TokenSpan[VocabularyLayout.TokenBytesMax];
        fixed (byte* start = text)
        {
            for (var length = 1; length <= text.Length; length++)
            {
                var count = tables.Backward.Suffixes(start + length, Math.Min(length, tables.TokenBytesMax), tables, found);
                trail.Step(tables, ring, text[length - 1], new ReadOnlySpan<TokenSpan>(found, count));
            }
        }
    }

    private static byte* Second(VocabularyTables tables, byte* memory) => memory + (tables.TokenBytesMax * (2 + PrefixTrail.BytesPerPosition));

    private void Put(Span<byte> memory, int size, byte value)
    {
        memory[_at] = memory[_at + size] = value;
        if (++_at == size)
            _at = 0;
    }
}
