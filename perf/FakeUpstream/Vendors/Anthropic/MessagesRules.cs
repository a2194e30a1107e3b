using System.Text.Json;
using System.Text.RegularExpressions;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What Anthropic refuses in a request for messages, in its words as far as they matter.</summary>
internal static class MessagesRules
{
    private static readonly string[] Fields =
    [
        "model", "max_tokens", "messages", "system", "stream", "temperature", "top_p", "top_k", "stop_sequences", "tools", "tool_choice", "thinking",
        "metadata", "output_config", "service_tier", "container", "context_management", "mcp_servers", "cache_control", "speed", "inference_geo",
    ];

    private const int ThinkingTokensMin = 1024;
    private const int NameLengthMax = 128;

    /// <summary>What is wrong with the request; null for nothing. On Vertex the path has the model, and the body the version of the API.</summary>
    public static string? FaultOf(ReadOnlyMemory<byte> body, bool isOnVertex)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        var root = document.RootElement;
        foreach (var member in root.EnumerateObject())
        {
            if (isOnVertex ? !(Fields.Contains(member.Name) || member.Name == "anthropic_version") || member.Name == "model" : !Fields.Contains(member.Name))
                return $"{member.Name}: Extra inputs are not permitted";
        }

        if (isOnVertex && Text(root, "anthropic_version") != "vertex-2023-10-16")
            return "anthropic_version: Field required";

