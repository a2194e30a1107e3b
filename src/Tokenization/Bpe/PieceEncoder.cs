using System.Buffers;
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

    /// <summary>How many tokens a piece has.</summary>
    public int Count(ReadOnlySpan<byte> piece)
    {
        fixed (byte* start = piece)
            return Count(start, piece.Length);
    }

    /// <summary>How many tokens a piece has; its bytes stay where they are meanwhile. Nothing outside their pages is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Count(byte* piece, int length) => _tables.Contains(piece, length) ? 1 : CountMerged(piece, length);

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
            var count = piece.Length <= MergeSearch.RingBits ? SearchShort(start, piece.Length, stack) : SearchLong(start, piece.Length, stack);
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
        if (length <= 1)
            return length;
        int count;
        if (length <= PieceKey.MiddleBytesMax)
        {
            ref var place = ref PieceCache.Of(_number).Find(piece, length, out var first, out var rest);
            if (!PieceCache.TryGet(ref place, first, rest, out count))
            {
                count = CountBySearch(piece, length);
                PieceCache.Put(ref place, first, rest, count);
            }
        }
        else if (!ByteRuns.IsRun(piece, length) || !_runs.TryCount(piece[0], length, out count))
        {
            count = CountBySearch(piece, length);
            if (count < 0)
                count = checked((int)new SuffixCounter(_tables).Count(piece, length));
        }

        GC.KeepAlive(this);
        return count;
    }

    [SkipLocalsInit]
    private int CountBySearch(byte* piece, int length)
    {
        var stack = stackalloc TokenSpan[MergeSearch.RingTokens];
        var dead = stackalloc ulong[MergeSearch.RingBits / 64];
        new Span<ulong>(dead, Math.Min(MergeSearch.RingBits / 64, (length / 64) + 1)).Clear();
        return new MergeSearch(_tables, _runs, stack, MergeSearch.RingTokens - 1, dead, MergeSearch.RingBits - 1).Run(piece, length);
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
