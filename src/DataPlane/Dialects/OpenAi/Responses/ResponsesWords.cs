using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>How responses call ends, usage and errors.</summary>
internal static class ResponsesWords
{
    /// <summary>The status of a response, or of its last item, that has come to its end.</summary>
    public static ReadOnlySpan<byte> Status(FinishReason reason) =>
        reason is FinishReason.Length or FinishReason.Filtered ? "incomplete"u8 : "completed"u8;

    /// <summary><c>incomplete_details</c>, as JSON.</summary>
    public static ReadOnlySpan<byte> Details(FinishReason reason) => reason switch
    {
        FinishReason.Length => "{\"reason\":\"max_output_tokens\"}"u8,
        FinishReason.Filtered => "{\"reason\":\"content_filter\"}"u8,
        _ => "null"u8,
    };

    public static void WriteUsage(TextBuffer to, in Usage usage)
    {
        to.Add("{\"input_tokens\":"u8).Add(usage.InputTokens).Add(",\"input_tokens_details\":{\"cached_tokens\":"u8).Add(usage.CachedInputTokens);
        if (usage.CacheWriteTokens > 0)
            to.Add(",\"cache_write_tokens\":"u8).Add(usage.CacheWriteTokens);
        to.Add("},\"output_tokens\":"u8).Add(usage.OutputTokens).Add(",\"output_tokens_details\":{\"reasoning_tokens\":"u8).Add(usage.ReasoningTokens)
            .Add("},\"total_tokens\":"u8).Add(usage.InputTokens + usage.OutputTokens).Add("}"u8);
    }
}
