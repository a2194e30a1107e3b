namespace AiEdge.DataPlane.Translate;

/// <summary>
/// What a client says of the provider's cache: marks (Anthropic's <c>cache_control</c>, which chats of other makers' models have by the same name), which end
/// what is to be kept. A model that keeps every prompt by itself does what a mark asks for; how long is nothing that it can be told.
/// </summary>
internal static class PromptCache
{
    /// <summary>The mark at hand, as it stands; false where the member is none.</summary>
    public static bool TryRead(ref JsonWalk walk, ref Piece mark)
    {
        if (!walk.Is("cache_control"u8) || walk.Token != Core.JsonToken.StartObject)
            return false;
        mark = walk.Value();
        return true;
    }

    /// <summary>Writes a mark, where there is one.</summary>
    public static void Write(NeutralRequest request, JsonOut json, Piece mark)
    {
        if (mark.IsPresent)
            json.Value("cache_control"u8, mark.Of(request.Source));
    }

    /// <summary>Reports the marks that the provider cannot be told, or those of them that ask for more than it does unasked.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isUnasked">Whether the model keeps every prompt.</param>
    public static void Lose(NeutralRequest request, bool isUnasked)
    {
        Lose(request, request.CacheMark, "cache_control"u8, isUnasked);
        foreach (var tool in request.Tools)
            Lose(request, tool.CacheMark, request.Names.ToolCache, isUnasked);
        foreach (var part in request.Parts)
            Lose(request, part.CacheMark, request.Names.PartCache, isUnasked);
    }

    private static void Lose(NeutralRequest request, Piece mark, ReadOnlySpan<byte> name, bool isUnasked)
    {
        if (!mark.IsPresent || (isUnasked && mark.Of(request.Source).IndexOf("\"ttl\""u8) < 0))
            return;
        var walk = new JsonWalk(request.Source, mark, stackalloc byte[64]);
        var isLonger = !isUnasked;
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            isLonger |= walk.Is("ttl"u8) && !walk.IsText("5m"u8);
        request.LoseIf(isLonger, name);
    }
}
