using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Requests for <c>:countTokens</c>: <c>contents</c> alone, or all that <c>:generateContent</c> would be sent, in <c>generateContentRequest</c>, whose system
/// instruction and tools count, too.
/// </summary>
internal static class CountRequest
{
    /// <summary>Adds where the request that is counted names its model, behind <c>models/</c>; an error where that is another than the path's.</summary>
    public static EdgeError FindModels(ReadOnlySpan<byte> source, ReadOnlySpan<byte> asked, List<Piece> found)
    {
        var walk = new JsonWalk(source, stackalloc byte[64]);
        if (!walk.TryBegin())
            return default;
        while (walk.NextMember())
        {
            if (!(walk.Is("generateContentRequest"u8) || walk.Is("generate_content_request"u8)) || !walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (walk.Is("model"u8) && !EmbedModels.TryTake(ref walk, source, asked, found))
                    return EmbedModels.Other("generateContentRequest.model");
            }
        }

        return default;
    }
}

/// <summary>What is read of them.</summary>
internal sealed class CountForm() : RequestForm(
    RequestShape.CountContents,
    [
        new("contents", RequestField.Contents), new("generateContentRequest", RequestField.Whole), new("generate_content_request", RequestField.Whole),
    ])
{
    /// <summary>One of the two is enough.</summary>
    public override RequestField MissingOf(RequestField seen) =>
        (seen & (RequestField.Contents | RequestField.Whole)) == RequestField.None ? RequestField.Contents : RequestField.None;
}
