using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Tools whose input is a text and no object, calls of them and what they answered: chats and Responses of OpenAI's own models have them alike, and nobody else
/// has them. To others they are functions that take one text, and their calls come back as what they were (<see cref="OwnNames"/>). And a choice among some
/// of the tools, which some can be told and others must not be shown the rest.
/// </summary>
internal static class CustomTools
{
    // It can stand in no name in JSON.
    private const byte Mark = 0x1E;

    /// <summary>What the text is called that the function takes.</summary>
    public static ReadOnlySpan<byte> InputName => "input"u8;

    private static ReadOnlySpan<byte> Schema => """
        {"type":"object","properties":{"input":{"type":"string","description":"All that the tool is given, as it is."}},
        """u8;

    private static ReadOnlySpan<byte> SchemaEnd => """
        "required":["input"],"additionalProperties":false}
        """u8;

    /// <summary>
    /// Makes functions of them in a request to somebody who has them not. What keeps the text to a grammar is lost, reported; it is described.
    /// </summary>
    public static void Fold(NeutralRequest request)
    {
        Piece schema = default;
        for (var i = 0; i < request.Tools.Count; i++)
        {
            var tool = request.Tools[i];
            if (!tool.IsCustom)
                continue;
            if (!schema.IsPresent)
                schema = request.Put(Schema, default, SchemaEnd);
            request.LoseIf(tool.Grammar.IsPresent, request.Names.CustomGrammar);
            request.Tools[i] = tool with
            {
                IsCustom = false,
                Name = Marked(request, tool.Name),
                Description = Described(request, tool),
                Schema = schema,
                Syntax = default,
                Grammar = default,
            };
        }

        for (var i = 0; i < request.AllowedTools.Count; i++)
        {
            if (request.AllowedTools[i] is { IsCustom: true } tool)
                request.AllowedTools[i] = tool with { IsCustom = false, Name = Marked(request, tool.Name) };
        }

        if (request.ToolIsCustom)
            (request.ToolName, request.ToolIsCustom) = (Marked(request, request.ToolName), false);
        for (var p = 0; p < request.Parts.Count; p++)
        {
            ref var part = ref CollectionsMarshal.AsSpan(request.Parts)[p];
            if (part.IsCustom && part.Kind == PartKind.ToolCall)
                (part.Name, part.Text, part.IsObject) = (Marked(request, part.Name), request.Put("{\"input\":\""u8, part.Text, "\"}"u8), true);
            part.IsCustom = false;
        }
    }

    /// <summary>Takes the mark off a name that was made of a custom tool's; false where it has none.</summary>
    public static bool TryUnmark(ref ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith([Mark]))
            return false;
        name = name[1..];
        return true;
    }

    private static Piece Marked(NeutralRequest request, Piece name) =>
        name.Length is > 0 and < FittedNames.NameBytesMax ? request.Put([Mark], name, default) : name;

    private static Piece Described(NeutralRequest request, in NeutralTool tool)
    {
        if (!tool.Grammar.IsPresent)
            return tool.Description;
        var before = request.Put(tool.Description, tool.Description.Length > 0
            ? "\\n\\nThe input has to follow this grammar, which is written in "u8
            : "The input has to follow this grammar, which is written in "u8, tool.Syntax);
        return request.Put(before, ":\\n"u8, tool.Grammar);
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
}
