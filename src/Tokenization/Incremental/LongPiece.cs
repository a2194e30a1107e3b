using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// A piece that has grown too long to be held, and the pieces that it may fall into: instead of its bytes, two trails of tokens.
/// </summary>
/// <remarks>
/// Requirement: at every moment the text from the piece's start is one piece, or two parted by one cut that later characters may move or
/// join; <see cref="PieceGrowth"/> argues that this holds for each rule. So the trail of the whole serves if the cut is joined, and its count
/// at the cut together with the trail of what is after the cut serves if it is not. When the piece ends, its last character may turn out to
/// begin the next piece; so the count before that character is kept, and the character itself. A started contraction (an apostrophe and one
/// letter at most) is kept as bytes as well.
/// </remarks>
internal unsafe struct LongPiece
{
    // The memory: the last bytes twice over, so that they always lie in a row, and the two rings.
    private const int BytesPerTokenByte = 2 + (2 * PrefixTrail.BytesPerPosition);

    private readonly SplitRule _rule;
    private PrefixTrail _whole;
    private PrefixTrail _rest;
    private PieceKind _kind;
    private bool _isCut;
    private byte _contractionSize;
    private byte _leftoverSize;
    private uint _contraction;
    private uint _leftover;
    private bool _isSwapped;
    private int _at;
    private long _bytes;
    private long _settled;
    private long _cutCount;
    private long _countBefore;

    /// <summary>No piece yet.</summary>
    public LongPiece(SplitRule rule) => _rule = rule;

    /// <summary>True from <see cref="TryBegin"/> until the piece ends.</summary>
    public readonly bool IsOpen => _kind != PieceKind.None;

    /// <summary>When the piece has ended: tokens from its start, without <see cref="Leftover"/>.</summary>
    public readonly long FinalCount => _settled;

    /// <summary>What may become a contraction, and is a piece of its own until it does.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Contraction => Bytes(in _contraction, _contractionSize);

    /// <summary>When the piece has ended: what was taken into it and belongs to the next.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Leftover => Bytes(in _leftover, _leftoverSize);

    /// <summary>Bytes of memory that the trails need.</summary>
    public static int MemoryBytes(Vocabulary vocabulary) => vocabulary.TokenBytesMax * BytesPerTokenByte;

    /// <summary>Tokens from the piece's start, as if nothing came after it; without <see cref="Contraction"/>.</summary>
    public readonly long Count(Vocabulary vocabulary, Span<byte> memory) => _settled + Unsettled(vocabulary, memory);

    /// <summary>Not less than the tokens from the piece's start, now or after a replacement character (3 bytes) if one is to come.</summary>
    public readonly long UpperBound(Vocabulary vocabulary, Span<byte> memory, bool replacementToCome)
    {
        // The replacement would grow a piece of symbols, whose encoding may then be any.
        if (replacementToCome && _kind == PieceKind.Symbols)
            return _bytes + 3;
        var count = Count(vocabulary, memory);
        if (!replacementToCome)
            return count + _contractionSize;
        // White space would give its last character to it.
        return Math.Max(count, _settled + _countBefore + _leftoverSize) + _contractionSize + 3;
    }

