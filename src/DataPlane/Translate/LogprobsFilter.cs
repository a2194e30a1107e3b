using System.Buffers.Text;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Where a kind of whole answer tells how probable its tokens are.</summary>
/// <param name="Lists">The arrays of objects, one in the other from the top on, of whose last's elements it is a member.</param>
/// <param name="Member">That member.</param>
/// <param name="Within">The member of it that is the array of tokens; empty where it is that itself.</param>
/// <param name="Number">The member of a token; one that has none has 0.</param>
/// <param name="Instead">What stands in its place where nobody has asked; empty where there is no such member then.</param>
internal sealed record LogprobPlaces(string[] Lists, string Member, string Within, string Number, string Instead)
{
    /// <summary>Whether the elements of the outermost array are answers by themselves, and not parts of one.</summary>
    public bool IsOfChoices => Lists.Length == 1;

    public byte[][] ListsUtf8 { get; } = Array.ConvertAll(Lists, Encoding.ASCII.GetBytes);

    public byte[] MemberUtf8 { get; } = Encoding.ASCII.GetBytes(Member);

    public byte[] WithinUtf8 { get; } = Encoding.ASCII.GetBytes(Within);

    public byte[] NumberUtf8 { get; } = Encoding.ASCII.GetBytes(Number);

    public byte[] InsteadUtf8 { get; } = Encoding.ASCII.GetBytes(Instead);
}

/// <summary>
/// Takes the log-probabilities of tokens out of a whole answer that has them because we have asked, and reads them on the way. The answer comes in pieces
/// that may be cut anywhere, of any size together; whatever else is in it keeps its bytes and its order.
/// </summary>
internal sealed class LogprobsFilter
{
    /// <summary>What may lie between two members and is held until it is known whether the second stays; more of it stays.</summary>
    public const int HeldBytesMax = 4096;

    private readonly byte[] _capture = new byte[JsonScanner.CaptureMax];
    private readonly TextBuffer _out = new();
    private readonly TextBuffer _held = new();
    private LogprobPlaces _places = null!;
    private JsonScanner _scanner;
    private long _from;
    private long _taken;
    private int _choice;
    private double _sum;
    private long _tokens;
    private Zone _zone;
    private Name _name;

    // What lies between the last member that stays and the one at hand is held.
    private bool _isPending;
    private bool _isFirst;
    private bool _dropsComma;

    private enum Zone : byte
    {
        /// <summary>On the way to the member: in the arrays, or beside them.</summary>
        Outside,

        /// <summary>In the member's value, which is left out.</summary>
        Value,

        /// <summary>In its array of tokens.</summary>
        Tokens,
    }

    private enum Name : byte
    {
        Other,
        List,
        Member,
        Within,
        Number,
    }

    /// <summary>What was read.</summary>
    public LogprobMeans Means { get; } = new();

    private int Inmost => (2 * _places.Lists.Length) + 1;

    /// <summary>A new answer.</summary>
    public void Begin(LogprobPlaces places)
    {
        Release();
        Means.Reset();
        _places = places;
        _scanner.Reset(_capture, checkUtf8: false);
        (_from, _taken, _choice) = (0, 0, -1);
        (_zone, _name) = (Zone.Outside, Name.Other);
        _isPending = _isFirst = _dropsComma = false;
    }

    /// <summary>Takes a piece; what is to go on of it, and of those before, until the next call. What turns out to be no JSON goes on as it is.</summary>
    public ReadOnlySpan<byte> Feed(ReadOnlySpan<byte> piece)
    {
        _out.Clear();
        while (_scanner.Read(piece))
            OnToken(piece);
        var end = _from + piece.Length;
        if (_scanner.Fault != JsonFault.None)
            Keep(piece, end);
        else if (_zone != Zone.Outside)
            Drop(end);
        else if (_dropsComma)
            DropComma(piece, end);
        else if (_isPending && _held.Length + (end - _taken) <= HeldBytesMax)
            Hold(piece, end);
        else
        {
            Keep(piece, end);
            _isPending = false;
        }

        _from = end;
        return _out.Written;
    }

    /// <summary>Gives back what it holds.</summary>
    public void Release()
    {
        _out.Release();
        _held.Release();
    }

    private void OnToken(ReadOnlySpan<byte> piece)
    {
        var (token, depth) = (_scanner.Token, _scanner.Depth);
        if (_zone != Zone.Outside)
        {
            OnValue(token, depth, piece);
            return;
        }

        switch (token)
        {
            case JsonToken.Name:
                OnName(depth, piece);
                return;
            case JsonToken.StartObject or JsonToken.StartArray when _name == Name.Member:
                BeginValue(token, piece);
                return;
            case JsonToken.StartArray when _name == Name.List:
                _scanner.Enter();
                break;
            case JsonToken.StartObject when depth % 2 == 1 && depth <= Inmost:
                _scanner.Enter();
                if (depth == 3 && _places.IsOfChoices)
                    _choice++;
                if (depth == Inmost)
                    Expect(piece, isFirst: true);
                break;
            default:
                if (depth == Inmost)
                    Expect(piece, isFirst: false);
                else
                    EndMembers();
                break;
        }

        _name = Name.Other;
    }

