using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>What streamed and whole answers of Gemini say alike.</summary>
internal static class GeminiWords
{
    /// <summary>Candidates that one request may ask for.</summary>
    public const int CandidatesMax = 8;

    /// <summary>What names of functions are taken everywhere; newer servers take some of twice the length.</summary>
    public static ToolNameForm ToolNames { get; } = new(lengthMax: 64, "-.:", beginsAnyhow: false);

    public static ReadOnlySpan<byte> Finish(FinishReason reason) => reason switch
    {
        FinishReason.Length => "MAX_TOKENS"u8,
        FinishReason.Filtered => "SAFETY"u8,
        _ => "STOP"u8,
    };

    /// <summary>What was thought is no part of the candidates' count here.</summary>
    public static void WriteUsage(TextBuffer to, in Usage usage)
    {
        to.Add("{\"promptTokenCount\":"u8).Add(usage.InputTokens)
            .Add(",\"candidatesTokenCount\":"u8).Add(Math.Max(0, usage.OutputTokens - usage.ReasoningTokens))
            .Add(",\"totalTokenCount\":"u8).Add(usage.InputTokens + usage.OutputTokens);
        if (usage.CachedInputTokens > 0)
            to.Add(",\"cachedContentTokenCount\":"u8).Add(usage.CachedInputTokens);
        if (usage.AudioInputTokens > 0)
            to.Add(",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"u8).Add(Math.Max(0, usage.InputTokens - usage.AudioInputTokens))
                .Add("},{\"modality\":\"AUDIO\",\"tokenCount\":"u8).Add(usage.AudioInputTokens).Add("}]"u8);
        if (usage.ReasoningTokens > 0)
            to.Add(",\"thoughtsTokenCount\":"u8).Add(usage.ReasoningTokens);
        to.Add("}"u8);
    }

    /// <summary>The event of a stream that failed at its provider; nothing follows it.</summary>
    public static void WriteError(TextBuffer to, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> message)
    {
        var code = kind.IndexOf("rate_limit"u8) >= 0 ? 429 : kind.SequenceEqual("invalid_request_error"u8) ? 400 : kind.SequenceEqual("timeout"u8) ? 504 : 503;
        to.Add("data: {\"error\":{\"code\":"u8).Add(code).Add(",\"message\":\""u8)
            .Add(message.IsEmpty ? "The provider's stream failed."u8 : message).Add("\",\"status\":\""u8)
            .Add(code switch
            {
                400 => "INVALID_ARGUMENT"u8,
                429 => "RESOURCE_EXHAUSTED"u8,
                504 => "DEADLINE_EXCEEDED"u8,
                _ => "UNAVAILABLE"u8,
            }).Add("\"}}\n\n"u8);
    }
}
