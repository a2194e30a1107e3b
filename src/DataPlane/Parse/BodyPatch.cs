using System.Buffers;
using System.Buffers.Text;

namespace AiEdge.DataPlane.Parse;

/// <summary>A piece of a patched body: a range of the original, or bytes that take the place of one.</summary>
/// <param name="Source">The range to copy; empty when the piece is a replacement.</param>
/// <param name="Replacement">The bytes to send instead; empty when the piece is a range.</param>
internal readonly record struct BodyPiece(ByteRange Source, ReadOnlyMemory<byte> Replacement)
{
    public bool IsSource => Source.Length > 0;
}

/// <summary>
/// The few edits that a body needs, as a list of splices over it: whatever is not named keeps its bytes and its order.
/// Reused: <see cref="Clear"/> empties it.
/// </summary>
internal sealed class BodyPatch
{
    /// <summary>Edits that one body can have.</summary>
    public const int EditsMax = 4096;

    /// <summary>Edits that there is always room for; most bodies have no more than two or three.</summary>
    private const int EditsKept = 8;

    /// <summary>Bytes of text that <see cref="Text"/> has room for in one patch.</summary>
    public const int TextBytesMax = 128;

    private Edit[] _edits = new Edit[EditsKept];
    private readonly byte[] _text = new byte[TextBytesMax];
    private int _textLength;
    private int _count;
    private long _growth;

    private readonly record struct Edit(ByteRange Range, ReadOnlyMemory<byte> Replacement);

    public bool IsEmpty => _count == 0;

    public void Clear()
    {
        if (_edits.Length > EditsKept)
            _edits = new Edit[EditsKept];
        else
            Array.Clear(_edits, 0, _count);
        _count = 0;
        _textLength = 0;
        _growth = 0;
    }

    /// <summary>A number between two texts, in memory that is good until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Text(ReadOnlySpan<byte> before, long number, ReadOnlySpan<byte> after)
    {
        int from = _textLength;
        before.CopyTo(_text.AsSpan(_textLength));
        _textLength += before.Length;
        Utf8Formatter.TryFormat(number, _text.AsSpan(_textLength), out int digits);
        _textLength += digits;
        after.CopyTo(_text.AsSpan(_textLength));
        _textLength += after.Length;
        return _text.AsMemory(from, _textLength - from);
    }

    /// <summary>Puts <paramref name="replacement"/> where <paramref name="range"/> stands. Edits may not overlap.</summary>
    public void Replace(ByteRange range, ReadOnlyMemory<byte> replacement)
    {
        int at = _count;
        while (at > 0 && GoesBefore(range, _edits[at - 1].Range))
            at--;
        if (_count == EditsMax || range.Start < 0 || range.Length < 0
            || (at > 0 && _edits[at - 1].Range.End > range.Start) || (at < _count && range.End > _edits[at].Range.Start))
            throw new InvalidOperationException("Edits of a body overlap or are too many.");
        if (_count == _edits.Length)
            Array.Resize(ref _edits, 2 * _count);
        Array.Copy(_edits, at, _edits, at + 1, _count - at);
        _edits[at] = new Edit(range, replacement);
        _count++;
        _growth += replacement.Length - range.Length;
    }

    private static bool GoesBefore(ByteRange range, ByteRange other) =>
        range.Start < other.Start || (range.Start == other.Start && range.Length == 0 && other.Length > 0);

    /// <summary>
    /// Puts <paramref name="text"/> before the byte at <paramref name="at"/>; a second one at the same place follows the first.
    /// </summary>
    public void Insert(long at, ReadOnlyMemory<byte> text) => Replace(new ByteRange(at, 0), text);

    /// <summary>Bytes of the patched body.</summary>
    public long PatchedLength(long bodyLength) => bodyLength + _growth;

    /// <summary>The pieces of the patched body in order; none is empty.</summary>
    public PieceEnumerator Pieces(long bodyLength) => new(this, bodyLength);

    /// <summary>Writes the patched body.</summary>
    public void Write(in ReadOnlySequence<byte> body, IBufferWriter<byte> output)
    {
        long at = 0;
        SequencePosition from = body.Start;
        foreach (BodyPiece piece in Pieces(body.Length))
        {
            if (!piece.IsSource)
            {
                output.Write(piece.Replacement.Span);
                continue;
            }

            // Going on from the last position keeps a body of many segments linear.
            from = body.GetPosition(piece.Source.Start - at, from);
            SequencePosition to = body.GetPosition(piece.Source.Length, from);
            foreach (ReadOnlyMemory<byte> segment in body.Slice(from, to))
                output.Write(segment.Span);
            from = to;
            at = piece.Source.End;
        }
    }

    internal struct PieceEnumerator
    {
        private readonly BodyPatch _patch;
        private readonly long _length;
        private long _at;
        private int _next;

        internal PieceEnumerator(BodyPatch patch, long length)
        {
            _patch = patch;
            _length = length;
        }

        public BodyPiece Current { get; private set; }

        public readonly PieceEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_next < _patch._count)
            {
                Edit edit = _patch._edits[_next];
                if (edit.Range.Start > _at)
                    return Show(edit.Range.Start);
                _at = edit.Range.End;
                _next++;
                if (edit.Replacement.IsEmpty)
                    continue;
                Current = new BodyPiece(default, edit.Replacement);
                return true;
            }

            return _at < _length && Show(_length);
        }

        private bool Show(long end)
        {
            Current = new BodyPiece(new ByteRange(_at, end - _at), default);
            _at = end;
            return true;
        }
    }
}
