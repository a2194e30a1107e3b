using System.Text.Json;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What OpenAI refuses in a request for a response, as far as it matters to who writes one.</summary>
internal static class ResponsesRules
{
    private const int TokensMin = 16;
    private const int UserLengthMax = 64;
    private const int CallIdLengthMax = 64;
    private const int ItemIdLengthMax = 64;

    private static readonly string[] Fields =
    [
        "model", "instructions", "input", "max_output_tokens", "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "include", "text",
        "user", "metadata", "service_tier", "prompt_cache_key", "prompt_cache_retention", "store", "stream", "safety_identifier", "top_logprobs", "background",
        "previous_response_id", "conversation", "prompt", "max_tool_calls", "truncation", "stream_options",
    ];

    /// <summary>What is wrong with the request; null for nothing.</summary>
    /// <param name="body">The request.</param>
    /// <param name="refusesUnknown">Whether fields that OpenAI does not know are looked at, too.</param>
    public static string? FaultOf(ReadOnlyMemory<byte> body, bool refusesUnknown = true)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        foreach (var member in root.EnumerateObject())
        {
            if (refusesUnknown && !Fields.Contains(member.Name))
                return $"Unknown parameter: '{member.Name}'.";
        }

        if (root.TryGetProperty("max_output_tokens", out var max) && max.GetInt64() < TokensMin)
            return "Invalid 'max_output_tokens': integer below minimum value.";
        if (max.ValueKind == JsonValueKind.Number && max.GetInt64() > OutputMaxima.Of(Text(root, "model")))
            return "Invalid 'max_output_tokens': integer above maximum value.";
        if (Text(root, "user") is { Length: > UserLengthMax })
            return "Invalid 'user': string too long.";
        var thinks = Text(root, "model") is { } model && (model.StartsWith("gpt-5", StringComparison.Ordinal) || model.StartsWith("gpt-6", StringComparison.Ordinal));
        if (!thinks && root.TryGetProperty("include", out var include) && include.GetRawText().Contains("encrypted", StringComparison.Ordinal))
            return "Encrypted content is not supported with this model.";
        if (root.TryGetProperty("text", out var said) && said.TryGetProperty("format", out var format) && Text(format, "type") == "json_schema"
            && StrictSchema.FaultOf(format, ChatRules.IsStrict(format)) is { } refused)
            return refused;
        return ReasoningRules.FaultOf(root) ?? FaultOfTools(root) ?? FaultOfInput(root, thinks);
    }

    private static string? FaultOfTools(JsonElement root)
    {
        if (!root.TryGetProperty("tools", out var tools))
            return root.TryGetProperty("tool_choice", out _) ? "Tool choice is only allowed when 'tools' are specified." : null;
        foreach (var (at, tool) in tools.EnumerateArray().Index())
        {
            if (Text(tool, "type") is "function" or "custom" && NameRules.FaultOf(Text(tool, "name"), $"tools[{at}].name") is { } unnamed)
                return unnamed;
            if (Text(tool, "type") != "function")
                continue;
            var isWell = tool.TryGetProperty("parameters", out var schema) && schema.ValueKind is JsonValueKind.Object or JsonValueKind.Null;
            if (!isWell)
                return "Invalid 'tools[0]'.";
            if (StrictSchema.FaultOfParameters(tool) is { } lacking)
                return lacking;
            if (ChatRules.IsStrict(tool) && StrictSchema.FaultOf(tool.GetProperty("parameters")) is { } refused)
                return refused;
        }

        return root.TryGetProperty("tool_choice", out var choice) && choice.ValueKind == JsonValueKind.Object && Text(choice, "type") is "function" or "custom" or "allowed_tools"
            ? NameRules.FaultOfChoice(root, [.. tools.EnumerateArray().Select(NameRules.NameIn)])
            : null;
    }

    private static string? FaultOfInput(JsonElement root, bool thinks)
    {
        if (root.TryGetProperty("input", out var text) && text.ValueKind == JsonValueKind.String)
            return null;
        if (!root.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.Array || input.GetArrayLength() == 0)
            return "One of \"input\" or \"previous_response_id\" must be provided.";
        var calls = new HashSet<string>(StringComparer.Ordinal);
        var referred = 0;
        foreach (var (at, item) in input.EnumerateArray().Index())
        {
            if (Text(item, "type") is "function_call" or "custom_tool_call" && NameRules.FaultOf(Text(item, "name"), $"input[{at}].name") is { } unnamed)
                return unnamed;
            if (FaultOfId(item, $"input[{at}].id") is { } unknown)
                return unknown;
            if (Text(item, "type") == "item_reference" && Text(item, "id")?.Contains("_fake", StringComparison.Ordinal) != true)
                return $"Item with id '{Text(item, "id")}' not found.";
            var isWell = Text(item, "type") switch
            {
                "item_reference" when Text(item, "id")!.StartsWith("fc_", StringComparison.Ordinal) => ++referred > 0,
                "item_reference" => true,
                "message" or null => IsMessage(item),
                "custom_tool_call" => Text(item, "input") is not null && IsId(item) && calls.Add(Text(item, "call_id")!),
                "custom_tool_call_output" => calls.Remove(Text(item, "call_id") ?? "") && item.TryGetProperty("output", out _),
                "function_call" => Text(item, "arguments") is not null && IsId(item) && calls.Add(Text(item, "call_id")!),
                "function_call_output" => (calls.Remove(Text(item, "call_id") ?? "") || referred-- > 0) && item.TryGetProperty("output", out var output)
                    && (output.ValueKind == JsonValueKind.String || AreParts(output, IsInput)),
                "reasoning" when !thinks => false,
                "reasoning" => item.TryGetProperty("summary", out _) && Text(item, "encrypted_content") is { Length: > 0 },
                _ => false,
            };
            if (!isWell)
                return $"Invalid 'input': {item.GetRawText()}";
        }

        return calls.Count > 0 ? "No tool output found for function call." : null;
    }

    /// <summary>An item sent whole may have an id of anybody's, as long as it looks like one of its kind.</summary>
    private static string? FaultOfId(JsonElement item, string where)
    {
        if (Text(item, "id") is not { } id)
            return null;
        if (id.Length > ItemIdLengthMax)
            return $"Invalid '{where}': string too long. Expected a string with maximum length {ItemIdLengthMax}, but got a string with length {id.Length} instead.";
        var begin = Text(item, "type") switch
        {
            "function_call" => "fc",
            "custom_tool_call" => "ctc",
            "reasoning" => "rs",
            "message" or null when Text(item, "role") == "assistant" => "msg",
            _ => "",
        };
        return id.StartsWith(begin, StringComparison.Ordinal) ? null : $"Invalid '{where}': '{id}'. Expected an ID that begins with '{begin}'.";
    }

    private static bool IsId(JsonElement item) => Text(item, "call_id") is { Length: > 0 and <= CallIdLengthMax };

    private static bool IsMessage(JsonElement message) => Text(message, "role") switch
    {
        _ when message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String => true,
        "user" or "system" or "developer" => AreParts(message.GetProperty("content"), IsInput),
        "assistant" => AreParts(message.GetProperty("content"), part => Text(part, "type") is "output_text" or "refusal"),
        _ => false,
    };

    private static bool AreParts(JsonElement parts, Func<JsonElement, bool> isPart) =>
        parts.ValueKind == JsonValueKind.Array && parts.GetArrayLength() > 0 && parts.EnumerateArray().All(isPart);

    private static bool IsInput(JsonElement part) => Text(part, "type") switch
    {
        "input_text" => Text(part, "text") is not null,
        "input_image" => Uri.TryCreate(Text(part, "image_url"), UriKind.Absolute, out _) || Text(part, "file_id") is not null,
        "input_file" => Text(part, "file_id") is not null || Text(part, "file_url") is not null
            || (Text(part, "filename") is { Length: > 0 } && Text(part, "file_data")?.StartsWith("data:", StringComparison.Ordinal) == true),
        _ => false,
    };
}
