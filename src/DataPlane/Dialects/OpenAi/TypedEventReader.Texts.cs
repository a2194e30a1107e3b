using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>A run of bytes in an event's data.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Bytes; 0 where there is none.</param>
internal readonly record struct DeltaRange(int Start, int Length);

/// <summary>Where the parts of a typed event are that tell of an answer's items.</summary>
internal struct EventPlaces
{
    /// <summary>Index of the item; 0 where the event names none.</summary>
    public int OutputIndex;

    /// <summary>Index of the part within its item: of its content, or of its summary.</summary>
    public int PartIndex;

    /// <summary>The bytes of <c>delta</c> between its quotes.</summary>
    public DeltaRange Delta;

    /// <summary>The object <c>item</c>.</summary>
    public DeltaRange Item;

    /// <summary>The object <c>part</c>.</summary>
    public DeltaRange Part;

    /// <summary>The object <c>response</c>.</summary>
    public DeltaRange Response;

    /// <summary>The bytes of the item's <c>name</c> between its quotes.</summary>
    public DeltaRange Name;
}

internal sealed partial class TypedEventReader
{
    /// <summary>What the text of an event of that type is; null where it brings none that is made of tokens.</summary>
    public static TextKind? TextKindOf(ReadOnlySpan<byte> type)
    {
        if (!type.EndsWith(".delta"u8) || type.EndsWith("audio.delta"u8))
            return null;
        if (type.IndexOf("reasoning"u8) >= 0)
            return TextKind.Reasoning;
        if (type.IndexOf("arguments"u8) >= 0 || type.EndsWith("input.delta"u8) || type.EndsWith("code.delta"u8))
            return TextKind.Arguments;
        if (type.IndexOf("audio"u8) >= 0)
            return TextKind.Transcript;
        return type.IndexOf("refusal"u8) >= 0 ? TextKind.Refusal : TextKind.Content;
    }

    private void BeginTexts()
    {
        _texts!.Clear();
        _places = default;
    }

    /// <summary>The type, the place and the text may stand in any order, so that only at the end it is known what the text is.</summary>
    private void EndTexts()
    {
        if (_places.Delta.Length > 0 && TextKindOf(Type) is { } kind)
            _texts!.Add(_places.OutputIndex, _places.PartIndex, kind, _places.Delta.Start, _places.Delta.Length);
        if (_places.Name.Length > 0 && Type.EndsWith("output_item.added"u8))
            _texts!.Add(_places.OutputIndex, 0, TextKind.Name, _places.Name.Start, _places.Name.Length);
    }

    private void TakeIndex(ReadOnlySpan<byte> digits)
    {
        if (!Utf8Parser.TryParse(digits, out int index, out _) || index < 0)
            return;
        if (_member == Member.OutputIndex)
            _places.OutputIndex = index;
        else
            _places.PartIndex = index;
    }

    /// <summary>An item is entered for its name; a part is passed over as a whole.</summary>
    private void BeginObject()
    {
        var range = new DeltaRange((int)_scanner.TokenStart, 0);
        if (_member == Member.Part)
        {
            _places.Part = range;
            return;
        }

        _places.Item = range;
        _scanner.Enter();
        _zone = Zone.Item;
        _member = Member.Other;
    }

    private void OnItem(ReadOnlySpan<byte> data)
    {
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                _member = Known(_scanner.Text(data), "name"u8, Member.Name);
                return;
            case JsonToken.String when _member == Member.Name:
                _places.Name = new DeltaRange((int)_scanner.TokenStart + 1, _scanner.Text(data).Length);
                break;
            case JsonToken.EndObject when _scanner.Depth == 1:
                _places.Item = _places.Item with { Length = (int)_scanner.TokenEnd - _places.Item.Start };
                _zone = Zone.Top;
                break;
        }

        _member = Member.Other;
    }

    private static Member Known(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected, Member member) =>
        name.SequenceEqual(expected) ? member : Member.Other;
}
