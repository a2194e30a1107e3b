using System.Buffers.Binary;
using System.Buffers.Text;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Takes the text that a custom tool is called with out of the arguments of the function that was made of it, as they come (<see cref="CustomTools"/>): the
/// inside of the string of that name. What was escaped in it stays so, for it becomes the inside of a string again.
/// </summary>
internal sealed class CustomInput
{
    private const int DigitsMax = 4;

    /// <summary>What stands for half a pair.</summary>
    private static ReadOnlySpan<byte> Unknown => "\\ufffd"u8;

    private Place _place;
    private int _depth;
    private int _named;
    private bool _isInput;
    private bool _isEscaped;

    // What has come of the four digits of an escape; -1 where none are awaited.
    private int _digitCount;
    private uint _digits;

    // The digits of the first half of a pair, which is told with the second; 0 for none.
    private uint _high;

    private enum Place : byte
    {
        Before,
        Members,
        Name,
        Colon,
        Value,
        Input,

        /// <summary>A string that is not the text, at any depth.</summary>
        Text,

        /// <summary>In an object or an array that is not the text.</summary>
        Nested,
        Scalar,
        Behind,
    }

    /// <summary>Which call's it is.</summary>
    public int Call { get; private set; }

    /// <summary>Of which of several answers.</summary>
    public int Choice { get; private set; }

    /// <summary>Arguments came that are not the text.</summary>
    public bool HasOthers { get; private set; }

    /// <summary>A call begins.</summary>
    public void Begin(int choice, int call)
    {
        (Choice, Call) = (choice, call);
        (_place, _depth, _named, _digitCount) = (Place.Before, 0, 0, -1);
        _high = 0;
        _isInput = _isEscaped = HasOthers = false;
    }

    /// <summary>Takes more of the arguments.</summary>
    /// <param name="inside">The inside of a string that holds them; no escape is cut.</param>
    /// <param name="to">Where the text goes.</param>
    public void TakeInside(ReadOnlySpan<byte> inside, TextBuffer to)
    {
        while (!inside.IsEmpty)
        {
            var at = inside.IndexOf((byte)'\\');
            Take(at < 0 ? inside : inside[..at], to);
            if (at < 0 || at + 1 >= inside.Length)
                return;
            inside = inside[at..];
            var length = inside[1] == (byte)'u' ? Math.Min(6, inside.Length) : 2;
            TakeEscape(inside[..length], to);
            inside = inside[length..];
        }
    }

    /// <summary>Takes more of the arguments as they are.</summary>
    public void Take(ReadOnlySpan<byte> json, TextBuffer to)
    {
        while (!json.IsEmpty)
        {
            if (_place == Place.Input && !_isEscaped && _digitCount < 0 && _high == 0)
            {
                var plain = json.IndexOfAny((byte)'"', (byte)'\\');
                var run = plain < 0 ? json : json[..plain];
                to.AddEscaped(run);
                json = json[run.Length..];
                if (json.IsEmpty)
                    return;
            }

            Step(json[0], to);
            json = json[1..];
        }
    }

