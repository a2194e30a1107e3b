using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Reads an answer of Gemini's <c>batchEmbedContents</c>.</summary>
internal sealed class EmbedAnswerReader : WholeAnswerReader
{
    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to)
    {
        var walk = new JsonWalk(body, stackalloc byte[64]);
        if (!walk.TryBegin())
            return false;
        var isFound = false;
        while (walk.NextMember())
        {
            if (!walk.Is("embeddings"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (walk.NextElement())
            {
                if (!TryTell(ref walk, body, to))
                    return false;
                isFound = true;
            }
        }

        return walk.IsWhole() && isFound;
    }

    /// <summary>Tells of one embedding, to the end of its object.</summary>
    public static bool TryTell(ref JsonWalk walk, ReadOnlySpan<byte> body, AnswerWriter to)
    {
        Piece numbers = default;
        if (!walk.TryEnter(JsonToken.StartObject))
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("values"u8) && walk.Token == JsonToken.StartArray)
                numbers = walk.Value();
        }

        if (numbers.Length <= 2)
            return false;
        to.Take(new NeutralEvent(NeutralKind.Vector, numbers.Of(body)[1..^1]));
        return true;
    }
}

/// <summary>Writes embeddings for Gemini's clients: one, or those of a batch.</summary>
internal sealed class EmbedAnswerWriter(bool isBatch) : AnswerWriter
{
    private int _count;

    public override void Take(in NeutralEvent item)
    {
        IsFaulted |= item.Kind == NeutralKind.Error || (item.Kind == NeutralKind.Vector && !isBatch && _count > 0);
        if (item.Kind == NeutralKind.Vector)
            Out.Add(_count++ > 0 ? ",{\"values\":["u8 : "{\"values\":["u8).Add(item.Text).Add("]}"u8);
    }

    public override void End()
    {
        if (!IsEnded)
            Out.Add(isBatch ? "]}"u8 : "}"u8);
        IsEnded = true;
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _count = 0;
        Out.Add(isBatch ? "{\"embeddings\":["u8 : "{\"embedding\":"u8);
    }
}
