using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>The text of an answer as the pieces in which a stream brings it.</summary>
internal sealed class TextPieces
{
    private readonly string[]? _pieces;
    private readonly int _hugeBytes;

    /// <summary>The deterministic text.</summary>
    public TextPieces(int count, int hugeBytes) => (Count, _hugeBytes) = (count, hugeBytes);

    /// <summary>A given text in pieces of a few characters, never parting a surrogate pair.</summary>
    public TextPieces(string text, int charactersPerPiece = 7)
    {
        var pieces = new List<string>();
        var piece = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            piece.Append(rune);
            if (piece.Length < charactersPerPiece)
                continue;
            pieces.Add(piece.ToString());
            piece.Clear();
        }

        if (piece.Length > 0)
            pieces.Add(piece.ToString());
        _pieces = [.. pieces];
        Count = _pieces.Length;
    }

    private TextPieces(string[] pieces) => (_pieces, Count) = (pieces, pieces.Length);

    public int Count { get; private set; }

    /// <summary>The deterministic text as a script wants it, within the request's cap on tokens unless the script overlooks it.</summary>
    public static TextPieces Of(FakeScript script, int count, int tokensMax)
    {
        var text = script.Vary > 1 ? Varied(count, script.Vary) : new TextPieces(count, script.HugeBytes);
        return script.Cap ? text.Cap(tokensMax) : text;
    }

    /// <summary>Each piece is from one chunk of the text to so many, by its number alone.</summary>
    private static TextPieces Varied(int count, int most)
    {
        var pieces = new string[count];
        for (int i = 0, next = 0; i < count; i++)
        {
            var end = next + 1 + (int)((uint)(i + 1) * 2654435761u >> 8) % most;
            pieces[i] = string.Concat(Enumerable.Range(next, end - next).Select(FakeText.Chunk));
            next = end;
        }

        return new TextPieces(pieces);
    }

    /// <summary>True if a cap on tokens cut the text short.</summary>
    public bool Cut { get; private set; }

    public TextPieces Cap(int tokensMax)
    {
        if (tokensMax < Count)
            (Count, Cut) = (Math.Max(0, tokensMax), true);
        return this;
    }

    /// <summary>Piece <paramref name="index"/> as a JSON string.</summary>
    public void Write(ByteWriter to, int index)
    {
        if (_pieces is not null)
        {
            to.AddJson(_pieces[index]);
            return;
        }

        to.Add("\""u8);
        WriteRaw(to, index);
        to.Add("\""u8);
    }

    /// <summary>The whole text as a JSON string.</summary>
    public void WriteAll(ByteWriter to)
    {
        if (_pieces is not null)
        {
            to.AddJson(string.Concat(_pieces.Take(Count)));
            return;
        }

        to.Add("\""u8);
        for (var i = 0; i < Count; i++)
            WriteRaw(to, i);
        to.Add("\""u8);
    }

    /// <summary>The whole text as it is: of texts that are JSON themselves.</summary>
    public void WritePlain(ByteWriter to) => to.Add(string.Concat(_pieces!));

    private void WriteRaw(ByteWriter to, int index)
    {
        if (index == 0 && _hugeBytes > 0)
            to.Reserve(_hugeBytes).Fill((byte)'x');
        else
            FakeText.WriteEscaped(to, index);
    }
}
