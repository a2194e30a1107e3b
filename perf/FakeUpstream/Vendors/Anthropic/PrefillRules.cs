using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What Anthropic refuses in messages that end with the assistant's, in its words as far as they matter.</summary>
internal static class PrefillRules
{
    /// <summary>What is wrong with the last message; null for nothing.</summary>
    public static string? FaultOf(JsonElement root)
    {
        var last = root.GetProperty("messages").EnumerateArray().LastOrDefault();
        if (RequestWishes.Text(last, "role") != "assistant")
            return null;
        if (ClaudeModel.Version(RequestWishes.Text(root, "model") ?? "") >= 406)
            return "This model does not support assistant message prefill. The conversation must end with a user message.";
        var content = last.GetProperty("content");
        var isBlocks = content.ValueKind == JsonValueKind.Array;
        var first = isBlocks ? RequestWishes.Text(content[0], "type") : "text";
        if (root.TryGetProperty("thinking", out var thinking) && RequestWishes.Text(thinking, "type") == "enabled" && first is not ("thinking" or "redacted_thinking"))
            return $"Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.";
        var end = isBlocks ? RequestWishes.Text(content[content.GetArrayLength() - 1], "text") : content.GetString();
        return end is { Length: > 0 } && char.IsWhiteSpace(end[^1]) ? "messages: final assistant content cannot end with trailing whitespace" : null;
    }
}
