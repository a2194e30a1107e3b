using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Writes the tools of a request for chat completions, and which of them may or must be called.</summary>
internal static class ChatToolWriter
{
    /// <param name="request">The request.</param>
    /// <param name="json">Where to.</param>
    /// <param name="model">What the model takes.</param>
    public static void Write(NeutralRequest request, JsonOut json, in ModelAbilities model)
    {
        json.StartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            if (tool.IsCustom)
                WriteCustom(request, json, tool);
            else
                WriteFunction(request, json, tool, model);
        }

        json.EndArray();
        WriteChoice(request, json);
        if (request.IsSerial)
            json.Flag("parallel_tool_calls"u8, false);
    }

    private static void WriteFunction(NeutralRequest request, JsonOut json, in NeutralTool tool, in ModelAbilities model)
    {
        var source = request.Source;
        json.StartObject().Text("type"u8, "function"u8).StartObject("function"u8).Text("name"u8, tool.Name.Of(source));
        if (tool.Description.IsPresent)
            json.Text("description"u8, tool.Description.Of(source));
        var keeps = request.KeepsTo(tool, model.KeepsToAnySchema);
        if (tool.Schema.IsPresent)
            SchemaText.WriteParameters(json, request, tool, keeps);
        if (keeps)
            json.Flag("strict"u8, true);
        json.EndObject();
        if (model.Takes(RequestFeatures.CacheControl))
            PromptCache.Write(request, json, tool.CacheMark);
        json.EndObject();
    }

    private static void WriteCustom(NeutralRequest request, JsonOut json, in NeutralTool tool)
    {
        var source = request.Source;
        json.StartObject().Text("type"u8, "custom"u8).StartObject("custom"u8).Text("name"u8, tool.Name.Of(source));
        if (tool.Description.IsPresent)
            json.Text("description"u8, tool.Description.Of(source));
        if (tool.Grammar.IsPresent)
            json.StartObject("format"u8).Text("type"u8, "grammar"u8).StartObject("grammar"u8).Text("syntax"u8, tool.Syntax.Of(source))
                .Text("definition"u8, tool.Grammar.Of(source)).EndObject().EndObject();
        json.EndObject().EndObject();
    }

    private static void WriteChoice(NeutralRequest request, JsonOut json)
    {
        if (request.ToolChoice == ToolChoice.Named)
            WriteNamed(request, json.StartObject("tool_choice"u8), request.ToolName, request.ToolIsCustom);
        else if (request.AllowedTools.Count > 0)
        {
            json.StartObject("tool_choice"u8).Text("type"u8, "allowed_tools"u8).StartObject("allowed_tools"u8)
                .Text("mode"u8, ChatWords.Choice(request.ToolChoice)).StartArray("tools"u8);
            foreach (var tool in request.AllowedTools)
                WriteNamed(request, json.StartObject(), tool.Name, tool.IsCustom);
            json.EndArray().EndObject().EndObject();
        }
        else if (request.ToolChoice != ToolChoice.Unset)
            json.Text("tool_choice"u8, ChatWords.Choice(request.ToolChoice));
    }

    private static void WriteNamed(NeutralRequest request, JsonOut json, Piece name, bool isCustom)
    {
        var type = isCustom ? "custom"u8 : "function"u8;
        json.Text("type"u8, type).StartObject(type).Text("name"u8, name.Of(request.Source)).EndObject().EndObject();
    }
}
