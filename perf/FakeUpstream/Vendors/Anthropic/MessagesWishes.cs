using System.Text.Json;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What requests for messages ask for.</summary>
internal static class MessagesWishes
{
    /// <summary>From tools, tool_choice, messages and output_config.format of Anthropic's dialect.</summary>
    public static RequestWishes Read(AnswerContext context)
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

    /// <summary>Whether the last message answers a tool.</summary>
    private static bool HasResult(JsonElement root) =>
        root.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array && messages.GetArrayLength() > 0
        && messages[messages.GetArrayLength() - 1] is { ValueKind: JsonValueKind.Object } last
        && last.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array
        && content.EnumerateArray().Any(block => Text(block, "type") == "tool_result");
}
