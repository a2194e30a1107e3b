using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// The number of tokens of a text that grows by a byte at a time, in memory that does not grow: for each of the last positions, the last token
/// of the encoding of the text up to there, and how many tokens that encoding has.
/// </summary>
/// <remarks>
/// Requirement: the tokens offered to <see cref="Step"/> are all that end there and that byte pair encoding can make.
/// <para>
/// Why it is exact. An encoding is a row of tokens in which each two neighbours are <em>compatible</em> (the encoding of their bytes together
/// is these two); and such a row is unique for a text, since nothing but neighbours decides a merge. Take away its last token t: what is left
/// is a row of compatible neighbours too, so it is the encoding of the text that ends where t starts. Hence the last token at a position is
/// the one token t that ends there, and is compatible with the last token where it starts (or starts with the text); and the count is one
/// more than the count there. At most as many positions back are needed as the longest token has bytes.
/// </para>
/// <para>
/// Why the ring keeps counts modulo 2^26. Where two encodings of prefixes share a boundary, they are the same before it. A later byte changes
/// a token to the left only by a merge that comes before those of that token, and that one the next to its left only if it comes earlier in turn: the change
/// travels over at most as many tokens as there are merges, below 2^22. So counts a token apart differ by less than 2^25.
/// </para>
/// </remarks>
internal unsafe struct PrefixTrail
{
    /// <summary>Bytes of memory for each position of the ring: 22 bits for a token, 26 for a count.</summary>
    public const int BytesPerPosition = sizeof(uint) + sizeof(ushort);

    private const int TokenBits = 22;
    private const uint TokenMask = (1u << TokenBits) - 1;
    private const int CountBits = 26;
    private const int WordBits = 32;

    private int _slot;
    private int _lastLength;

    /// <summary>Tokens of the text so far, by byte pair encoding.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of the text so far, up to one more than the longest token has.</summary>
    public int Length { get; private set; }

    /// <summary>Begins again with an empty text.</summary>
    public void Clear() => this = default;

    /// <summary>Adds a byte.</summary>
    /// <param name="tables">The tokens.</param>
    /// <param name="ring"><see cref="BytesPerPosition"/> bytes for each byte of the longest token.</param>
    /// <param name="value">The byte.</param>
    /// <param name="found">The tokens that end with this byte, shortest first; they may be longer than the text.</param>
    public void Step(VocabularyTables tables, byte* ring, byte value, ReadOnlySpan<TokenSpan> found)
    {
        var before = Length == 0 ? 0 : Last(tables, ring);
        for (var at = found.Length - 1; at >= 0; at--)
        {
            if (!TryStep(tables, ring, found[at]))
                continue;
            PairMemo.NextLength(tables, before, value) = (byte)_lastLength;
            return;
        }
        throw new InvalidOperationException("The vocabulary has no token for a byte.");
    }

    /// <summary>
    /// Adds a byte if the last token then is the one that followed the same token and byte the last time, or else the present one grown by
    /// the byte: in a piece that grows without bound it mostly is. A guess is only where to look first: whatever passes is the one.
    /// </summary>
    /// <param name="tables">The tokens.</param>
    /// <param name="ring">As for <see cref="Step"/>.</param>
    /// <param name="end">The end of the text with the byte, which is all there as far back as the longest token reaches.</param>
    public bool TryGuess(VocabularyTables tables, byte* ring, byte* end)
    {
        // A token that no merge makes is compatible with none, but would pass for the whole text.
        if (Length == 0)
            return false;
        int guess = PairMemo.NextLength(tables, Last(tables, ring), end[-1]);
        var length = guess != 0 ? guess : _lastLength + 1;
        return length <= Math.Min(Length, tables.TokenBytesMax)
            && tables.TryFind(end - length, length, out var token)
            && TryStep(tables, ring, new TokenSpan(token, length));
    }

    /// <summary>The last token and the one before it: in a run, tokens of the same length stand in more than one place of what repeats.</summary>
    private readonly ulong Last(VocabularyTables tables, byte* ring)
    {
        var words = (uint*)ring;
        var at = _slot - 1;
        at += (at >> 31) & tables.TokenBytesMax;
        var before = at - _lastLength;
        before += (before >> 31) & tables.TokenBytesMax;
        return ((ulong)(words[before] & TokenMask) << TokenBits) | (words[at] & TokenMask);
    }

    /// <summary>Adds a byte if a token is the last of the encoding then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryStep(VocabularyTables tables, byte* ring, TokenSpan token)
    {
        var size = tables.TokenBytesMax;
        var words = (uint*)ring;
        var halves = (ushort*)(words + size);
        var length = token.Length;
        var count = 1u;
        if (length > Length)
        {
            // More than the text, unless it is just the text.
            if (length > Length + 1)
                return false;
        }
        else
        {
            var from = _slot - length;
            from += (from >> 31) & size;
            var left = words[from];
            if (!PairMemo.Compatible(tables, left & TokenMask, token.Token))
                return false;
            count += (left >> TokenBits) | ((uint)halves[from] << (WordBits - TokenBits));
        }
        // The length matters only as far as a token reaches.
        if (Length <= size)
            Length++;
        _lastLength = length;
        words[_slot] = token.Token | (count << TokenBits);
        halves[_slot] = (ushort)(count >> (WordBits - TokenBits));
        if (++_slot == size)
            _slot = 0;
        // The difference of neighbours modulo 2^26 is their difference.
        Count += (int)((count - (uint)Count) << (WordBits - CountBits)) >> (WordBits - CountBits);
        return true;
    }
}
