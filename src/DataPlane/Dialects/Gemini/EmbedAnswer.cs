using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Reads an answer with embeddings: of Gemini's <c>batchEmbedContents</c>, or of Vertex AI's <c>predict</c>.</summary>
/// <param name="list">The member that has them.</param>
/// <param name="within">The member of each element that is the embedding; null where the element is.</param>
internal sealed class EmbedAnswerReader(byte[] list, byte[]? within) : WholeAnswerReader
{
    private const int ScratchBytes = 64;

    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to)
    {
        var walk = new JsonWalk(body, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return false;
        var isFound = false;
        while (walk.NextMember())
        {
            if (!walk.Is(list) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (walk.NextElement())
            {
                if (!(within is null ? TryTell(ref walk, body, to) : TryTellWithin(ref walk, body, to)))
                    return false;
                isFound = true;
            }
        }

        return walk.IsWhole() && isFound;
    }

    private bool TryTellWithin(ref JsonWalk walk, ReadOnlySpan<byte> body, AnswerWriter to)
    {
        var isTold = false;
        if (!walk.TryEnter(JsonToken.StartObject))
            return false;
        while (walk.NextMember())
        {
            if (walk.Is(within))
                isTold = TryTell(ref walk, body, to);
        }

        return isTold;
    }

    /// <summary>Tells of one embedding, to the end of its object.</summary>
    private static bool TryTell(ref JsonWalk walk, ReadOnlySpan<byte> body, AnswerWriter to)
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
