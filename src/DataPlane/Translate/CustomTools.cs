using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Tools whose input is a text and no object, calls of them and what they answered: chats and Responses of OpenAI's own models have them alike, and nobody else
/// has them. And a choice among some of the tools, which some can be told and others must not be shown the rest.
/// </summary>
internal static class CustomTools
{
    /// <summary>Takes them out of a request to somebody who has them not, reported; an answer goes with its call, for nobody takes one without.</summary>
    public static void Lose(NeutralRequest request)
    {
        request.LoseIf(request.Tools.RemoveAll(static tool => tool.IsCustom) > 0, request.Names.CustomTool);
        var chosen = request.AllowedTools.Count;
        request.AllowedTools.RemoveAll(static tool => tool.IsCustom);
        if (request.ToolIsCustom || (chosen > 0 && request.AllowedTools.Count == 0))
        {
            request.ToolChoice = ToolChoice.Unset;
            request.ToolIsCustom = false;
            request.Losses.Add(request.Names.ToolChoice);
        }

        LoseCalls(request);
    }

    /// <summary>Takes out what may not be called, where the provider cannot be told a choice among several.</summary>
    public static void KeepAllowed(NeutralRequest request)
    {
        if (request.AllowedTools.Count == 0)
            return;
        PieceTable allowed = default;
        foreach (var tool in request.AllowedTools)
            allowed.At(request.Source, tool.Name) = 0;
        var kept = 0;
        foreach (var tool in CollectionsMarshal.AsSpan(request.Tools))
        {
            if (allowed.Find(request.Source, tool.Name) >= 0)
                request.Tools[kept++] = tool;
        }

        request.Tools.RemoveRange(kept, request.Tools.Count - kept);
        request.AllowedTools.Clear();
        allowed.Release();
    }

    private static void LoseCalls(NeutralRequest request)
    {
        var parts = request.Parts;
        var first = 0;
        while (first < parts.Count && !parts[first].IsCustom)
            first++;
        if (first == parts.Count)
            return;

        var isLost = false;
        for (var p = first; p < parts.Count; p++)
        {
            var part = parts[p];
            part.IsLost = isLost = part.IsCustom || (isLost && part.IsOfResult);
            if (part.IsCustom)
                request.Losses.Add(part.Kind == PartKind.ToolCall ? request.Names.CustomCall : request.Names.CustomResult);
            parts[p] = part;
        }

        request.RemoveLost();
    }
}
