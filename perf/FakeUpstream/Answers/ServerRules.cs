using System.Text.Json;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What servers that speak OpenAI's dialect refuse in a chat besides, each by its own API's words as far as they matter.</summary>
internal static class ServerRules
{
    public static readonly string[] Servers = ["groq", "deepseek", "mistral", "ollama", "qwen"];

    private static readonly string[] MistralFields =
    [
        "model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "response_format", "tools", "tool_choice",
        "presence_penalty", "frequency_penalty", "n", "prediction", "parallel_tool_calls", "prompt_mode", "safe_prompt", "metadata",
    ];

    /// <summary>What is wrong with a chat for one of them, and its status; null for nothing.</summary>
    public static (int Status, string Fault)? FaultOf(ReadOnlyMemory<byte> body, string server)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        return server switch
        {
            "groq" => OfGroq(root) is { } groq ? (400, groq) : null,
            "deepseek" => OfDeepSeek(root),
            "mistral" => OfMistral(root),
            "ollama" => OfOllama(root) is { } ollama ? (400, ollama) : null,
            "qwen" => OfQwen(root) is { } qwen ? (400, qwen) : null,
            _ => throw new ArgumentOutOfRangeException(nameof(server), server, "no server of that name"),
        };
    }

    private static string? OfGroq(JsonElement root)
    {
        foreach (var field in (string[])["logprobs", "top_logprobs", "logit_bias"])
        {
            if (root.TryGetProperty(field, out _))
                return $"property '{field}' is unsupported";
        }

        if (root.TryGetProperty("n", out var n) && n.GetInt32() != 1)
            return "'n' : number must be at most 1";
        if (root.TryGetProperty("response_format", out var format) && Text(format, "type") != "text")
        {
            if (root.TryGetProperty("tools", out _))
                return "json mode cannot be combined with tool/function calling";
            if (Text(format, "type") == "json_schema")
                return "This model does not support response format `json_schema`.";
        }

        return LacksWord(root) ?? (Messages(root).Any(message => Text(message, "role") != "user" && Content(message).ValueKind == JsonValueKind.Array)
            ? "'messages.0' : for 'role:system' the following must be satisfied[('messages.0.content' : value must be a string)]"
            : null);
    }

    private static (int Status, string Fault)? OfDeepSeek(JsonElement root)
    {
        if (Messages(root).Any(message => Content(message).ValueKind == JsonValueKind.Array))
            return (422, "Failed to deserialize the JSON body into the target type: messages[0]: invalid type: sequence, expected a string");
        if (root.TryGetProperty("response_format", out var format) && Text(format, "type") == "json_schema")
            return (400, "This response_format type is unavailable now");
        if (LacksWord(root) is { } word)
            return (400, word);
        if (Text(root, "model") == "deepseek-chat")
            return null;
        if (root.TryGetProperty("tool_choice", out var choice) && (choice.ValueKind == JsonValueKind.Object || choice.GetString() == "required"))
            return (400, "Thinking mode does not support this tool_choice");
        return Messages(root).Any(message => message.TryGetProperty("tool_calls", out _) && Text(message, "reasoning_content") is null)
            ? (400, "The `reasoning_content` in the thinking mode must be passed back to the API.")
            : null;
    }

    private static (int Status, string Fault)? OfMistral(JsonElement root)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (!MistralFields.Contains(member.Name))
                return (422, $"extra_forbidden: body.{member.Name}: Extra inputs are not permitted");
        }

        var before = "";
        foreach (var message in Messages(root))
        {
            var role = Text(message, "role") ?? "";
            if (before == "tool" && role is not ("tool" or "assistant"))
                return (400, $"Unexpected role '{role}' after role 'tool'");
            if (role == "assistant" && !message.TryGetProperty("tool_calls", out _) && string.IsNullOrEmpty(Text(message, "content")))
                return (400, "Assistant message must have either content or tool_calls, but not none.");
            if (message.TryGetProperty("reasoning_content", out _))
                return (422, "extra_forbidden: body.messages.assistant.reasoning_content");
            before = role;
        }

        var isPrefix = before == "assistant" && Messages(root).Last().TryGetProperty("prefix", out var prefix) && prefix.ValueKind == JsonValueKind.True;
        return before is "user" or "tool" || isPrefix
            ? null
            : (400, $"Expected last role User or Tool (or Assistant with prefix True) for serving but got {before}");
    }

    private static string? OfOllama(JsonElement root) => Messages(root).SelectMany(Parts).Any(part =>
        Text(part, "type") == "file"
            || (part.TryGetProperty("image_url", out var image) && Text(image, "url")?.StartsWith("data:", StringComparison.Ordinal) != true))
        ? "invalid image input"
        : null;

    /// <summary>The template of Qwen's models, whoever serves them.</summary>
    private static string? OfQwen(JsonElement root) =>
        Messages(root).Skip(1).Any(message => Text(message, "role") is "system" or "developer") ? "System message must be at the beginning." : null;

    private static string? LacksWord(JsonElement root) =>
        root.TryGetProperty("response_format", out var format) && Text(format, "type") == "json_object"
            && !root.GetProperty("messages").GetRawText().Contains("json", StringComparison.OrdinalIgnoreCase)
            ? "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            : null;

    private static JsonElement.ArrayEnumerator Messages(JsonElement root) =>
        root.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array ? messages.EnumerateArray() : default;

    private static JsonElement Content(JsonElement message) => message.TryGetProperty("content", out var content) ? content : default;

    private static IEnumerable<JsonElement> Parts(JsonElement message) =>
        Content(message) is { ValueKind: JsonValueKind.Array } content ? content.EnumerateArray() : [];
}
