using System.Buffers;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Counts and encodes pieces of text, each by itself: a piece that is a token is that token, any other is merged from its bytes. Shared by all threads;
/// nothing is allocated once a thread has counted its first piece that is no token.
/// </summary>
internal sealed unsafe class PieceEncoder(VocabularyTables tables)
{
    private static int _encoders;

    private readonly VocabularyTables _tables = tables;
    private readonly ByteRuns _runs = new(tables);
    private readonly int _number = Interlocked.Increment(ref _encoders);

    /// <summary>What is known of runs.</summary>
    public ByteRuns Runs => _runs;

    /// <summary>How many tokens a piece has.</summary>
    public int Count(ReadOnlySpan<byte> piece)
    {
        fixed (byte* start = piece)
            return Count(start, piece.Length);
    }

    /// <summary>How many tokens a piece has; its bytes stay where they are meanwhile. Nothing outside their pages is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Count(byte* piece, int length) => _tables.Contains(piece, length) ? 1 : CountMerged(piece, length);

    /// <summary>How many tokens merges make of a text, which is no piece; not empty.</summary>
    public int CountMerges(ReadOnlySpan<byte> text)
    {
        fixed (byte* start = text)
        {
            var count = text.Length <= 1 ? text.Length : CountLong(start, text.Length);
            GC.KeepAlive(this);
            return count;
        }
    }

    /// <summary>
    /// How much of a text is encoded as it is by itself and stays so whatever follows, and can be left away with what is after it still encoded the
    /// same; false if none of it, or not as far as is known.
    /// </summary>
    /// <remarks>
    /// Encodings of two texts, one after the other, are the encoding of both together if the last token of the first and the first token of the
    /// second are compatible. The second text here is all that comes after a boundary, now or later; it begins with one of the tokens that begin
    /// there, and these are known if the walk to find them did not reach the end. So if the token before the boundary is compatible with each of
    /// them, the boundary stays. That token is not left away, for it is what says how the text goes on.
    /// </remarks>
    /// <param name="text">The text, of at most <see cref="MergeSearch.RingTokens"/> bytes.</param>
    /// <param name="end">The boundary is not beyond this: so what is said holds even for a text that ends here or further on.</param>
    /// <param name="bytes">How much can be left away.</param>
    /// <param name="tokens">How many tokens it has.</param>
    /// <param name="all">How many tokens merges make of the whole text.</param>
    [SkipLocalsInit]
    public bool TrySettle(ReadOnlySpan<byte> text, int end, out int bytes, out int tokens, out int all)
    {
        Debug.Assert(text.Length <= MergeSearch.RingTokens, "All tokens are on the stack.");
        var row = stackalloc TokenSpan[MergeSearch.RingTokens];
        var found = stackalloc TokenSpan[VocabularyLayout.TokenBytesMax + 1];
        fixed (byte* start = text)
        {
            var boundary = text.Length;
            all = Search(start, text.Length, row);
            for (var at = all - 1; at > 1; at--)
            {
                boundary -= row[at].Length;
                if (boundary > end || !StaysBefore(row[at - 1].Token, start + boundary, text.Length - boundary, found))
                    continue;
                (bytes, tokens) = (boundary - row[at - 1].Length, at - 1);
                GC.KeepAlive(this);
                return true;
            }
        }

        (bytes, tokens) = (0, 0);
        return false;
    }

    /// <summary>Writes the ids of a piece's tokens and tells how many.</summary>
    /// <exception cref="ArgumentException">There is no room for one token per byte.</exception>
    public int Encode(ReadOnlySpan<byte> piece, Span<int> into)
    {
        if (into.Length < piece.Length)
            throw new ArgumentException("A piece has up to one token per byte.", nameof(into));
        if (piece.Length == 0)
            return 0;
        fixed (byte* start = piece)
        fixed (int* tokens = into)
        {
            if (_tables.TryFind(start, piece.Length, out var token))
            {
                tokens[0] = _tables.Id(token);
                return 1;
            }

            // The output is the stack, as far as it goes.
            var stack = (TokenSpan*)tokens;
            if (!TrySearchWindows(start, piece.Length, stack, int.MaxValue, out var count))
                count = piece.Length <= MergeSearch.RingBits ? SearchShort(start, piece.Length, stack) : SearchLong(start, piece.Length, stack);
            if (count < 0)
                throw new InvalidOperationException("The vocabulary has no row of tokens for a piece.");
            for (var i = 0; i < count; i++)
                tokens[i] = _tables.Id(stack[i].Token);
            GC.KeepAlive(this);
            return count;
        }
    }

