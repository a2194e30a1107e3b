using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// A piece that has grown too long to be held, and the pieces that it may fall into.
/// </summary>
/// <remarks>
/// Requirement: at every moment the text from the piece's start is one piece, or two parted by one cut that later characters may move or
/// join; <see cref="PieceGrowth"/> argues that this holds for each rule. So the tokens of the whole serve if the cut is joined, and those up
/// to the cut together with those of what is after the cut serve if it is not: <see cref="PieceTokens"/> has both. When the piece ends, its last character
/// may turn out to begin the next piece; so that character is kept. A started contraction (an apostrophe and one letter at most) is kept as
/// bytes as well.
/// </remarks>
internal struct LongPiece
{
    private readonly SplitRule _rule;
    private readonly ushort _room;
    private PieceKind _kind;
    private byte _contractionSize;
    private byte _leftoverSize;
    private uint _contraction;
    private uint _leftover;
    private PieceTokens _tokens;

    /// <summary>No piece yet; <paramref name="room"/> is how many bytes it may hold.</summary>
    public LongPiece(SplitRule rule, ushort room) => (_rule, _room) = (rule, room);

    /// <summary>True from <see cref="TryBegin"/> until the piece ends.</summary>
    public readonly bool IsOpen => _kind != PieceKind.None;

    /// <summary>When the piece has ended: tokens from its start, without <see cref="Leftover"/>.</summary>
    public long FinalCount { get; private set; }

    /// <summary>What may become a contraction, and is a piece of its own until it does.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Contraction => Bytes(in _contraction, _contractionSize);

    /// <summary>When the piece has ended: what was taken into it and belongs to the next.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Leftover => Bytes(in _leftover, _leftoverSize);

    // Where a piece of these kinds ends, its last character may belong to the next.
    private readonly bool IsLastApart => _kind is PieceKind.Blank or PieceKind.Unmatched;

    /// <summary>Tokens from the piece's start, as if nothing came after it; without <see cref="Contraction"/>.</summary>
    public long Count(Vocabulary vocabulary, Span<byte> memory)
    {
        var count = _tokens.Count(vocabulary, memory);
        return _tokens.Settled + count;
    }

    /// <summary>Not less than the tokens from the piece's start, now or after a replacement character (3 bytes) if one is to come.</summary>
    public readonly long UpperBound(Vocabulary vocabulary, Span<byte> memory, bool replacementToCome)
    {
        // The replacement would grow a piece of symbols, whose encoding may then be any.
        if (replacementToCome && _kind == PieceKind.Symbols)
            return _tokens.Settled + _tokens.BoundIfGrown(3);
        // White space would give its last character to it.
        return _tokens.Settled + _tokens.Bound(vocabulary, memory, replacementToCome && IsLastApart) + _contractionSize + (replacementToCome ? 3 : 0);
    }

    /// <summary>Begins with a piece that is not final, if it is of a kind that can grow without bound.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="memory">For what is held.</param>
    /// <param name="text">The piece so far and all text after it, outside the memory.</param>
    /// <param name="taken">Bytes taken into the piece; the others are to be taken one after the other.</param>
    public bool TryBegin(Vocabulary vocabulary, Span<byte> memory, ReadOnlySpan<byte> text, out int taken)
    {
        var kind = PieceGrowth.Begin(_rule, text, out taken);
        if (kind == PieceKind.None)
            return false;
        this = new LongPiece(_rule, _room) { _kind = kind, _tokens = new PieceTokens(_room) };
        _tokens.Append(vocabulary, memory, text[..taken], taken);
        return true;
    }

    /// <summary>Takes ASCII characters into the piece as long as it just grows, and tells how many.</summary>
    public int TakeAscii(Vocabulary vocabulary, Span<byte> memory, ReadOnlySpan<byte> text)
    {
        // A trail has to be asked for the count before each character that may not belong to the piece.
        if (_contractionSize != 0 || (_tokens.IsTrail && IsLastApart))
            return 0;
        var taken = PieceGrowth.PlainAscii(_rule, _kind, text);
        if (taken == 0)
            return 0;
        (_leftover, _leftoverSize) = (text[taken - 1], 1);
        _tokens.Append(vocabulary, memory, text[..taken], 1);
        return taken;
    }

    /// <summary>Takes a character into the piece, or ends it; a contraction does both. False if the character is not taken.</summary>
    public bool TryTake(Vocabulary vocabulary, Span<byte> memory, int codePoint, ReadOnlySpan<byte> utf8)
    {
        if (_contractionSize != 0)
            return TryContract(vocabulary, memory, codePoint, utf8);
        var growth = PieceGrowth.Next(_rule, ref _kind, codePoint);
        switch (growth)
        {
            case Growth.Apostrophe:
                _tokens.Settle(vocabulary, memory);
                (_contraction, _contractionSize) = ('\'', 1);
                return true;
            case Growth.EndBefore when _tokens.EndsInText:
                End(_tokens.CountBefore(vocabulary, memory));
                return false;
            case Growth.End or Growth.EndBefore:
                _leftoverSize = 0;
                End(_tokens.Count(vocabulary, memory));
                return false;
        }
        (_leftover, _leftoverSize) = (Utf8Text.Pack(utf8), (byte)utf8.Length);
        _tokens.Append(vocabulary, memory, utf8, utf8.Length);
        if (growth == Growth.GrowAndCut)
            _tokens.Cut(vocabulary, memory);
        else if (growth == Growth.GrowAndJoin)
            _tokens.Join();
        return true;
    }

    private bool TryContract(Vocabulary vocabulary, Span<byte> memory, int codePoint, ReadOnlySpan<byte> utf8)
    {
        var taken = PieceGrowth.TryContract(_contractionSize == 1 ? (byte)0 : (byte)(_contraction >> 8), codePoint, out var done);
        if (taken && !done)
        {
            _contraction |= (uint)utf8[0] << 8;
            _contractionSize = 2;
            return true;
        }
        if (taken)
        {
            _tokens.Append(vocabulary, memory, Contraction, 1);
            _tokens.Append(vocabulary, memory, utf8, utf8.Length);
        }
        (_leftover, _leftoverSize) = (_contraction, taken ? (byte)0 : _contractionSize);
        End(_tokens.Count(vocabulary, memory));
        return taken;
    }

    private void End(long count)
    {
        FinalCount = _tokens.Settled + count;
        (_kind, _contractionSize) = (PieceKind.None, 0);
    }

    private static ReadOnlySpan<byte> Bytes(in uint packed, int size) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in packed, 1))[..size];
}