    private void OnName(int depth, ReadOnlySpan<byte> piece)
    {
        var text = _scanner.Text(piece);
        var list = depth / 2;
        if (_dropsComma)
        {
            // The comma behind the first member has gone with it.
            Drop(_scanner.TokenStart);
            (_dropsComma, _isPending, _isFirst) = (false, true, true);
        }

        _name = depth == Inmost && text.SequenceEqual(_places.MemberUtf8) ? Name.Member
            : depth < Inmost && text.SequenceEqual(_places.ListsUtf8[list]) ? Name.List
            : Name.Other;
        _isPending &= _name == Name.Member;
    }

    /// <summary>In the inmost object another member may follow, or none.</summary>
    private void Expect(ReadOnlySpan<byte> piece, bool isFirst)
    {
        if (_places.InsteadUtf8.Length > 0)
            return;
        Keep(piece, _scanner.TokenEnd);
        (_isPending, _isFirst) = (true, isFirst);
    }

    /// <summary>The inmost object is over.</summary>
    private void EndMembers()
    {
        if (_dropsComma)
            Drop(_scanner.TokenStart);
        _dropsComma = _isPending = false;
    }

    private void BeginValue(JsonToken token, ReadOnlySpan<byte> piece)
    {
        if (_places.InsteadUtf8.Length > 0)
        {
            Keep(piece, _scanner.TokenStart);
            _out.Add(_places.InsteadUtf8);
        }
        else if (!_isPending)
        {
            // More stood before it than is held: it has lost its value alone.
            Keep(piece, _scanner.TokenStart);
            _out.Add("null"u8);
            _isFirst = false;
        }

        _scanner.Enter();
        (_sum, _tokens) = (0, 0);
        _zone = token == JsonToken.StartArray && _places.WithinUtf8.Length == 0 ? Zone.Tokens : Zone.Value;
        _name = Name.Other;
    }

    private void OnValue(JsonToken token, int depth, ReadOnlySpan<byte> piece)
    {
        if (token is JsonToken.EndObject or JsonToken.EndArray && depth == Inmost)
        {
            EndValue();
            return;
        }

        switch (token)
        {
            case JsonToken.Name:
                var text = _scanner.Text(piece);
                _name = _zone == Zone.Tokens && text.SequenceEqual(_places.NumberUtf8) ? Name.Number
                    : _zone == Zone.Value && text.SequenceEqual(_places.WithinUtf8) ? Name.Within
                    : Name.Other;
                return;
            case JsonToken.StartArray when _name == Name.Within:
                _scanner.Enter();
                _zone = Zone.Tokens;
                break;
            case JsonToken.StartObject when _zone == Zone.Tokens && _name == Name.Other && depth == TokenDepth:
                _scanner.Enter();
                _tokens++;
                break;
            case JsonToken.Number when _name == Name.Number:
                if (Utf8Parser.TryParse(_scanner.Text(piece), out double number, out _))
                    _sum += number;
                break;
            case JsonToken.EndArray when depth == Inmost + 1 && _places.WithinUtf8.Length > 0:
                _zone = Zone.Value;
                break;
        }

        _name = Name.Other;
    }

    /// <summary>How deep an object is that is a token.</summary>
    private int TokenDepth => Inmost + (_places.WithinUtf8.Length > 0 ? 3 : 2);

    private void EndValue()
    {
        Means.Add(_places.IsOfChoices ? _choice : 0, _sum, _tokens);
        _zone = Zone.Outside;
        _name = Name.Other;
        Drop(_scanner.TokenEnd);
        if (_places.InsteadUtf8.Length > 0)
            return;
        _dropsComma = _isPending && _isFirst;
        _isPending = !_dropsComma;
        _isFirst = false;
    }

    /// <summary>All up to there goes on.</summary>
    private void Keep(ReadOnlySpan<byte> piece, long to)
    {
        _out.Add(_held.Written);
        _held.Clear();
        if (to > _taken)
            _out.Add(piece[(int)(_taken - _from)..(int)(to - _from)]);
        _taken = Math.Max(_taken, to);
    }

    private void Hold(ReadOnlySpan<byte> piece, long to)
    {
        _held.Add(piece[(int)(_taken - _from)..(int)(to - _from)]);
        _taken = to;
    }

    /// <summary>What lies before the next member goes; of that it may have begun, which is held as of the first.</summary>
    private void DropComma(ReadOnlySpan<byte> piece, long end)
    {
        var next = piece[(int)(_taken - _from)..].IndexOfAnyExcept(" \t\r\n,"u8);
        Drop(next < 0 ? end : _taken + next);
        if (next < 0)
            return;
        (_dropsComma, _isPending, _isFirst) = (false, true, true);
        Hold(piece, end);
    }

    private void Drop(long to)
    {
        _held.Clear();
        _taken = to;
    }
}
