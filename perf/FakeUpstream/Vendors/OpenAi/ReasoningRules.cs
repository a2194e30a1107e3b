using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What OpenAI's models that think refuse besides (guide "Reasoning models"): sampling, log probabilities, stop sequences, the old cap.</summary>
internal static class ReasoningRules
{
    private static readonly string[] Refused = ["presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias", "stop", "max_tokens"];

    /// <summary>What is wrong with a request for a chat or a response; null for nothing.</summary>
    public static string? FaultOf(JsonElement root)
    {
        if (!root.TryGetProperty("model", out var named) || named.ValueKind != JsonValueKind.String || !Thinks(named.GetString()!))
            return null;
        foreach (var name in Refused)
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)
                && !(value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0))
                return $"Unsupported parameter: '{name}' is not supported with this model.";
        }

        foreach (var name in (string[])["temperature", "top_p"])
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() != 1)
                return $"Unsupported value: '{name}' does not support {value} with this model. Only the default (1) value is supported.";
        }

        return null;
    }

    /// <summary>In chats from 5.4 on functions and thought exclude each other, and 5.6 thinks unless told not to.</summary>
    public static string? FaultOfCalls(JsonElement root)
    {
        var model = root.TryGetProperty("model", out var named) ? named.GetString() ?? "" : "";
        var thinksUnasked = model.StartsWith("gpt-5.6", StringComparison.Ordinal);
        if (!root.TryGetProperty("tools", out _) || !(thinksUnasked || model.StartsWith("gpt-5.4", StringComparison.Ordinal) || model.StartsWith("gpt-5.5", StringComparison.Ordinal)))
            return null;
        var isAsked = root.TryGetProperty("reasoning_effort", out var effort) && effort.ValueKind == JsonValueKind.String;
        return (isAsked ? effort.GetString() != "none" : thinksUnasked)
            ? $"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'."
            : null;
    }

    /// <summary>From 5.1 on thought can be switched off, and then they take it.</summary>
    private static bool Thinks(string model) =>
        model is "gpt-5" || model.StartsWith("gpt-5-", StringComparison.Ordinal)
        || model.StartsWith("o1", StringComparison.Ordinal) || model.StartsWith("o3", StringComparison.Ordinal) || model.StartsWith("o4", StringComparison.Ordinal);
}