        return FaultOfNumbers(root) ?? FaultOfThinking(root) ?? FaultOfFormat(root) ?? FaultOfTools(root) ?? FaultOfSchemas(root) ?? FaultOfMessages(root)
            ?? PrefillRules.FaultOf(root) ?? (isOnVertex ? FaultOfUrls(root) : null);
    }

    private static string? FaultOfNumbers(JsonElement root)
    {
        if (!root.TryGetProperty("max_tokens", out var max) || max.ValueKind != JsonValueKind.Number || max.GetInt64() < 1)
            return "max_tokens: Field required";
        if (max.GetInt64() > OutputMaxima.Of(Text(root, "model")))
            return $"max_tokens: {max} > {OutputMaxima.Of(Text(root, "model"))}, which is the maximum allowed number of output tokens for {Text(root, "model")}";
        if (root.TryGetProperty("temperature", out var warm) && (warm.ValueKind != JsonValueKind.Number || warm.GetDouble() is < 0 or > 1))
            return "temperature: Input should be less than or equal to 1";
        if (root.TryGetProperty("temperature", out _) && root.TryGetProperty("top_p", out _))
            return "`temperature` and `top_p` cannot both be specified for this model. Please use only one.";
        if (root.TryGetProperty("stop_sequences", out var stops) && stops.ValueKind != JsonValueKind.Array)
            return "stop_sequences: Input should be a valid list";
        if (stops.ValueKind == JsonValueKind.Array && stops.EnumerateArray().Any(stop => string.IsNullOrWhiteSpace(stop.GetString())))
            return "stop_sequences: each stop sequence must contain non-whitespace";
        if (root.TryGetProperty("metadata", out var told) && FaultOfUser(Text(told, "user_id")) is { } refused)
            return refused;
        return root.TryGetProperty("metadata", out var metadata) && metadata.EnumerateObject().Any(member => member.Name != "user_id")
            ? "metadata: Extra inputs are not permitted"
            : null;
    }

    private static string? FaultOfUser(string? user) => user switch
    {
        { Length: > 256 } => "metadata.user_id: String should have at most 256 characters",
        not null when Regex.IsMatch(user, @"[\w.+-]+@[\w-]+\.\w") => "metadata.user_id: user_id appears to contain an email address. Please send a uuid or hash value instead.",
        not null when Regex.IsMatch(user, @"^\+[\d ()-]{7,}$") => "metadata.user_id: user_id appears to contain a phone number. Please send a uuid or hash value instead.",
        _ => null,
    };

    /// <summary>Models before structured outputs.</summary>
    private static bool IsOld(JsonElement root) =>
        Text(root, "model") is { } model && (model.StartsWith("claude-3", StringComparison.Ordinal) || model.Contains("-4-20", StringComparison.Ordinal)
            || model.Contains("-4-1", StringComparison.Ordinal));

    private static string? FaultOfUrls(JsonElement root) =>
        root.GetProperty("messages").EnumerateArray().Any(message => Blocks(message).Any(block => block.TryGetProperty("source", out var source) && Text(source, "type") == "url"))
            ? "messages.0.content.0.image.source.base64.data: URL sources are not supported"
            : null;

    private static string? FaultOfFormat(JsonElement root) =>
        IsOld(root) && root.TryGetProperty("output_config", out var kept) && kept.TryGetProperty("format", out _)
            ? $"'{Text(root, "model")}' does not support output format."
            : root.TryGetProperty("output_config", out var output) && output.TryGetProperty("format", out var format) && format.TryGetProperty("schema", out var schema)
            ? MessagesSchema.FaultOf(schema)
            : null;

    /// <summary>What those that are kept to have all together.</summary>
    private static string? FaultOfSchemas(JsonElement root)
    {
        JsonElement? answer = root.TryGetProperty("output_config", out var output) && output.TryGetProperty("format", out var format)
            && format.TryGetProperty("schema", out var schema)
            ? schema
            : null;
        var tools = root.TryGetProperty("tools", out var all)
            ? all.EnumerateArray().Where(tool => tool.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True)
                .Select(tool => tool.GetProperty("input_schema"))
            : [];
        return MessagesSchema.FaultOf(answer, [.. tools]);
    }

    private static string? FaultOfThinking(JsonElement root)
    {
        if (!root.TryGetProperty("thinking", out var thinking))
            return null;
        if (Text(thinking, "type") is "disabled" or "between_tools")
            return FaultOfRest(Text(root, "model") ?? "", thinking);
        if (Text(thinking, "type") != "enabled")
            return null;
        if (!thinking.TryGetProperty("budget_tokens", out var budget) || budget.GetInt64() < ThinkingTokensMin)
            return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
        if (budget.GetInt64() >= root.GetProperty("max_tokens").GetInt64())
            return "`max_tokens` must be greater than `thinking.budget_tokens`.";
        if (root.TryGetProperty("temperature", out var warm) && warm.GetDouble() != 1)
            return "`temperature` may only be set to 1 when thinking is enabled.";
        if (root.TryGetProperty("tool_choice", out var choice) && Text(choice, "type") is "any" or "tool")
            return "Thinking may not be enabled when tool_choice forces tool use.";
        return CallsWithoutThought(root) ? "Expected `thinking` or `redacted_thinking`, but found `tool_use`." : null;
    }

    /// <summary>Anthropic's pages of what is new in each model: from 5.5 on all but Haiku think always, Sonnet at least between calls.</summary>
    private static string? FaultOfRest(string model, JsonElement thinking)
    {
        var type = Text(thinking, "type");
        var isTaken = type == "disabled" ? !ClaudeModel.AlwaysThinks(model) : ClaudeModel.AlwaysThinks(model) && model.Contains("sonnet", StringComparison.Ordinal);
        if (!isTaken)
            return $"\"thinking.type.{type}\" is not supported for this model.";
        return thinking.EnumerateObject().Count() > 1 ? $"thinking.{type}: Extra inputs are not permitted" : null;
    }

    private static bool CallsWithoutThought(JsonElement root)
    {
        var last = root.GetProperty("messages").EnumerateArray().LastOrDefault(message => Text(message, "role") == "assistant");
        return Blocks(last).Any(block => Text(block, "type") == "tool_use")
            && !Blocks(last).Any(block => Text(block, "type") is "thinking" or "redacted_thinking");
    }

    private static string? FaultOfTools(JsonElement root)
    {
        if (!root.TryGetProperty("tools", out var tools))
            return root.TryGetProperty("tool_choice", out _) ? "tool_choice: may only be specified while providing tools" : null;
        foreach (var (at, tool) in tools.EnumerateArray().Index())
        {
            if (tool.TryGetProperty("type", out var type) && type.GetString() != "custom")
                continue;
            if (FaultOfName(Text(tool, "name"), $"tools.{at}.custom.name") is { } unnamed)
                return unnamed;
            if (!tool.TryGetProperty("input_schema", out var schema) || Text(schema, "type") != "object")
                return "tools.0.custom.input_schema.type: Field required";
            if (IsOld(root) && tool.TryGetProperty("strict", out _))
                return "tools.0.custom.strict: Extra inputs are not permitted";
            if (tool.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True && MessagesSchema.FaultOf(schema) is { } refused)
                return refused;
        }

        return root.TryGetProperty("tool_choice", out var choice) && Text(choice, "type") == "tool"
            && !tools.EnumerateArray().Any(tool => Text(tool, "name") == Text(choice, "name"))
            ? "Tool not found in provided tools"
            : null;
    }

    private static string? FaultOfMessages(JsonElement root)
    {
        if (!root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
            return "messages: at least one message is required";
        if (root.TryGetProperty("system", out var system) && system.ValueKind == JsonValueKind.Array
            && system.EnumerateArray().Any(block => string.IsNullOrWhiteSpace(Text(block, "text"))))
            return "system: text content blocks must contain non-whitespace text";
        var calls = new HashSet<string>();
        var before = "";
        foreach (var (at, message) in messages.EnumerateArray().Index())
        {
            var role = Text(message, "role");
            if (role == "system" && ClaudeModel.Version(Text(root, "model") ?? "") >= 408)
            {
                // Behind a turn of the user's, and with nothing but the assistant's behind it.
                if (before != "user")
                    return "messages.0.role: a 'system' message must follow a 'user' message";
                before = "system";
                continue;
            }

            if (role is not ("user" or "assistant"))
                return "messages.0.role: Input should be 'user' or 'assistant'";
            if (before == "system" && role != "assistant")
                return "messages.0.role: a 'system' message must be followed by an 'assistant' message";
            if (before.Length == 0 && role != "user")
                return "messages: first message must use the \"user\" role";
            if (role == before)
                return "messages: roles must alternate between \"user\" and \"assistant\"";
            before = role;
            if (FaultOfContent(message, at) is { } fault)
                return fault;
            if (FaultOfResults(message, calls) is { } unknown)
                return unknown;
            calls = [.. Blocks(message).Where(block => Text(block, "type") == "tool_use").Select(block => Text(block, "id") ?? "")];
        }

        return calls.Count > 0 ? "`tool_use` ids were found without `tool_result` blocks immediately after" : null;
    }

    private static string? FaultOfContent(JsonElement message, int turn)
    {
        if (!message.TryGetProperty("content", out var content))
            return "messages.0.content: Field required";
        if (content.ValueKind == JsonValueKind.String)
            return string.IsNullOrWhiteSpace(content.GetString()) ? "messages: text content blocks must contain non-whitespace text" : null;
        if (content.ValueKind != JsonValueKind.Array || content.GetArrayLength() == 0)
            return "messages: content must not be empty";
        foreach (var (at, block) in content.EnumerateArray().Index())
        {
            if (Text(block, "type") == "tool_use" && FaultOfName(Text(block, "name"), $"messages.{turn}.content.{at}.tool_use.name") is { } unnamed)
                return unnamed;
            var isWell = Text(block, "type") switch
            {
                "text" => !string.IsNullOrWhiteSpace(Text(block, "text")),
                "image" or "document" => IsSource(block),
                "tool_use" => IsId(Text(block, "id")) && block.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.Object,
                "tool_result" => IsId(Text(block, "tool_use_id")),
                "thinking" => Text(block, "signature") is { Length: > 0 },
                "redacted_thinking" => Text(block, "data") is { Length: > 0 },
                _ => false,
            };
            if (!isWell)
                return $"messages.content: a block of type '{Text(block, "type")}' is not valid";
        }

        return null;
    }

    private static string? FaultOfName(string? name, string where)
    {
        if (name is null)
            return $"{where}: Field required";
        if (name.Length > NameLengthMax)
            return $"{where}: String should have at most {NameLengthMax} characters";
        return IsId(name) ? null : $"{where}: String should match pattern '^[a-zA-Z0-9_-]{{1,{NameLengthMax}}}$'";
    }

    private static bool IsId(string? id) => id is { Length: > 0 } && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-');

    private static bool IsSource(JsonElement block) => block.TryGetProperty("source", out var source) && Text(source, "type") switch
    {
        "base64" => (Text(block, "type") == "image" ? Text(source, "media_type") is "image/png" or "image/jpeg" or "image/gif" or "image/webp" : Text(source, "media_type") == "application/pdf")
            && Convert.TryFromBase64String(Text(source, "data") ?? "-", new byte[1 << 20], out _),
        "url" => Uri.TryCreate(Text(source, "url"), UriKind.Absolute, out _),
        "text" => Text(source, "data") is not null,
        _ => false,
    };

    /// <summary>Each call of the turn before has its result in this one, at its beginning, and nothing else has.</summary>
    private static string? FaultOfResults(JsonElement message, HashSet<string> calls)
    {
        var others = false;
        foreach (var block in Blocks(message))
        {
            if (Text(block, "type") != "tool_result")
            {
                others = true;
                continue;
            }

            if (others && calls.Count > 0)
                return "`tool_result` blocks must come first in the content";
            if (!calls.Remove(Text(block, "tool_use_id")!))
                return "unexpected `tool_use_id` found in `tool_result` blocks";
        }

        return calls.Count > 0 ? "`tool_use` ids were found without `tool_result` blocks immediately after" : null;
    }

    private static JsonElement.ArrayEnumerator Blocks(JsonElement message) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array
            ? content.EnumerateArray()
            : default;
}
