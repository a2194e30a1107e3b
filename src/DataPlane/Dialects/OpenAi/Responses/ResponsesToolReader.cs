using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>Reads the tools of a request for a response, and which of them may or must be called.</summary>
internal static class ResponsesToolReader
{
    private const int ScratchBytes = 64;

    /// <summary>Reads the array at hand.</summary>
    public static void Read(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
            ReadTool(request, walk.Value());
    }

    /// <summary>A tool that OpenAI runs itself has a type of its own, and is lost.</summary>
    private static void ReadTool(NeutralRequest request, Piece element)
    {
        var type = ItemType.Of(request.Source, element);
        var isCustom = type.SequenceEqual("custom"u8);
        if (isCustom || type.SequenceEqual("function"u8))
            ReadFunction(request, element, isCustom, default);
        else if (type.SequenceEqual("namespace"u8))
            ReadNamespace(request, element);
        else
            request.Losses.Add("tools"u8, type);
    }

    /// <summary>Tools of one server's, whose names are its own: what it is described as stands before the description of the first.</summary>
    private static void ReadNamespace(NeutralRequest request, Piece element)
    {
        NeutralTool space = default;
        Piece list = default;
        var walk = new JsonWalk(request.Source, element, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                space = space with { Namespace = walk.Text };
            else if (walk.Is("description"u8) && walk.Token == JsonToken.String)
                space = space with { NamespaceText = walk.Text };
            else if (walk.Is("tools"u8) && walk.Token == JsonToken.StartArray)
                list = walk.Value();
            else if (!walk.Is("type"u8) && !walk.IsNothing())
                request.Losses.Add("tools.namespace"u8, walk.Name);
        }

        request.LoseIf(!space.Namespace.IsPresent || !list.IsPresent, "tools.namespace"u8);
        if (!space.Namespace.IsPresent || !list.IsPresent)
            return;
        var tools = new JsonWalk(request.Source, list, stackalloc byte[ScratchBytes]);
        for (var isIn = tools.TryBeginArray(); isIn && tools.NextElement();)
        {
            var tool = tools.Value();
            var type = ItemType.Of(request.Source, tool);
            var isCustom = type.SequenceEqual("custom"u8);
            if (!isCustom && !type.SequenceEqual("function"u8))
                request.Losses.Add("tools.namespace"u8, type);
            else if (ReadFunction(request, tool, isCustom, space))
                space = space with { NamespaceText = default };
        }
    }

    /// <summary>False where it has no name.</summary>
    private static bool ReadFunction(NeutralRequest request, Piece element, bool isCustom, NeutralTool tool)
    {
        tool = tool with { IsCustom = isCustom };
        var walk = new JsonWalk(request.Source, element, stackalloc byte[ScratchBytes]);
        for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
        {
            var isTaken = walk.Is("type"u8)
                || (isCustom ? ChatToolReader.TakeCustom(request, ref walk, ref tool, "tools.format"u8) : ChatToolReader.TakeFunction(ref walk, ref tool));
            if (!isTaken && !walk.IsNothing())
                request.Losses.Add("tools"u8, walk.Name);
        }

        request.LoseIf(!tool.Name.IsPresent, "tools"u8);
        if (tool.Name.IsPresent)
            request.Tools.Add(tool);
        return tool.Name.IsPresent;
    }

    /// <summary>Reads the choice at hand.</summary>
    public static void ReadChoice(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.TryEnter(JsonToken.StartObject))
        {
            var (isKnown, isAllowed) = (false, false);
            while (walk.NextMember())
            {
                if (walk.Is("type"u8))
                {
                    request.ToolIsCustom = walk.IsText("custom"u8);
                    isAllowed = walk.IsText("allowed_tools"u8);
                    isKnown = request.ToolIsCustom || walk.IsText("function"u8);
                }
                else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                    request.ToolName = walk.Text;
                else if (walk.Is("namespace"u8) && walk.Token == JsonToken.String)
                    request.ToolNamespace = walk.Text;
                else
                    _ = ChatToolReader.TakeAllowed(request, ref walk);
            }

            if (!isAllowed || request.AllowedTools.Count == 0)
                request.ToolChoice = isKnown && request.ToolName.IsPresent ? ToolChoice.Named : ToolChoice.Unset;
        }
        else if (walk.Token == JsonToken.String)
            request.ToolChoice = ChatWords.Choice(ref walk);
        else
            return;
        request.LoseIf(request.ToolChoice == ToolChoice.Unset, request.Names.ToolChoice);
    }
}
