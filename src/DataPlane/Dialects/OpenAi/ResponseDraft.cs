using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// What a response consists of so far, as its events told it to the client: enough to end it in the provider's stead, for a client
/// replaces what it has by what the last event says. Kept only where a stream may be cut. Bounded: texts and items beyond
/// <see cref="BytesMax"/> are left out of that last event, never of the stream.
/// </summary>
internal sealed class ResponseDraft
{
    /// <summary>Bytes of items and texts that are kept of one stream.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>A longer description of the response (its instructions and tools are in it) is not kept.</summary>
    public const int EnvelopeBytesMax = 256 * 1024;

    /// <summary>Items, and parts of one item, that are kept.</summary>
    public const int ItemsMax = 256;

    private readonly DraftText _envelope = new();
    private readonly List<DraftItem> _items = [];
    private int _bytes;

    /// <summary>The object <c>response</c> as the stream's first event has it, or empty.</summary>
    public ReadOnlySpan<byte> Envelope => _envelope.Bytes;

    /// <summary>The items, in the order in which they came.</summary>
    public IReadOnlyList<DraftItem> Items => _items;

    /// <summary>Forgets it, and gives its memory back.</summary>
    public void Reset()
    {
        _envelope.Reset();
        foreach (DraftItem item in _items)
            item.Reset();
        _items.Clear();
        _bytes = 0;
    }

    /// <summary>Takes an event that was passed on.</summary>
    public void Take(ReadOnlySpan<byte> type, in EventPlaces places, ReadOnlySpan<byte> data)
    {
        if (places.Response.Length > 0)
        {
            if (_envelope.IsEmpty && places.Response.Length <= EnvelopeBytesMax)
                _envelope.Append(Slice(data, places.Response));
            return;
        }

        if (type.EndsWith(".output_item.added"u8) || type.EndsWith(".output_item.done"u8))
        {
            TakeItem(type, places, data);
            return;
        }

        if (Find(places.OutputIndex) is not { IsDone: false } item)
            return;
        bool isSummary = type.IndexOf("summary"u8) >= 0;
        if (type.EndsWith("_part.added"u8) || type.EndsWith("_part.done"u8))
        {
            TakePart(item.PartOf(places.PartIndex, isSummary), type, places, data);
        }
        else if (places.Delta.Length > 0 && TypedEventReader.TextKindOf(type) is { } kind)
        {
            if (item.PartOf(places.PartIndex, isSummary) is { } part && TryCount(places.Delta.Length))
                part.Append(kind, type[..^".delta"u8.Length], Slice(data, places.Delta));
        }
        else if (type.EndsWith(".done"u8) && item.Has(places.PartIndex, isSummary) is { } told)
        {
            told.TextIsDone = true;
        }
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> data, DeltaRange range) => data.Slice(range.Start, range.Length);

    private void TakeItem(ReadOnlySpan<byte> type, in EventPlaces places, ReadOnlySpan<byte> data)
    {
        DraftItem? item = Find(places.OutputIndex);
        if (item is null)
        {
            if (_items.Count == ItemsMax)
                return;
            _items.Add(item = new DraftItem(places.OutputIndex));
        }

        if (type.EndsWith(".done"u8))
        {
            // What it was made of is in it, so that it takes no more than that took.
            _bytes -= item.Bytes;
            item.Reset();
            item.IsDone = true;
        }

        if (TryCount(places.Item.Length))
            item.Object.Append(Slice(data, places.Item));
    }

    private void TakePart(DraftPart? part, ReadOnlySpan<byte> type, in EventPlaces places, ReadOnlySpan<byte> data)
    {
        if (part is null)
            return;
        part.Announce();
        if (!type.EndsWith(".done"u8) || part.IsDone)
            return;
        _bytes -= part.Text.Length;
        part.Text.Reset();
        part.IsDone = true;
        if (TryCount(places.Part.Length))
            part.Text.Append(Slice(data, places.Part));
    }

    private DraftItem? Find(int index)
    {
        for (int i = _items.Count - 1; i >= 0; i--)
        {
            if (_items[i].Index == index)
                return _items[i];
        }

        return null;
    }

    private bool TryCount(int bytes)
    {
        if (_bytes + bytes > BytesMax)
            return false;
        _bytes += bytes;
        return true;
    }
}

/// <summary>An item of a response.</summary>
internal sealed class DraftItem(int index)
{
    private readonly List<DraftPart> _parts = [];

    /// <summary>Its place among the response's items.</summary>
    public int Index => index;

    /// <summary>The item as it was begun; as it was ended, once it was.</summary>
    public DraftText Object { get; } = new();

    public bool IsDone { get; set; }

    /// <summary>Its parts so far, in the order in which they came; empty once it is done.</summary>
    public IReadOnlyList<DraftPart> Parts => _parts;

    /// <summary>Bytes that are kept of it.</summary>
    public int Bytes
    {
        get
        {
            int sum = Object.Length;
            foreach (DraftPart part in _parts)
                sum += part.Text.Length;
            return sum;
        }
    }

    /// <summary>The part with that index, or null.</summary>
    public DraftPart? Has(int partIndex, bool isSummary)
    {
        foreach (DraftPart part in _parts)
        {
            if (part.Index == partIndex && part.IsSummary == isSummary)
                return part;
        }

        return null;
    }

    /// <summary>The part with that index, made if need be; null if there is no room for another.</summary>
    public DraftPart? PartOf(int partIndex, bool isSummary)
    {
        if (Has(partIndex, isSummary) is { } known)
            return known;
        if (_parts.Count == ResponseDraft.ItemsMax)
            return null;
        var part = new DraftPart(partIndex, isSummary);
        _parts.Add(part);
        return part;
    }

    public void Reset()
    {
        Object.Reset();
        foreach (DraftPart part in _parts)
            part.Text.Reset();
        _parts.Clear();
    }
}

/// <summary>A part of an item: of a message's content, of a summary, or the arguments of a call.</summary>
internal sealed class DraftPart(int index, bool isSummary)
{
    private static readonly byte[] ContentStem = "response.output_text"u8.ToArray();
    private static readonly byte[] SummaryStem = "response.reasoning_summary_text"u8.ToArray();

    public int Index => index;

    /// <summary>It is a part of the item's summary and not of its content.</summary>
    public bool IsSummary => isSummary;

    public TextKind Kind { get; private set; }

    /// <summary>What its events' types begin with: <c>response.output_text</c>.</summary>
    public byte[] Stem { get; private set; } = [];

    /// <summary>An event began it, which one has to end: a call's arguments have none.</summary>
    public bool IsAnnounced { get; private set; }

    /// <summary>Its text was told as a whole.</summary>
    public bool TextIsDone { get; set; }

    public bool IsDone { get; set; }

    /// <summary>Its text as it stands between the quotes of a JSON string; once it is done, the part as an object.</summary>
    public DraftText Text { get; } = new();

    /// <summary>An event begins or ends it. What has no text yet is taken for what most parts are.</summary>
    public void Announce()
    {
        IsAnnounced = true;
        if (Stem.Length == 0)
            (Kind, Stem) = isSummary ? (TextKind.Reasoning, SummaryStem) : (TextKind.Content, ContentStem);
    }

    public void Append(TextKind kind, ReadOnlySpan<byte> stem, ReadOnlySpan<byte> raw)
    {
        if (Text.IsEmpty && !stem.SequenceEqual(Stem))
            (Kind, Stem) = (kind, stem.ToArray());
        Text.Append(raw);
    }
}