    /// <summary>Begins with a piece that is not final, if it is of a kind that can grow without bound.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="memory">For the trails.</param>
    /// <param name="text">The piece so far and all text after it, outside the memory.</param>
    /// <param name="taken">Bytes taken into the piece; the others are to be taken one after the other.</param>
    public bool TryBegin(Vocabulary vocabulary, Span<byte> memory, ReadOnlySpan<byte> text, out int taken)
    {
        var kind = PieceGrowth.Begin(_rule, text, out taken);
        if (kind == PieceKind.None)
            return false;
        this = new LongPiece(_rule) { _kind = kind };
        Step(vocabulary, memory, text[..taken]);
        return true;
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
                Settle();
                (_contraction, _contractionSize) = ('\'', 1);
                return true;
            case Growth.EndBefore when !_isCut || _rest.Length != 0:
                End(_countBefore);
                return false;
            case Growth.End or Growth.EndBefore:
                _leftoverSize = 0;
                End(Unsettled(vocabulary, memory));
                return false;
        }
        if (_kind is PieceKind.Blank or PieceKind.Unmatched)
            _countBefore = Unsettled(vocabulary, memory);
        (_leftover, _leftoverSize) = (Utf8Text.Pack(utf8), (byte)utf8.Length);
        Step(vocabulary, memory, utf8);
        if (growth == Growth.GrowAndCut)
        {
            (_isCut, _cutCount) = (true, CountPiece(in _whole, vocabulary, memory));
            _rest.Clear();
        }
        else if (growth == Growth.GrowAndJoin)
        {
            (_isCut, _cutCount) = (false, 0);
        }
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
            Step(vocabulary, memory, Contraction);
            Step(vocabulary, memory, utf8);
        }
        (_leftover, _leftoverSize) = (_contraction, taken ? (byte)0 : _contractionSize);
        End(Unsettled(vocabulary, memory));
        return taken;
    }

    /// <summary>The cut is final: what is after it, if anything, is the piece now.</summary>
    private void Settle()
    {
        if (!_isCut)
            return;
        if (_rest.Length != 0)
        {
            _settled += _cutCount;
            (_whole, _rest) = (_rest, _whole);
            _isSwapped = !_isSwapped;
        }
        (_isCut, _cutCount) = (false, 0);
    }

    private void End(long count)
    {
        _settled += count;
        (_kind, _isCut, _cutCount, _contractionSize) = (PieceKind.None, false, 0, 0);
        _whole.Clear();
    }

    private readonly long Unsettled(Vocabulary vocabulary, Span<byte> memory) =>
        _cutCount + CountPiece(in _isCut ? ref _rest : ref _whole, vocabulary, memory);

    /// <summary>Tokens of a piece that ends here: one if it is a token, even one that no merge makes.</summary>
    private readonly long CountPiece(in PrefixTrail trail, Vocabulary vocabulary, Span<byte> memory)
    {
        var size = vocabulary.TokenBytesMax;
        if (trail.Length == 0 || trail.Length > size)
            return trail.Count;
        fixed (byte* text = memory)
            return vocabulary.Tables.Contains(text + _at + size - trail.Length, trail.Length) ? 1 : trail.Count;
    }

    [SkipLocalsInit]
    private void Step(Vocabulary vocabulary, Span<byte> memory, ReadOnlySpan<byte> utf8)
    {
        var tables = vocabulary.Tables;
        var size = tables.TokenBytesMax;
        var found = stackalloc TokenSpan[VocabularyLayout.TokenBytesMax];
        fixed (byte* text = memory)
        {
            var first = text + (2 * size);
            var second = first + (size * PrefixTrail.BytesPerPosition);
            var whole = _isSwapped ? second : first;
            var rest = _isSwapped ? first : second;
            foreach (var value in utf8)
            {
                text[_at] = text[_at + size] = value;
                _bytes++;
                var end = text + _at + size + 1;
                if (++_at == size)
                    _at = 0;
                var isWholeDone = _whole.TryRecall(tables, whole, end);
                var isRestDone = !_isCut || _rest.TryRecall(tables, rest, end);
                if (isWholeDone && isRestDone)
                    continue;
                var tokens = new ReadOnlySpan<TokenSpan>(found, tables.Backward.Suffixes(end, (int)Math.Min(_bytes, size), tables, found));
                if (!isWholeDone)
                    _whole.Step(tables, whole, value, tokens);
                if (!isRestDone)
                    _rest.Step(tables, rest, value, tokens);
            }
        }
    }

    private static ReadOnlySpan<byte> Bytes(in uint packed, int size) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in packed, 1))[..size];
}
