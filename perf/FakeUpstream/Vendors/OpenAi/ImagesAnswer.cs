namespace AiEdge.FakeUpstream;

/// <summary>Images, made or edited: a PNG of one pixel as base64; streamed, one partial image comes before it.</summary>
internal static class ImagesAnswer
{
    private const string OnePixelPng =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    public static Answer Make(AnswerContext context) => context.Facts.Stream
        ? Answer.Stream(to => Events(to, context))
        : Answer.Json(to =>
        {
            to.Add("{\"created\":"u8).Add(context.Created).Add(",\"data\":["u8);
            for (var i = 0; i < context.Facts.Choices; i++)
                to.Add(i > 0 ? ",{\"b64_json\":\""u8 : "{\"b64_json\":\""u8).Add(OnePixelPng).Add("\"}"u8);
            to.Add("],\"background\":\"opaque\",\"output_format\":\"png\",\"quality\":\"low\",\"size\":\"1024x1024\""u8);
            if (context.Script.Usage != UsageRule.Off)
                WriteUsage(to.Add(",\"usage\":"u8), context);
            to.Add("}"u8);
        });

    private static IEnumerable<EventKind> Events(ByteWriter to, AnswerContext context)
    {
        yield return EventKind.Content;
        Write(to, context, "image_generation.partial_image");
        to.Add(",\"partial_image_index\":0}\n\n"u8);
        yield return EventKind.Content;
        Write(to, context, "image_generation.completed");
        WriteUsage(to.Add(",\"usage\":"u8), context);
        to.Add("}\n\n"u8);
    }

    private static void Write(ByteWriter to, AnswerContext context, string type) =>
        to.Add("event: "u8).Add(type).Add("\ndata: {\"type\":\""u8).Add(type).Add("\",\"b64_json\":\""u8).Add(OnePixelPng).Add("\",\"created_at\":"u8).Add(context.Created)
            .Add(",\"background\":\"opaque\",\"output_format\":\"png\",\"quality\":\"low\",\"size\":\"1024x1024\""u8);

    private static void WriteUsage(ByteWriter to, AnswerContext context)
    {
        var (input, output) = (context.Script.InputTokens, context.Script.Chunks);
        to.Add("{\"input_tokens\":"u8).Add(input).Add(",\"input_tokens_details\":{\"image_tokens\":0,\"text_tokens\":"u8).Add(input)
            .Add("},\"output_tokens\":"u8).Add(output).Add(",\"total_tokens\":"u8).Add(input + output).Add("}"u8);
    }
}
