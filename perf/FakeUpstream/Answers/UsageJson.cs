namespace AiEdge.FakeUpstream;

/// <summary>The usage objects of the chat and of the responses dialect.</summary>
internal static class UsageJson
{
    public static void WriteChat(ByteWriter to, FakeScript script, int outputTokens)
    {
        var total = script.InputTokens + outputTokens + script.ReasoningTokens;
        to.Add("{\"prompt_tokens\":"u8).Add(script.InputTokens)
            .Add(",\"completion_tokens\":"u8).Add(outputTokens + (script.ReasoningBeside ? 0 : script.ReasoningTokens))
            .Add(",\"total_tokens\":"u8).Add(total)
            .Add(",\"prompt_tokens_details\":{\"cached_tokens\":"u8).Add(script.CachedTokens).Add(",\"audio_tokens\":0}"u8)
            .Add(",\"completion_tokens_details\":{\"reasoning_tokens\":"u8).Add(script.ReasoningTokens)
            .Add(",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}"u8);
    }

    public static void WriteResponses(ByteWriter to, FakeScript script, int outputTokens)
    {
        var output = outputTokens + script.ReasoningTokens;
        to.Add("{\"input_tokens\":"u8).Add(script.InputTokens).Add(",\"input_tokens_details\":{\"cached_tokens\":"u8).Add(script.CachedTokens)
            .Add("},\"output_tokens\":"u8).Add(output).Add(",\"output_tokens_details\":{\"reasoning_tokens\":"u8).Add(script.ReasoningTokens)
            .Add("},\"total_tokens\":"u8).Add(script.InputTokens + output).Add("}"u8);
    }
}
