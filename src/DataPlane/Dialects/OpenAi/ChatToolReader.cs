using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Reads the tools of a request for chat completions, and which of them may or must be called.</summary>
internal static class ChatToolReader
{
    /// <summary>Reads the array at hand.</summary>
    public static void ReadTools(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            var isKnown = true;
            NeutralTool tool = default;
            Piece mark = default;
            while (walk.NextMember())
            {
                if (walk.Is("type"u8))
                    isKnown = walk.IsText("function"u8) || walk.IsText("custom"u8);
                else if (walk.Is("function"u8))
                    tool = ReadFunction(request, ref walk, "tools.function"u8);
                else if (walk.Is("custom"u8) && walk.TryEnter(JsonToken.StartObject))
                    tool = ReadCustom(request, ref walk);
                else if (!PromptCache.TryRead(ref walk, ref mark) && !walk.IsNothing())
                    request.Losses.Add("tools"u8, walk.Name);
            }

            if (isKnown && tool.Name.IsPresent)
                request.Tools.Add(tool with { CacheMark = mark });
            else
                request.Losses.Add("tools"u8);
        }
    }

    private static NeutralTool ReadFunction(NeutralRequest request, ref JsonWalk walk, ReadOnlySpan<byte> within)
    {
        NeutralTool tool = default;
        if (!walk.TryEnter(JsonToken.StartObject))
            return tool;
        while (walk.NextMember())
        {
            if (!TakeFunction(ref walk, ref tool) && !walk.IsNothing())
                request.Losses.Add(within, walk.Name);
        }

        return tool;
    }

    /// <summary>Reads the array at hand: tools as they were before there were others than functions. Who has them can be told of one call, as such.</summary>
    public static void ReadFunctions(NeutralRequest request, ref JsonWalk walk)
    {
        if (!walk.TryEnter(JsonToken.StartArray))
            return;
        while (walk.NextElement())
        {
            var tool = ReadFunction(request, ref walk, "functions"u8);
            request.LoseIf(!tool.Name.IsPresent, "functions"u8);
            if (!tool.Name.IsPresent)
                continue;
            request.Tools.Add(tool);
            request.CallsAreOld = true;
        }
    }

    /// <summary>Reads which of these is to be called: a word, or a name.</summary>
    public static void ReadFunctionChoice(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Token == JsonToken.String)
            request.ToolChoice = ChatWords.Choice(ref walk);
        else if (walk.TryEnter(JsonToken.StartObject))
        {
            while (walk.NextMember())
            {
                if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                    (request.ToolChoice, request.ToolName) = (ToolChoice.Named, walk.Text);
            }
        }
        else
            return;
        request.LoseIf(request.ToolChoice == ToolChoice.Unset, "function_call"u8);
    }

    private static NeutralTool ReadCustom(NeutralRequest request, ref JsonWalk walk)
    {
        NeutralTool tool = new() { IsCustom = true };
        while (walk.NextMember())
        {
            if (!TakeCustom(request, ref walk, ref tool, "tools.custom.format"u8) && !walk.IsNothing())
                request.Losses.Add("tools.custom"u8, walk.Name);
        }

        return tool;
    }

    /// <summary>A member of what describes a tool whose input is a text; false where it is none. Responses have the grammar's beside its type.</summary>
    internal static bool TakeCustom(NeutralRequest request, ref JsonWalk walk, ref NeutralTool tool, ReadOnlySpan<byte> grammar)
    {
        if (walk.Is("name"u8) && walk.Token == JsonToken.String)
            tool = tool with { Name = walk.Text };
        else if (walk.Is("description"u8) && walk.Token == JsonToken.String)
            tool = tool with { Description = walk.Text };
        else if (walk.Is("format"u8) && walk.TryEnter(JsonToken.StartObject))
            ReadGrammar(request, ref walk, ref tool, grammar);
        else
            return false;
        return true;
    }

    private static void ReadGrammar(NeutralRequest request, ref JsonWalk walk, ref NeutralTool tool, ReadOnlySpan<byte> within)
    {
        while (walk.NextMember())
        {
            if (walk.Is("grammar"u8) && walk.TryEnter(JsonToken.StartObject))
                ReadGrammar(request, ref walk, ref tool, within);
            else if (walk.Is("syntax"u8) && walk.Token == JsonToken.String)
                tool = tool with { Syntax = walk.Text };
            else if (walk.Is("definition"u8) && walk.Token == JsonToken.String)
                tool = tool with { Grammar = walk.Text };
            else if (!walk.Is("type"u8) && !walk.IsNothing())
                request.Losses.Add(within, walk.Name);
        }
    }

    /// <summary>A member of a function's description; false where it is none.</summary>
    internal static bool TakeFunction(ref JsonWalk walk, ref NeutralTool tool)
    {
        if (walk.Is("name"u8) && walk.Token == JsonToken.String)
            tool = tool with { Name = walk.Text };
        else if (walk.Is("description"u8) && walk.Token == JsonToken.String)
            tool = tool with { Description = walk.Text };
        else if (walk.Is("parameters"u8) && walk.Token == JsonToken.StartObject)
            tool = tool with { Schema = walk.Value() };
        else if (walk.Is("strict"u8))
            tool = tool with { IsStrict = walk.Token == JsonToken.True };
        else
            return false;
        return true;
    }

    /// <summary>Reads the choice at hand. What is named stands in an object that is called as its type is.</summary>
    public static void ReadChoice(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Token == JsonToken.String)
        {
            request.ToolChoice = ChatWords.Choice(ref walk);
            request.LoseIf(request.ToolChoice == ToolChoice.Unset, request.Names.ToolChoice);
            return;
        }

        if (!walk.TryEnter(JsonToken.StartObject))
            return;
        while (walk.NextMember())
        {
            var isCustom = walk.Is("custom"u8);
            if ((isCustom || walk.Is("function"u8)) && walk.TryEnter(JsonToken.StartObject))
            {
                while (walk.NextMember())
                {
                    if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                        (request.ToolChoice, request.ToolName, request.ToolIsCustom) = (ToolChoice.Named, walk.Text, isCustom);
                }
            }
            else if (walk.Is("allowed_tools"u8) && walk.TryEnter(JsonToken.StartObject))
            {
                while (walk.NextMember())
                    _ = TakeAllowed(request, ref walk);
            }
        }

        request.LoseIf(request.ToolChoice == ToolChoice.Unset, request.Names.ToolChoice);
    }

    /// <summary>A member of a choice among several tools; false where it is none. One that only OpenAI runs cannot be chosen, reported.</summary>
    internal static bool TakeAllowed(NeutralRequest request, ref JsonWalk walk)
    {
        if (walk.Is("mode"u8))
            request.ToolChoice = ChatWords.Choice(ref walk);
        else if (walk.Is("tools"u8) && walk.TryEnter(JsonToken.StartArray))
        {
            while (walk.NextElement())
            {
                AllowedTool tool = default;
                ReadAllowed(ref walk, ref tool);
                request.LoseIf(!tool.Name.IsPresent, request.Names.ToolChoice);
                if (tool.Name.IsPresent)
                    request.AllowedTools.Add(tool);
            }
        }
        else
            return false;
        return true;
    }

    private static void ReadAllowed(ref JsonWalk walk, ref AllowedTool tool)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8))
                tool = tool with { IsCustom = walk.IsText("custom"u8) };
            else if (walk.Is("name"u8) && walk.Token == JsonToken.String)
                tool = tool with { Name = walk.Text };
            else if (walk.Is("namespace"u8) && walk.Token == JsonToken.String)
                tool = tool with { Namespace = walk.Text };
            else if (walk.Is("function"u8) || walk.Is("custom"u8))
                ReadAllowed(ref walk, ref tool);
        }
    }
}
