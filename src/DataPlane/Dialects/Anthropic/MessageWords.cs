using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>What streamed and whole messages say alike.</summary>
internal static class MessageWords
{
    /// <summary>What names of functions are taken.</summary>
    public static ToolNameForm ToolNames { get; } = new(lengthMax: 128, "-", beginsAnyhow: true);

    /// <summary>The members <c>stop_reason</c> and <c>stop_sequence</c>.</summary>
    public static void WriteStop(TextBuffer to, bool refuses, FinishReason reason, bool callsTools, ReadOnlySpan<byte> stopSequence)
    {
        to.Add("\"stop_reason\":\""u8).Add(reason switch
        {
            _ when refuses => "refusal"u8,
            FinishReason.Length => "max_tokens"u8,
            FinishReason.Filtered => "refusal"u8,
            FinishReason.ToolCalls => "tool_use"u8,
            FinishReason.StopSequence => "stop_sequence"u8,
            _ when callsTools => "tool_use"u8,
            _ => "end_turn"u8,
        });
        to.Add("\",\"stop_sequence\":"u8);
        if (reason == FinishReason.StopSequence)
            to.Add("\""u8).Add(stopSequence).Add("\""u8);
        else
            to.Add("null"u8);
    }

    /// <summary>What was read from a cache, and what was written to it, is no part of the input here; what was thought is one of the output.</summary>
    public static void WriteUsage(TextBuffer to, in Usage usage, long input, long output)
    {
        to.Add("{\"input_tokens\":"u8).Add(Math.Max(0, input - usage.CachedInputTokens - usage.CacheWriteTokens))
            .Add(",\"cache_creation_input_tokens\":"u8).Add(usage.CacheWriteTokens)
            .Add(",\"cache_read_input_tokens\":"u8).Add(usage.CachedInputTokens)
            .Add(",\"output_tokens\":"u8).Add(output);
        if (usage.ReasoningTokens > 0 && output > 0)
            to.Add(",\"output_tokens_details\":{\"thinking_tokens\":"u8).Add(Math.Min(usage.ReasoningTokens, output)).Add("}"u8);
        to.Add("}"u8);
    }

    /// <summary>The event of a stream that failed at its provider; nothing follows it.</summary>
    public static void WriteError(TextBuffer to, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> message)
    {
        to.Add("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\""u8)
            .Add(kind.IndexOf("overload"u8) >= 0 || kind.SequenceEqual("UNAVAILABLE"u8) ? "overloaded_error"u8
                : kind.IndexOf("rate_limit"u8) >= 0 || kind.SequenceEqual("RESOURCE_EXHAUSTED"u8) ? "rate_limit_error"u8
                : kind.SequenceEqual("invalid_request_error"u8) ? kind : "api_error"u8)
            .Add("\",\"message\":\""u8).Add(message.IsEmpty ? "The provider's stream failed."u8 : message).Add("\"}}\n\n"u8);
    }
}
