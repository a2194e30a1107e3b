using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What OpenAI's models that think refuse besides (guide "Reasoning models"): sampling, log probabilities, stop sequences, the old cap, of the o series how many calls at a time.</summary>
internal static class ReasoningRules
{
    private static readonly string[] Refused = ["presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias", "stop", "max_tokens"];

    /// <summary>What is wrong with a request for a chat or a response; null for nothing.</summary>
    public static string? FaultOf(JsonElement root)
    {
        if (!root.TryGetProperty("model", out var named) || named.ValueKind != JsonValueKind.String)
            return null;
        var model = named.GetString()!;
        if (FaultOfEffort(root, model) is { } unknown)
            return unknown;
        if (!Thinks(model) && !(IsSixth(model) && EffortOf(root) != "none"))
            return null;
        foreach (var name in Refused)
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)
                && !(value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0))
                return $"Unsupported parameter: '{name}' is not supported with this model.";
        }

        if (model[0] == 'o' && root.TryGetProperty("parallel_tool_calls", out _))
            return "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.";
        foreach (var name in (string[])["temperature", "top_p"])
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() != 1)
                return $"Unsupported value: '{name}' does not support {value} with this model. Only the default (1) value is supported.";
        }

        return null;
    }

    /// <summary>In chats from 5.4 on functions and thought exclude each other, and from 5.6 on they think unless told not to.</summary>
    public static string? FaultOfCalls(JsonElement root)
    {
        var model = root.TryGetProperty("model", out var named) ? named.GetString() ?? "" : "";
        var thinksUnasked = IsSixth(model) || model.StartsWith("gpt-5.6", StringComparison.Ordinal);
        if (!root.TryGetProperty("tools", out _) || !(thinksUnasked || model.StartsWith("gpt-5.4", StringComparison.Ordinal) || model.StartsWith("gpt-5.5", StringComparison.Ordinal)))
            return null;
        return (EffortOf(root) is { } effort ? effort != "none" : thinksUnasked)
            ? $"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'."
            : null;
    }

    /// <summary>The pages of the models of gpt-6: Astra, Sol from 6.1 and all of 6.2 cannot be silenced; chats have no <c>max</c>.</summary>
    private static string? FaultOfEffort(JsonElement root, string model)
    {
        if (!IsSixth(model) || EffortOf(root) is not { } effort)
            return null;
        var canRest = model is "gpt-6-sol" or "gpt-6-luna" or "gpt-6.1-terra";
        var isTaken = effort is "low" or "medium" or "high" or "xhigh" || (effort == "none" && canRest)
            || (effort == "max" && !root.TryGetProperty("reasoning_effort", out _));
        return isTaken ? null : $"Unsupported value: '{effort}' is not supported with the '{model}' model.";
    }

    /// <summary>The effort of a chat or a response; null where nothing is said.</summary>
    private static string? EffortOf(JsonElement root)
    {
        if (!root.TryGetProperty("reasoning_effort", out var effort)
            && !(root.TryGetProperty("reasoning", out var reasoning) && reasoning.ValueKind == JsonValueKind.Object && reasoning.TryGetProperty("effort", out effort)))
            return null;
        return effort.ValueKind == JsonValueKind.String ? effort.GetString() : null;
    }

    private static bool IsSixth(string model) => model.StartsWith("gpt-6", StringComparison.Ordinal);

    /// <summary>From 5.1 on thought can be switched off, and then they take it.</summary>
    private static bool Thinks(string model) =>
        model is "gpt-5" || model.StartsWith("gpt-5-", StringComparison.Ordinal)
        || model.StartsWith("o1", StringComparison.Ordinal) || model.StartsWith("o3", StringComparison.Ordinal) || model.StartsWith("o4", StringComparison.Ordinal);
}
