using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>A function call that the answer makes, its arguments an instance of the tool's schema.</summary>
internal sealed record ToolCall(string Id, string ItemId, string Name, TextPieces Arguments);

/// <summary>Tool calls and structured text that a request asks for.</summary>
internal sealed record RequestWishes(IReadOnlyList<ToolCall> Calls, string? StructuredText)
{
    public static RequestWishes None { get; } = new([], null);

    /// <summary>From tools, tool_choice, messages and response_format.</summary>
    public static RequestWishes ReadChat(AnswerContext context)
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

    /// <summary>From tools, tool_choice, messages and output_config.format of Anthropic's dialect.</summary>
    public static RequestWishes ReadMessages(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body, new JsonDocumentOptions { MaxDepth = 256 });
        if (FindUses(context, document.RootElement) is { Count: > 0 } calls)
            return new RequestWishes(calls, null);
        return document.RootElement.TryGetProperty("output_config", out var config) && config.TryGetProperty("format", out var format)
            && format.TryGetProperty("schema", out var schema)
            ? new([], SchemaSample.Write(schema))
            : None;
    }

    private static List<ToolCall> FindUses(AnswerContext context, JsonElement root)
    {
        var calls = new List<ToolCall>();
        var choice = root.TryGetProperty("tool_choice", out var chosen) ? chosen : default;
        if (context.Script.Tools == "off" || (HasResult(root) && context.Script.Tools != "always") || Text(choice, "type") == "none"
            || !root.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array)
            return calls;
        foreach (var tool in tools.EnumerateArray())
        {
            if (Text(tool, "name") is not { } name)
                continue;
            var input = tool.TryGetProperty("input_schema", out var schema) ? SchemaSample.Write(schema) : "{}";
            calls.Add(new ToolCall(context.Id("toolu_", calls.Count), "", name, new TextPieces(input)));
            if (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("disable_parallel_tool_use", out var single) && single.ValueKind == JsonValueKind.True)
                break;
        }

        return calls;
    }

    /// <summary>From tools, contents and generationConfig of Gemini's dialect.</summary>
    public static RequestWishes ReadContents(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        if (FindFunctions(context, root) is { Count: > 0 } calls)
            return new RequestWishes(calls, null);
        if (!root.TryGetProperty("generationConfig", out var config))
            return None;
        return config.TryGetProperty("responseJsonSchema", out var schema) || config.TryGetProperty("responseSchema", out schema)
            ? new([], SchemaSample.Write(schema))
            : None;
    }

    private static List<ToolCall> FindFunctions(AnswerContext context, JsonElement root)
    {
        var calls = new List<ToolCall>();
        var contents = root.GetProperty("contents");
        var last = contents[contents.GetArrayLength() - 1];
        var answered = last.TryGetProperty("parts", out var parts) && parts.ValueKind == JsonValueKind.Array
            && parts.EnumerateArray().Any(part => part.TryGetProperty("functionResponse", out _));
        if (context.Script.Tools == "off" || (answered && context.Script.Tools != "always") || !root.TryGetProperty("tools", out var tools))
            return calls;
        foreach (var tool in tools.EnumerateArray())
        {
            if (!tool.TryGetProperty("functionDeclarations", out var functions))
                continue;
            foreach (var function in functions.EnumerateArray())
            {
                var input = function.TryGetProperty("parametersJsonSchema", out var schema) || function.TryGetProperty("parameters", out schema) ? SchemaSample.Write(schema) : "{}";
                calls.Add(new ToolCall(context.Id("call_", calls.Count), "", Text(function, "name") ?? "", new TextPieces(input)));
            }
        }

        return calls;
    }

    /// <summary>Whether the last message answers a tool.</summary>
    private static bool HasResult(JsonElement root) =>
        root.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array && messages.GetArrayLength() > 0
        && messages[messages.GetArrayLength() - 1] is { ValueKind: JsonValueKind.Object } last
        && last.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array
        && content.EnumerateArray().Any(block => Text(block, "type") == "tool_result");

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

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
