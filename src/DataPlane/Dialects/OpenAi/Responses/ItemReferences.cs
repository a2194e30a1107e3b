using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>Items of a request that stand for those of an earlier answer: <c>item_reference</c>, which need not say that it is one.</summary>
internal static class ItemReferences
{
    /// <summary>More than so many are not looked for; a conversation has some at most for each of its turns.</summary>
    public const int ReferencesMax = 4096;

    private const int ScratchBytes = 64;

    /// <summary>Finds them among the items of a body's input, up to <see cref="ReferencesMax"/>.</summary>
    /// <param name="source">The body.</param>
    /// <param name="mark">What the ids have in them that are meant; empty for all.</param>
    /// <param name="found">Where they are put.</param>
    public static void Find(ReadOnlySpan<byte> source, ReadOnlySpan<byte> mark, List<ItemReference> found)
    {
        var walk = new JsonWalk(source, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return;
        while (walk.NextMember())
        {
            if (!walk.Is("input"u8) || !walk.TryEnter(JsonToken.StartArray))
                continue;
            while (found.Count < ReferencesMax && walk.NextElement())
            {
                if (walk.Token != JsonToken.StartObject)
                    continue;
                var element = walk.Value();
                if (IdOf(source, element) is { IsPresent: true } id && id.Of(source).IndexOf(mark) >= 0)
                    found.Add(new ItemReference(element, id));
            }
        }
    }

    /// <summary>What an element refers to; absent where it is an item itself.</summary>
    private static Piece IdOf(ReadOnlySpan<byte> source, Piece element)
    {
        var walk = new JsonWalk(source, element, stackalloc byte[ScratchBytes]);
        Piece id = default;
        var isReference = true;
        for (var isIn = walk.TryBegin(); isIn && isReference && walk.NextMember();)
        {
            if (walk.Is("id"u8) && walk.Token == JsonToken.String)
                id = walk.Text;
            else if (walk.Is("type"u8))
                isReference = walk.Token == JsonToken.Null || walk.IsText("item_reference"u8);
            else
                isReference = !walk.Is("role"u8);
        }

        return isReference ? id : default;
    }
}
