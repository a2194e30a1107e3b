using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// Counts the tokens of a text that comes in parts, cut anywhere, as exactly as if it were there at once. Not thread-safe; may be used again
/// and again by way of <see cref="Reset"/>.
/// </summary>
/// <remarks>
/// Memory: constant however long the text and its words are, at most 2 KB with a vocabulary whose longest token has 128 bytes; nothing is
/// allocated after construction. Time: proportional to the bytes; a call for <see cref="Count"/> looks again at the last pieces.
/// <para>
/// A piece of text (as the vocabulary's split rule cuts it) is final when no further text can change where it ends, which the scanner knows:
/// it did not look behind the last byte. Final pieces are counted once and forgotten; from the first that is not final, the bytes are held.
/// What is held is a few bytes in ordinary text; when it grows past a bound, <see cref="LongPiece"/> takes over, which never needs more than some.
/// </para>
/// <para>
/// The count may fall when text is added ("toke" has two tokens of o200k_base, "token" one), so a budget compares the present value.
/// </para>
/// </remarks>
public sealed class IncrementalCounter
{
    /// <summary>Bytes that a text may hold back before they are given to a <see cref="LongPiece"/>, which holds some as well.</summary>
    internal const int HeldBytesMaxDefault = 96;

    // Scanning is put off until it pays: what it costs to begin is spread over as many bytes.
    private const int UnscannedBytesMax = 64;
    private const int BufferBytesMin = 1024;
    private const int BufferBytesMax = 2048;
    private const int NotCounted = -1;

    private readonly Vocabulary _vocabulary;
    private readonly byte[] _memory;
    private readonly int _heldBytesMax;
    private readonly ushort _room;
    private LongPiece _long;
    private long _final;
    private int _tail;
    private int _held;
    private int _unscanned;
    private uint _dangling;
    private byte _danglingSize;
    private bool _isComplete;

    /// <summary>An empty text.</summary>
    public IncrementalCounter(Vocabulary vocabulary)
        : this(vocabulary, HeldBytesMaxDefault)
    {
    }

    /// <summary>
    /// An empty text; <paramref name="heldBytesMax"/>, from 3 to 512, moves the point at which a piece counts as long, and
    /// <paramref name="room"/>, up to what is usual, how much is held of a long one: 0 for nothing.
    /// </summary>
    internal IncrementalCounter(Vocabulary vocabulary, int heldBytesMax, int room = PieceTokens.RoomDefault)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentOutOfRangeException.ThrowIfLessThan(heldBytesMax, 3);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(heldBytesMax, BufferBytesMin / 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(room, PieceTokens.RoomDefault);
        _vocabulary = vocabulary;
        _heldBytesMax = heldBytesMax;
        _room = room == 0 ? (ushort)0 : PieceTokens.RoomOf(room, vocabulary);
        // Either what is held lies there, or a long piece, but never both.
        _memory = new byte[Math.Max(PieceTokens.MemoryBytes(vocabulary), BufferBytesMin)];
        _long = new LongPiece(vocabulary.Split, _room);
    }

    /// <summary>
    /// Tokens of the text so far, up to its last complete code point, each sequence of bytes that is not UTF-8 taken as U+FFFD (by maximal
    /// subparts, as the WHATWG's decoder does).
    /// </summary>
    public long Count
    {
        get
        {
            while (!_long.IsOpen && _tail == NotCounted)
                Scan(countTail: true);
            return _final + (_long.IsOpen ? _long.Count(_vocabulary, _memory) + CountPiece(_long.Contraction) : _tail);
        }
    }

    /// <summary>
    /// At least <see cref="Count"/>, and at least what <see cref="Complete"/> would say now; costs nothing, and is above by no more than a
    /// token for each byte that is not counted for good.
    /// </summary>
    public long UpperBound
    {
        get
        {
            var replacementToCome = _danglingSize != 0;
            if (_long.IsOpen)
                return _final + _long.UpperBound(_vocabulary, _memory, replacementToCome);
            return _final + (replacementToCome ? _held + Utf8Text.Replacement.Length : _tail != NotCounted ? _tail : _held);
        }
    }

    /// <summary>
    /// What <see cref="Count"/> cannot be above once <paramref name="bytes"/> more bytes have been added: the pieces that are not final may
    /// be cut otherwise then, so that their present count is no bound. Costs nothing. Within a piece so long that its bytes are not held, it
    /// is only near that bound.
    /// </summary>
    public long UpperBoundWith(int bytes) =>
        bytes + _danglingSize + (_long.IsOpen
            ? _final + _long.UpperBound(_vocabulary, _memory, replacementToCome: true)
            : _final + _held + (_danglingSize != 0 ? Utf8Text.Replacement.Length : 0));

