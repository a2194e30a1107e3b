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
            if (!IsWhole(ref walk) || !walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (walk.Is("model"u8) && !EmbedModels.TryTake(ref walk, source, asked, found))
                    return EmbedModels.Other("generateContentRequest.model");
            }
        }

        return default;
    }

    /// <summary>
    /// Finds what has to be cut out for Vertex AI, which knows no <c>generateContentRequest</c>, but the members of it that count, by themselves (its
    /// reference, <c>publishers.models.countTokens</c>). An error as above.
    /// </summary>
    public static EdgeError FindCuts(ReadOnlySpan<byte> source, ReadOnlySpan<byte> asked, List<Piece> found)
    {
        if (FindModels(source, asked, found) is { IsError: true } error)
            return error;
        found.Clear();
        var walk = new JsonWalk(source, stackalloc byte[64]);
        Piece whole = default;
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (IsWhole(ref walk) && walk.Token == JsonToken.StartObject)
                whole = walk.Value();
        }

        if (!whole.IsPresent)
            return default;
        var end = whole.Start + whole.Length;
        found.Add(new Piece(0, whole.Start));
        CutMembers(source, whole, found);
        found.Add(new Piece(end, source.Length - end));
        return default;
    }

    /// <summary>Cuts out those that are not counted, each with the comma that it has less then.</summary>
    private static void CutMembers(ReadOnlySpan<byte> source, Piece whole, List<Piece> found)
    {
        var walk = new JsonWalk(source, whole, stackalloc byte[64]);
        var (kept, cut) = (whole.Start + 1, -1);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (!IsCounted(ref walk))
            {
                cut = cut < 0 ? walk.MemberStart : cut;
                continue;
            }

            if (cut >= 0)
                found.Add(new Piece(cut, walk.MemberStart - cut));
            var value = walk.Value();
            (kept, cut) = (value.Start + value.Length, -1);
        }

        if (cut >= 0)
            found.Add(new Piece(kept, whole.Start + whole.Length - 1 - kept));
    }

    private static bool IsWhole(ref JsonWalk walk) => ContentsRequestReader.Is(ref walk, "generateContentRequest"u8, "generate_content_request"u8);

    private static bool IsCounted(ref JsonWalk walk) =>
        walk.Is("contents"u8) || walk.Is("tools"u8) || ContentsRequestReader.Is(ref walk, "systemInstruction"u8, "system_instruction"u8)
        || ContentsRequestReader.Is(ref walk, "generationConfig"u8, "generation_config"u8);
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
