namespace AiEdge.DataPlane.Meter;

/// <summary>A text that an event brings, where it lies in the event's data.</summary>
/// <param name="Choice">Index of its choice, or of its output item.</param>
/// <param name="Part">Which of several of a kind it belongs to: the tool's call, the item's part.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Offset in the data of the first byte behind the quote.</param>
/// <param name="Length">Bytes, as they stand between the quotes.</param>
internal readonly record struct DeltaText(int Choice, int Part, TextKind Kind, int Start, int Length);

/// <summary>The texts of one event. Reused by <see cref="Clear"/>.</summary>
internal sealed class DeltaTexts
{
    /// <summary>Texts of one event that are told apart; what comes behind them is one text with the last.</summary>
    public const int TextsMax = 64;

    private readonly DeltaText[] _texts = new DeltaText[TextsMax];
    private int _firstOfChoice;

    public int Count { get; private set; }

    /// <summary>Bytes of all of them.</summary>
    public int Bytes { get; private set; }

    /// <summary>There were more texts than are told apart: their bytes are known alone.</summary>
    public int FoldedBytes { get; private set; }

    public ReadOnlySpan<DeltaText> All => _texts.AsSpan(0, Count);

    public void Clear() => Count = Bytes = FoldedBytes = _firstOfChoice = 0;

    public void Add(int choice, int part, TextKind kind, int start, int length)
    {
        if (length <= 0)
            return;
        Bytes += length;
        if (Count == TextsMax)
            FoldedBytes += length;
        else
            _texts[Count++] = new DeltaText(choice, part, kind, start, length);
    }

    /// <summary>The index of a choice may stand behind its texts.</summary>
    public void EndChoice(int choice)
    {
        foreach (ref DeltaText text in _texts.AsSpan(_firstOfChoice, Count - _firstOfChoice))
            text = text with { Choice = choice };
        _firstOfChoice = Count;
    }
}