    /// <summary>Adds bytes of UTF-8, as many as there are, even if they begin or end within a code point.</summary>
    /// <exception cref="InvalidOperationException">The text is complete.</exception>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        if (_isComplete)
            throw new InvalidOperationException("The text is complete: reset the counter before another one.");
        if (_danglingSize != 0)
            utf8 = TakeDangling(utf8);
        Take(utf8);
    }

    /// <summary>Ends the text, counts a code point that was begun and not finished as U+FFFD, and gives the number of tokens of all of it.</summary>
    public long Complete()
    {
        if (_danglingSize != 0)
        {
            _danglingSize = 0;
            Take(Utf8Text.Replacement);
        }
        _isComplete = true;
        return Count;
    }

    /// <summary>Begins again with an empty text.</summary>
    public void Reset()
    {
        _long = new LongPiece(_vocabulary.Split, _room);
        (_final, _tail, _held, _unscanned, _danglingSize, _isComplete) = (0, 0, 0, 0, 0, false);
    }

    private void Take(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
            text = _long.IsOpen ? TakeLong(text) : TakeHeld(text);
    }

    /// <summary>Adds to the bytes held what they have room for, and gives back the rest.</summary>
    private ReadOnlySpan<byte> TakeHeld(ReadOnlySpan<byte> text)
    {
        var room = _memory.AsSpan(_held, Math.Min(_memory.Length, BufferBytesMax) - _held);
        var isLast = text.Length <= room.Length;
        var taken = Utf8Text.Copy(isLast ? text : text[..room.Length], room, out var written);
        text = text[taken..];
        if (isLast && text.Length is > 0 and < 4 && Rune.DecodeFromUtf8(text, out _, out _) == OperationStatus.NeedMoreData)
        {
            Dangle(text);
            text = default;
        }
        if (written != 0)
        {
            _held += written;
            _unscanned += written;
            _tail = NotCounted;
        }
        if (_unscanned >= UnscannedBytesMax)
            Scan(countTail: false);
        return text;
    }

    /// <summary>Adds to the long piece what belongs to it, and gives back the rest.</summary>
    private ReadOnlySpan<byte> TakeLong(ReadOnlySpan<byte> text)
    {
        while (!(text = text[_long.TakeAscii(_vocabulary, _memory, text)..]).IsEmpty)
        {
            int codePoint = text[0], size = 1;
            var utf8 = text[..1];
            if (codePoint >= 0x80)
            {
                var status = Rune.DecodeFromUtf8(text, out var rune, out size);
                if (status == OperationStatus.NeedMoreData)
                {
                    Dangle(text);
                    return default;
                }
                codePoint = rune.Value;
                utf8 = status == OperationStatus.Done ? text[..size] : Utf8Text.Replacement;
            }
            if (_long.TryTake(_vocabulary, _memory, codePoint, utf8))
                text = text[size..];
            if (!_long.IsOpen)
            {
                _final += _long.FinalCount;
                Hold(_long.Leftover);
                break;
            }
        }
        return text;
    }

    /// <summary>Finishes the code point that was begun, if the text does so, and gives back the rest.</summary>
    private ReadOnlySpan<byte> TakeDangling(ReadOnlySpan<byte> text)
    {
        Span<byte> utf8 = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(utf8, _dangling);
        var size = (int)_danglingSize;
        var more = Math.Min(text.Length, utf8.Length - size);
        text[..more].CopyTo(utf8[size..]);
        utf8 = utf8[..(size + more)];
        var status = Rune.DecodeFromUtf8(utf8, out _, out var used);
        if (status == OperationStatus.NeedMoreData)
        {
            Dangle(utf8);
            return default;
        }
        _danglingSize = 0;
        Take(status == OperationStatus.Done ? utf8[..used] : Utf8Text.Replacement);
        return text[(used - size)..];
    }

    private void Dangle(ReadOnlySpan<byte> utf8)
    {
        _dangling = Utf8Text.Pack(utf8);
        _danglingSize = (byte)utf8.Length;
    }

    private void Hold(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_memory.AsSpan());
        (_held, _unscanned, _tail) = (text.Length, text.Length, NotCounted);
    }

    /// <summary>Counts the final pieces of what is held, and forgets them.</summary>
    /// <param name="countTail">Count the others too.</param>
    private void Scan(bool countTail)
    {
        ReadOnlySpan<byte> text = _memory.AsSpan(0, _held);
        var scanner = new PieceScanner(_vocabulary.Split, text);
        bool isPiece;
        int start, length;
        while ((isPiece = scanner.TryNext(out start, out length, out var final)) && final)
            _final += CountPiece(text.Slice(start, length));
        var held = text[start..];
        if (held.Length > _heldBytesMax && TryBeginLong(held))
            return;
        if (countTail)
        {
            for (_tail = 0; isPiece; isPiece = scanner.TryNext(out start, out length, out _))
                _tail += CountPiece(text.Slice(start, length));
        }
        held.CopyTo(_memory);
        (_held, _unscanned) = (held.Length, 0);
    }

    [SkipLocalsInit]
    private bool TryBeginLong(ReadOnlySpan<byte> held)
    {
        Span<byte> text = stackalloc byte[held.Length];
        held.CopyTo(text);
        if (!_long.TryBegin(_vocabulary, _memory, text, out var taken))
            return false;
        (_held, _unscanned) = (0, 0);
        var rest = TakeLong(text[taken..]);
        if (!_long.IsOpen)
        {
            Debug.Assert(rest.Length < text.Length, "The scanner and PieceGrowth disagree.");
            rest.CopyTo(_memory.AsSpan(_held));
            (_held, _unscanned) = (_held + rest.Length, _unscanned + rest.Length);
        }
        return true;
    }

    private int CountPiece(ReadOnlySpan<byte> piece) => piece.IsEmpty ? 0 : _vocabulary.Encoder.Count(piece);
}
