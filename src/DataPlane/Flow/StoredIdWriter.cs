using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Writes an answer's bytes to the client with the provider's ids in it sealed (<see cref="StoredIds"/>): of a whole answer its own at the top and the one
/// that it goes on from, whatever pieces they come in; of a stream's events these wherever they stand. One for each relay, reused; it allocates once.
/// </summary>
/// <param name="write">Writes two pieces that belong together, not both of them empty.</param>
internal sealed class StoredIdWriter(WritePieces write)
{
    /// <summary>Of a value that has begun and not ended with a piece so much is held back; a longer one is no id.</summary>
    private const int HeldBytesMax = 1024;

    private readonly byte[] _capture = new byte[JsonScanner.CaptureMax];
    private readonly byte[] _held = new byte[HeldBytesMax];
    private JsonScanner _scanner;
    private StoredIds _ids = null!;
    private IdSeal _seal = null!;
    private uint _target;
    private int _heldLength;
    private long _at;
    private long _nameEnd;
    private bool _isId;
    private bool _isPending;

    /// <summary>Whether the answer that begins has to go through here.</summary>
    public bool IsOn { get; private set; }

    /// <summary>A new answer, read as it comes.</summary>
    /// <param name="exchange">Whose.</param>
    /// <param name="isRead">Whether it is one in the client's own dialect that can be read.</param>
    public void Begin(Exchange exchange, bool isRead)
    {
        exchange.Stored.ForgetAnswer();
        IsOn = isRead && (exchange.Stored.IsKept || exchange.Stored.HasEdits);
        if (IsOn)
            Begin(exchange.Stored, exchange.Account!.Seal, (uint)exchange.Target!.Identity);
    }

    /// <summary>The same, of an answer whose ids are sealed so.</summary>
    public void Begin(StoredIds ids, IdSeal seal, uint target)
    {
        IsOn = true;
        (_ids, _seal, _target) = (ids, seal, target);
        _scanner.Reset(_capture, checkUtf8: false);
        (_heldLength, _at, _nameEnd) = (0, 0, 0);
        _isId = _isPending = false;
    }

    /// <summary>The answer's own id, once it is known; empty before.</summary>
    public void Learn(ReadOnlySpan<byte> id) => _ids.Learn(id, _seal, _target);

    /// <summary>The next piece of an answer that is one JSON object.</summary>
    public void WriteWhole(ReadOnlySpan<byte> piece)
    {
        var from = 0;
        while (_scanner.Read(piece))
        {
            switch (_scanner.Token)
            {
                case JsonToken.StartObject when _scanner.Depth == 1:
                    _scanner.Enter();
                    break;
                case JsonToken.Name:
                    _isId = !_scanner.IsEscaped && _scanner.Text(piece).SequenceEqual("id"u8);
                    _isPending = true;
                    _nameEnd = _scanner.TokenEnd;
                    continue;
                case JsonToken.String when _isPending && !_scanner.IsEscaped:
                    TakeString(piece, ref from);
                    break;
            }

            _isId = _isPending = false;
        }

        if (_isPending && _scanner.Fault == JsonFault.None)
            Hold(piece, from);
        else
            Flush(piece[from..]);
        _at += piece.Length;
    }

    /// <summary>What was held back of an answer that has ended.</summary>
    public void EndWhole() => Flush(default);

    /// <summary>Events, each of them whole.</summary>
    public void WriteEvents(ReadOnlySpan<byte> frames)
    {
        while (_ids.TryFind(frames, out var start, out var length, out var instead))
        {
            write(frames[..start], instead);
            frames = frames[(start + length)..];
        }

        Write(frames);
    }

    /// <summary>A string at the top, with its quotes, of which the beginning may be held.</summary>
    private void TakeString(ReadOnlySpan<byte> piece, ref int from)
    {
        var length = _scanner.TokenEnd - _scanner.TokenStart;
        if (length > IdSeal.IdBytesMax + 2)
            return;
        Span<byte> json = stackalloc byte[IdSeal.IdBytesMax + 2];
        json = json[..(int)length];
        json[0] = json[^1] = (byte)'"';
        _scanner.Text(piece).CopyTo(json[1..]);
        if (_isId)
            Learn(json[1..^1]);
        var instead = _ids.Instead(json);
        if (instead.IsEmpty)
            return;

        // Where the piece begins, less what is held of those before.
        var held = _scanner.TokenStart - (_at - _heldLength);
        if (_scanner.TokenStart < _at && held < 0)
            return;
        if (_scanner.TokenStart < _at)
        {
            write(_held.AsSpan(0, (int)held), instead);
        }
        else
        {
            Write(_held.AsSpan(0, _heldLength));
            write(piece[from..(int)(_scanner.TokenStart - _at)], instead);
        }

        _heldLength = 0;
        from = (int)(_scanner.TokenEnd - _at);
    }

    /// <summary>A name has come, and its value not whole: what has come behind the name is kept for when it has.</summary>
    private void Hold(ReadOnlySpan<byte> piece, int from)
    {
        if (_nameEnd > _at + from)
        {
            var behind = (int)(_nameEnd - _at);
            Flush(piece[from..behind]);
            from = behind;
        }

        var rest = piece[from..];
        if (_heldLength + rest.Length > HeldBytesMax)
        {
            Flush(rest);
            return;
        }

        rest.CopyTo(_held.AsSpan(_heldLength));
        _heldLength += rest.Length;
    }

    private void Flush(ReadOnlySpan<byte> rest)
    {
        if (_heldLength == 0)
            Write(rest);
        else
            write(_held.AsSpan(0, _heldLength), rest);
        _heldLength = 0;
    }

    /// <summary>Nothing is no chunk: that would be the answer's end.</summary>
    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
            write(bytes, default);
    }
}

/// <summary>Takes bytes of an answer in two pieces, either of which may be empty.</summary>
internal delegate void WritePieces(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second);