    /// <summary>Counts a piece that is no token by itself.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int CountMerged(byte* piece, int length)
    {
        // Not even these two are one token, and of three bytes at most two are.
        if (length <= 2)
            return length;
        int count;
        if (length == 3)
        {
            count = _tables.Forward.Pair(piece[0], piece[1]) == uint.MaxValue && _tables.Forward.Pair(piece[1], piece[2]) == uint.MaxValue ? 3 : 2;
        }
        else if (length <= PieceKey.MiddleBytesMax)
        {
            ref var place = ref PieceCache.Of(_number).Find(piece, length, out var first, out var rest);
            if (!PieceCache.TryGet(ref place, first, rest, out count))
            {
                count = CountBySearch(piece, length);
                PieceCache.Put(ref place, first, rest, count);
            }
        }
        else
        {
            count = CountLong(piece, length);
        }

        GC.KeepAlive(this);
        return count;
    }

    private int CountLong(byte* piece, int length)
    {
        if (ByteRuns.IsRun(piece, length) && _runs.TryCount(piece[0], length, out var tokens))
            return (int)tokens;
        var count = CountBySearch(piece, length);
        return count >= 0 ? count : checked((int)new SuffixCounter(_tables).Count(piece, length));
    }

    /// <summary>Whether a token is compatible with all tokens that a text begins with; false if the text ends too soon to tell.</summary>
    private bool StaysBefore(uint left, byte* text, int length, TokenSpan* found)
    {
        var count = _tables.Forward.TryPrefixes(text, length, _tables, found);
        for (var i = 0; i < count; i++)
        {
            if (!_tables.Compatible(left, found[i].Token))
                return false;
        }

        return count > 0;
    }

    [SkipLocalsInit]
    private int CountBySearch(byte* piece, int length)
    {
        if (length <= WindowMerge.BytesMax && WindowSearch.Suits(piece, length))
        {
            var tokens = stackalloc uint[WindowMerge.BytesMax];
            return BitOperations.PopCount(WindowMerge.Run(_tables, piece, length, tokens));
        }

        return CountBySteps(piece, length);
    }

    [SkipLocalsInit]
    private int CountBySteps(byte* piece, int length)
    {
        var stack = stackalloc TokenSpan[MergeSearch.RingTokens];
        return Search(piece, length, stack);
    }

    [SkipLocalsInit]
    private int Search(byte* piece, int length, TokenSpan* stack)
    {
        if (TrySearchWindows(piece, length, stack, MergeSearch.RingTokens - 1, out var count))
            return count;
        var dead = stackalloc ulong[MergeSearch.RingBits / 64];
        new Span<ulong>(dead, Math.Min(MergeSearch.RingBits / 64, (length / 64) + 1)).Clear();
        return new MergeSearch(_tables, _runs, stack, MergeSearch.RingTokens - 1, dead, MergeSearch.RingBits - 1).Run(piece, length);
    }

    private bool TrySearchWindows(byte* piece, int length, TokenSpan* stack, int stackMask, out int count)
    {
        count = WindowSearch.Suits(piece, length) ? new WindowSearch(_tables, stack, stackMask).Run(piece, length) : -1;
        return count >= 0;
    }

    [SkipLocalsInit]
    private int SearchShort(byte* piece, int length, TokenSpan* stack)
    {
        // One bit per position that leads nowhere.
        var dead = stackalloc ulong[(MergeSearch.RingBits / 64) + 1];
        new Span<ulong>(dead, (length / 64) + 1).Clear();
        return new MergeSearch(_tables, _runs, stack, int.MaxValue, dead, int.MaxValue).Run(piece, length);
    }

    private int SearchLong(byte* piece, int length, TokenSpan* stack)
    {
        var dead = ArrayPool<ulong>.Shared.Rent((length / 64) + 1);
        Array.Clear(dead);
        int count;
        fixed (ulong* bits = dead)
            count = new MergeSearch(_tables, _runs, stack, int.MaxValue, bits, int.MaxValue).Run(piece, length);
        ArrayPool<ulong>.Shared.Return(dead);
        return count;
    }
}
