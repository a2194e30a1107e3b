using System.Text.Json;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What requests for contents ask for.</summary>
internal static class ContentsWishes
{
    /// <summary>From tools, contents and generationConfig of Gemini's dialect.</summary>
    public static RequestWishes Read(AnswerContext context)
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
}
