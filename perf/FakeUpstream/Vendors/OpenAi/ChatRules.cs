using System.Text.Json;
using static AiEdge.FakeUpstream.RequestWishes;

namespace AiEdge.FakeUpstream;

/// <summary>What OpenAI refuses in a request for chat completions, as far as it matters to who writes one.</summary>
internal static class ChatRules
{
    private const int CallIdLengthMax = 40;
    private const int StopsMax = 4;
    private const int UserLengthMax = 64;

    private static readonly string[] Fields =
    [
        "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "presence_penalty", "frequency_penalty", "stop", "tools",
        "tool_choice", "parallel_tool_calls", "reasoning_effort", "response_format", "user", "n", "stream", "stream_options", "logprobs", "top_logprobs",
        "logit_bias", "metadata", "store", "service_tier", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "verbosity", "modalities", "audio",
        "prediction", "web_search_options", "functions", "function_call",
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
                return $"Unrecognized request argument supplied: {member.Name}";
        }

        if (root.TryGetProperty("stop", out var stops) && stops.ValueKind == JsonValueKind.Array && stops.GetArrayLength() > StopsMax)
            return "Invalid 'stop': array too long";
        if (root.TryGetProperty("stream_options", out _) && !(root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True))
            return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        if (root.TryGetProperty("response_format", out var format) && Text(format, "type") == "json_schema"
            && !(format.TryGetProperty("json_schema", out var named) && Text(named, "name") is { Length: > 0 } && named.TryGetProperty("schema", out _)))
            return "Missing required parameter: 'response_format.json_schema'.";
        if (format.ValueKind == JsonValueKind.Object && format.TryGetProperty("json_schema", out var kept) && StrictSchema.FaultOf(kept, IsStrict(kept)) is { } refused)
            return refused;
        if (root.TryGetProperty("top_logprobs", out _) && !(root.TryGetProperty("logprobs", out var told) && told.ValueKind == JsonValueKind.True))
            return "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.";
        foreach (var name in (string[])["user", "safety_identifier"])
        {
            // Names with their maker's before them are OpenRouter's, which takes twice as much.
            var most = Text(root, "model")?.Contains('/', StringComparison.Ordinal) == true ? 2 * UserLengthMax : UserLengthMax;
            if (Text(root, name) is { } user && user.Length > most)
                return $"Invalid '{name}': string too long. Expected a string with maximum length {most}.";
        }

        return ReasoningRules.FaultOf(root) ?? FaultOfCap(root) ?? ReasoningRules.FaultOfCalls(root) ?? FaultOfTools(root) ?? FaultOfMessages(root);
    }

    private static string? FaultOfCap(JsonElement root)
    {
        var most = OutputMaxima.Of(Text(root, "model"));
        foreach (var name in (string[])["max_tokens", "max_completion_tokens"])
        {
            if (root.TryGetProperty(name, out var cap) && cap.ValueKind == JsonValueKind.Number && cap.GetInt64() > most)
                return $"{name} is too large: {cap}. This model supports at most {most} completion tokens, whereas you provided {cap}.";
        }

        return null;
    }

    private static string? FaultOfTools(JsonElement root)
    {
        if (!root.TryGetProperty("tools", out var tools))
            return root.TryGetProperty("tool_choice", out _) || root.TryGetProperty("parallel_tool_calls", out _) ? "'tool_choice' is only allowed when 'tools' are specified." : null;
        foreach (var (at, tool) in tools.EnumerateArray().Index())
        {
            var type = Text(tool, "type") ?? "";
            if (NameRules.FaultOf(NameRules.NameIn(tool), $"tools[{at}].{type}.name") is { } unnamed)
                return unnamed;
            if (type == "custom" && tool.TryGetProperty("custom", out _))
                continue;
            var isWell = type == "function" && tool.TryGetProperty("function", out var function)
                && (!function.TryGetProperty("parameters", out var schema) || schema.ValueKind == JsonValueKind.Object);
            if (!isWell)
                return "Invalid 'tools[0]'.";
            if (StrictSchema.FaultOfParameters(tool.GetProperty("function")) is { } lacking)
                return lacking;
            if (tool.GetProperty("function") is var called && IsStrict(called) && called.TryGetProperty("parameters", out var wanted) && StrictSchema.FaultOf(wanted) is { } refused)
                return refused;
        }

        return NameRules.FaultOfChoice(root, [.. tools.EnumerateArray().Select(NameRules.NameIn)]);
    }

    private static string? FaultOfMessages(JsonElement root)
    {
        if (!root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
            return "Invalid 'messages': empty array.";
        var calls = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (at, message) in messages.EnumerateArray().Index())
        {
            var role = Text(message, "role");
            if (role == "tool" && !calls.Remove(Text(message, "tool_call_id") ?? ""))
                return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
            if (role != "tool" && calls.Count > 0)
                return "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
            if (role is not ("system" or "developer" or "user" or "assistant" or "tool"))
                return "Invalid value: messages.role";
            var called = role == "assistant" && message.TryGetProperty("tool_calls", out var made) ? made : default;
            if (!IsContent(message, role, mayBeNull: called.ValueKind == JsonValueKind.Array))
                return $"Invalid 'messages': content of {role}.";
            if (called.ValueKind == JsonValueKind.Array && FaultOfCalls(called, calls, $"messages[{at}].tool_calls") is { } uncalled)
                return uncalled;
        }

        return calls.Count > 0 ? "An assistant message with 'tool_calls' must be followed by tool messages." : null;
    }

    internal static bool IsStrict(JsonElement of) => of.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True;

    /// <summary>What is wrong with the calls of a message, whose ids are taken.</summary>
    private static string? FaultOfCalls(JsonElement made, HashSet<string> calls, string where)
    {
        foreach (var (at, call) in made.EnumerateArray().Index())
        {
            var type = Text(call, "type") ?? "";
            if (NameRules.FaultOf(NameRules.NameIn(call), $"{where}[{at}].{type}.name") is { } unnamed)
                return unnamed;
            var isCustom = type == "custom";
            var isWell = (isCustom || type == "function") && call.TryGetProperty(type, out var function)
                && Text(function, isCustom ? "input" : "arguments") is not null && Text(call, "id") is { Length: > 0 and <= CallIdLengthMax };
            if (!isWell || !calls.Add(Text(call, "id")!))
                return $"Invalid '{where}[{at}]'.";
        }

        return made.GetArrayLength() > 0 ? null : $"Invalid '{where}': empty array.";
    }

    private static bool IsContent(JsonElement message, string role, bool mayBeNull)
    {
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null)
            return mayBeNull;
        if (content.ValueKind == JsonValueKind.String)
            return true;
        if (content.ValueKind != JsonValueKind.Array || content.GetArrayLength() == 0)
            return false;
        return content.EnumerateArray().All(part => Text(part, "type") switch
        {
            "text" => Text(part, "text") is not null,
            "refusal" when role == "assistant" => true,
            "input_audio" when role == "user" => true,
            "image_url" when role == "user" => part.TryGetProperty("image_url", out var image) && Uri.TryCreate(Text(image, "url"), UriKind.Absolute, out _),
            "file" when role == "user" => part.TryGetProperty("file", out var file) && (Text(file, "file_id") ?? Text(file, "file_data"))?.StartsWith("data:", StringComparison.Ordinal) == true
                && Text(file, "filename") is { Length: > 0 },
            _ => false,
        });
    }
}
