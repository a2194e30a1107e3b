namespace AiEdge.FakeUpstream;

/// <summary>How many tokens a prompt has, as each vendor tells it: as many as the script says.</summary>
internal static class CountAnswer
{
    public static Answer MakeMessages(AnswerContext context) => Make(context, "{\"input_tokens\":"u8.ToArray(), Vendor.Anthropic);

    public static Answer MakeContents(AnswerContext context) => Make(context, "{\"totalTokens\":"u8.ToArray(), Vendor.Gemini);

    public static Answer MakeResponses(AnswerContext context) =>
        Make(context, "{\"object\":\"response.input_tokens\",\"input_tokens\":"u8.ToArray(), Vendor.OpenAi);

    private static Answer Make(AnswerContext context, byte[] before, Vendor vendor) => new()
    {
        Body = to => to.Add(before).Add(context.Script.InputTokens).Add("}"u8),
        Vendor = vendor,
    };
}