    private void TakeEscape(ReadOnlySpan<byte> escape, TextBuffer to)
    {
        var octet = escape[1] switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            (byte)'u' => Utf8Parser.TryParse(escape[2..], out ushort code, out _, 'x') && code < 0x80 ? (byte)code : (byte)0,
            var other => other,
        };
        if (octet != 0 || escape[1] != (byte)'u')
            Take([octet], to);
        else if (_place == Place.Input && escape.Length == 2 + DigitsMax)
        {
            EndDigits(to);
            if (_isEscaped)
                EndHigh(to).Add("\\\\"u8);
            _isEscaped = false;
            _digits = BinaryPrimitives.ReadUInt32BigEndian(escape[2..]);
            AddCode(to);
        }
        else
            Step((byte)'?', to);
    }

    private void Step(byte octet, TextBuffer to)
    {
        switch (_place)
        {
            case Place.Before:
                _place = octet == (byte)'{' ? Place.Members : IsBlank(octet) ? _place : Place.Behind;
                HasOthers |= _place == Place.Behind;
                break;
            case Place.Members when octet == (byte)'"':
                (_place, _named, _isEscaped) = (Place.Name, 0, false);
                break;
            case Place.Members when octet == (byte)'}':
                _place = Place.Behind;
                break;
            case Place.Name:
                TakeName(octet);
                break;
            case Place.Colon when octet == (byte)':':
                _place = Place.Value;
                break;
            case Place.Value when !IsBlank(octet):
                BeginValue(octet);
                break;
            case Place.Input:
                TakeInput(octet, to);
                break;
            case Place.Text:
                TakeText(octet);
                break;
            case Place.Nested:
                TakeNested(octet);
                break;
            case Place.Scalar when octet is (byte)',' or (byte)'}':
                _place = octet == (byte)',' ? Place.Members : Place.Behind;
                break;
        }
    }

    private void TakeName(byte octet)
    {
        var name = CustomTools.InputName;
        if (octet == (byte)'"' && !_isEscaped)
        {
            _isInput = _named == name.Length;
            HasOthers |= !_isInput;
            _place = Place.Colon;
            return;
        }

        _named = _named >= 0 && _named < name.Length && name[_named] == octet ? _named + 1 : -1;
        _isEscaped = octet == (byte)'\\' && !_isEscaped;
    }

    private void BeginValue(byte octet)
    {
        var isText = octet == (byte)'"';
        HasOthers |= _isInput && !isText;
        _isEscaped = false;
        if (isText)
            _place = _isInput ? Place.Input : Place.Text;
        else if (octet is (byte)'{' or (byte)'[')
            (_place, _depth) = (Place.Nested, 1);
        else
            _place = Place.Scalar;
    }

    /// <summary>An escape that is none would be a fault in the client's JSON: it is told as the characters that it has.</summary>
    private void TakeInput(byte octet, TextBuffer to)
    {
        if (_digitCount >= 0 && char.IsAsciiHexDigit((char)octet))
        {
            _digits = (_digits << 8) | octet;
            if (++_digitCount == DigitsMax)
                AddCode(to);
            return;
        }

        EndDigits(to);
        if (_isEscaped)
        {
            _isEscaped = false;
            if (octet == (byte)'u')
                (_digitCount, _digits) = (0, 0);
            else if ("\"\\/bfnrt"u8.Contains(octet))
                EndHigh(to).Add([(byte)'\\', octet]);
            else
                EndHigh(to).Add("\\\\"u8).AddEscaped([octet]);
        }
        else if (octet == (byte)'\\')
            _isEscaped = true;
        else if (octet == (byte)'"')
        {
            EndHigh(to);
            _place = Place.Members;
        }
        else
            EndHigh(to).AddEscaped([octet]);
    }

    /// <summary>An escape is whole. Half a pair has no place in an event by itself: strict clients take it for no JSON.</summary>
    private void AddCode(TextBuffer to)
    {
        Span<byte> digits = stackalloc byte[DigitsMax];
        BinaryPrimitives.WriteUInt32BigEndian(digits, _digits);
        _digitCount = -1;
        if (!Utf8Parser.TryParse(digits, out ushort code, out _, 'x'))
            return;
        if (char.IsHighSurrogate((char)code))
        {
            EndHigh(to);
            _high = _digits;
        }
        else if (!char.IsLowSurrogate((char)code))
            EndHigh(to).Add("\\u"u8).Add(digits);
        else if (_high == 0)
            to.Add(Unknown);
        else
        {
            Span<byte> high = stackalloc byte[DigitsMax];
            BinaryPrimitives.WriteUInt32BigEndian(high, _high);
            to.Add("\\u"u8).Add(high).Add("\\u"u8).Add(digits);
            _high = 0;
        }
    }

    private TextBuffer EndHigh(TextBuffer to)
    {
        if (_high != 0)
            to.Add(Unknown);
        _high = 0;
        return to;
    }

    private void EndDigits(TextBuffer to)
    {
        if (_digitCount < 0)
            return;
        EndHigh(to).Add("\\\\u"u8);
        for (; _digitCount > 0; _digitCount--)
            to.Add([(byte)(_digits >> ((_digitCount - 1) * 8))]);
        _digitCount = -1;
    }

    private void TakeText(byte octet)
    {
        var ends = octet == (byte)'"' && !_isEscaped;
        if (ends)
            _place = _depth > 0 ? Place.Nested : Place.Members;
        _isEscaped = !ends && octet == (byte)'\\' && !_isEscaped;
    }

    private void TakeNested(byte octet)
    {
        if (octet == (byte)'"')
            (_place, _isEscaped) = (Place.Text, false);
        else if (octet is (byte)'{' or (byte)'[')
            _depth++;
        else if (octet is (byte)'}' or (byte)']' && --_depth == 0)
            _place = Place.Members;
    }

    private static bool IsBlank(byte octet) => octet is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
