using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>What an answer's end is called.</summary>
internal static class ChatWords
{
    /// <summary>Choices of one answer that are asked for and told: no dialect that a chat is translated from or into has more.</summary>
    public const int ChoicesMax = 8;

    private static readonly byte[][] Unasked =
    [
        [.. "x_groq"u8], [.. "usage_breakdown"u8], [.. "provider"u8], [.. "native_finish_reason"u8], [.. "prompt_filter_results"u8],
        [.. "content_filter_results"u8], [.. "content_filter_offsets"u8], [.. "stop_reason"u8], [.. "matched_stop"u8], [.. "prompt_token_ids"u8],
        [.. "token_ids"u8], [.. "kv_transfer_params"u8], [.. "metadata"u8], [.. "timings"u8], [.. "stats"u8], [.. "time_info"u8], [.. "seed"u8],
        [.. "request_id"u8],
    ];

    /// <summary>What names of functions chats and Responses take.</summary>
    public static ToolNameForm ToolNames { get; } = new(lengthMax: 64, "-", beginsAnyhow: true);

    /// <summary><c>finish_reason</c>, as JSON, to a client that may know calls as they were at first.</summary>
    public static ReadOnlySpan<byte> Finish(FinishReason reason, bool callsAreOld) =>
        callsAreOld && reason == FinishReason.ToolCalls ? "\"function_call\""u8 : Finish(reason);

    /// <summary><c>finish_reason</c>, as JSON.</summary>
    public static ReadOnlySpan<byte> Finish(FinishReason reason) => reason switch
    {
        FinishReason.None => "null"u8,
        FinishReason.Length => "\"length\""u8,
        FinishReason.ToolCalls => "\"tool_calls\""u8,
        FinishReason.Filtered => "\"content_filter\""u8,
        _ => "\"stop\""u8,
    };

    /// <summary>
    /// What a <c>finish_reason</c> means, OpenAI's own or that of others who speak its dialect; none for a word that nobody here knows.
    /// </summary>
    public static FinishReason Reason(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("length"u8) || text.SequenceEqual("model_length"u8) || text.SequenceEqual("max_tokens"u8))
            return FinishReason.Length;
        if (text.SequenceEqual("tool_calls"u8) || text.SequenceEqual("function_call"u8))
            return FinishReason.ToolCalls;
        if (IsFailure(text))
            return FinishReason.Failed;
        if (text.SequenceEqual("content_filter"u8))
            return FinishReason.Filtered;
        return text.SequenceEqual("stop"u8) || text.SequenceEqual("eos_token"u8) || text.SequenceEqual("stop_sequence"u8)
            ? FinishReason.Stop : FinishReason.None;
    }

    /// <summary>An answer that its server broke off: Mistral's and OpenRouter's word, that of vLLM and SGLang, and DeepSeek's.</summary>
    private static bool IsFailure(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("error"u8) || text.SequenceEqual("abort"u8) || text.SequenceEqual("insufficient_system_resource"u8);

    /// <summary>
    /// Whether a member of a chunk or of a choice is one that servers add unasked and say nothing by: Groq, OpenRouter, Azure's filter, vLLM and SGLang,
    /// llama.cpp, LM Studio, Cerebras, Together and Zhipu, by their own descriptions of their answers. What stands in a message is none of these.
    /// </summary>
    public static bool IsUnasked(ReadOnlySpan<byte> name)
    {
        foreach (var unasked in Unasked)
        {
            if (name.SequenceEqual(unasked))
                return true;
        }

        return false;
    }

    /// <summary>Of calls as they were at first there is one, without anything that proves it: whether this is another, which is lost.</summary>
    public static bool LosesOldCall(in NeutralEvent call, LossReport? losses)
    {
        if (call.Call > 0 || !call.Proof.IsEmpty)
            losses?.Add("answer.function_call"u8);
        return call.Call > 0;
    }

    /// <summary>What Gemini wants to see again with a call, where Google's own chat completions have it.</summary>
    public static void WriteProof(TextBuffer to, ReadOnlySpan<byte> proof)
    {
        if (!proof.IsEmpty)
            to.Add(",\"extra_content\":{\"google\":{\"thought_signature\":\""u8).Add(proof).Add("\"}}"u8);
    }

    /// <summary>How probable the tokens of a text and of a refusal were: an object, or null where neither is told.</summary>
    public static void WriteLogprobs(TextBuffer to, ReadOnlySpan<byte> content, ReadOnlySpan<byte> refusal)
    {
        if (content.IsEmpty && refusal.IsEmpty)
        {
            to.Add("null"u8);
            return;
        }

        to.Add("{\"content\":"u8);
        WriteArray(to, content);
        to.Add(",\"refusal\":"u8);
        WriteArray(to, refusal);
        to.Add("}"u8);
    }

    private static void WriteArray(TextBuffer to, ReadOnlySpan<byte> elements)
    {
        if (elements.IsEmpty)
            to.Add("null"u8);
        else
            TokenLogprobs.WriteArray(to, elements);
    }

    /// <summary>What a <c>tool_choice</c> in one word means.</summary>
    public static ToolChoice Choice(ref JsonWalk walk) =>
        walk.IsText("auto"u8) ? ToolChoice.Auto : walk.IsText("none"u8) ? ToolChoice.None : walk.IsText("required"u8) ? ToolChoice.Required : ToolChoice.Unset;

    /// <summary>The word for a choice that names no function.</summary>
    public static ReadOnlySpan<byte> Choice(ToolChoice choice) =>
        choice == ToolChoice.Required ? "required"u8 : choice == ToolChoice.None ? "none"u8 : "auto"u8;
}

/// <summary>The usage of a chat completion.</summary>
internal static class ChatUsage
{
    public static void Write(TextBuffer to, in Usage usage)
    {
        to.Add("{\"prompt_tokens\":"u8).Add(usage.InputTokens).Add(",\"completion_tokens\":"u8).Add(usage.OutputTokens)
            .Add(",\"total_tokens\":"u8).Add(usage.InputTokens + usage.OutputTokens)
            .Add(",\"prompt_tokens_details\":{\"cached_tokens\":"u8).Add(usage.CachedInputTokens);
        if (usage.CacheWriteTokens > 0)
            to.Add(",\"cache_write_tokens\":"u8).Add(usage.CacheWriteTokens);
        AddAudio(to, usage.AudioInputTokens);
        to.Add("},\"completion_tokens_details\":{\"reasoning_tokens\":"u8).Add(usage.ReasoningTokens);
        AddAudio(to, usage.AudioOutputTokens);
        to.Add("}}"u8);
    }

    private static void AddAudio(TextBuffer to, long tokens)
    {
        if (tokens > 0)
            to.Add(",\"audio_tokens\":"u8).Add(tokens);
    }
}

/// <summary>A provider's errors as this dialect tells them.</summary>
internal static class ChatErrors
{
    /// <summary>The event of a stream that failed at its provider; nothing follows it.</summary>
    public static void WriteEvent(TextBuffer to, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> message)
    {
        to.Add("data: {\"error\":{\"message\":\""u8).Add(message.IsEmpty ? "The provider's stream failed."u8 : message)
            .Add("\",\"type\":\"server_error\",\"param\":null,\"code\":\""u8).Add(kind.IsEmpty ? "upstream_error"u8 : kind).Add("\"}}\n\n"u8);
    }
}
