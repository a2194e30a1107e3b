using System.Text.Json;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What requests for chats and responses ask for.</summary>
internal static class ChatWishes
{
    /// <summary>From tools, tool_choice, messages and response_format.</summary>
    public static RequestWishes Read(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        var answered = root.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array && messages.GetArrayLength() > 0
            && Text(messages[messages.GetArrayLength() - 1], "role") == "tool";
        if (FindCalls(context, root, answered, tool => tool.TryGetProperty("function", out var function) ? function : default) is { Count: > 0 } calls)
            return new RequestWishes(calls, null);
        if (!root.TryGetProperty("response_format", out var format) || format.ValueKind != JsonValueKind.Object)
            return None;
        return Text(format, "type") switch
        {
            "json_schema" when format.TryGetProperty("json_schema", out var named) && named.TryGetProperty("schema", out var schema) => new([], SchemaSample.Write(schema)),
            "json_object" => new([], """{"answer":"caf\u00e9","count":2}"""),
            _ => None,
        };
    }

    /// <summary>From tools, tool_choice, input and text.format of the responses dialect.</summary>
    public static RequestWishes ReadResponses(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        var answered = root.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.Array
            && input.EnumerateArray().Any(item => Text(item, "type") == "function_call_output");
        if (FindCalls(context, root, answered, tool => tool) is { Count: > 0 } calls)
            return new RequestWishes(calls, null);
        if (!root.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.Object || !text.TryGetProperty("format", out var format))
            return None;
        return Text(format, "type") == "json_schema" && format.TryGetProperty("schema", out var schema) ? new([], SchemaSample.Write(schema)) : None;
    }

    private static List<ToolCall> FindCalls(AnswerContext context, JsonElement root, bool answered, Func<JsonElement, JsonElement> functionOf)
    {
        var calls = new List<ToolCall>();
        if (context.Script.Tools == "off" || (answered && context.Script.Tools != "always"))
            return calls;
        if (!root.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array || Text(root, "tool_choice") == "none")
            return calls;
        foreach (var tool in tools.EnumerateArray())
        {
            if (Text(tool, "type") != "function" || functionOf(tool) is not { ValueKind: JsonValueKind.Object } function || Text(function, "name") is not { } name)
                continue;
            var arguments = function.TryGetProperty("parameters", out var schema) ? SchemaSample.Write(schema) : "{}";
            calls.Add(new ToolCall(context.Id("call_", calls.Count), context.Id("fc_", calls.Count), name, new TextPieces(arguments)));
            if (root.TryGetProperty("parallel_tool_calls", out var parallel) && parallel.ValueKind == JsonValueKind.False)
                break;
        }

        return calls;
    }
}
