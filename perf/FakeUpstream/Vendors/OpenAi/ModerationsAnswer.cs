using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>Moderations: one unflagged result per input.</summary>
internal static class ModerationsAnswer
{
    private static readonly string[] Categories =
    [
        "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm", "self-harm/intent",
        "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
    ];

    public static Answer Make(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body);
        if (!document.RootElement.TryGetProperty("input", out var input))
            return ErrorAnswer.Json(400, "", "invalid_request_error", null, "'input' is a required property", "input");
        var count = input.ValueKind == JsonValueKind.Array ? input.GetArrayLength() : 1;
        return Answer.Json(to =>
        {
            to.Add("{\"id\":"u8).AddJson(context.Id("modr-")).Add(",\"model\":"u8).AddJson(context.Facts.Model ?? "omni-moderation-latest").Add(",\"results\":["u8);
            for (var i = 0; i < count; i++)
                WriteResult(to.Add(i > 0 ? ","u8 : ""u8));
            to.Add("]}"u8);
        });
    }

    private static void WriteResult(ByteWriter to)
    {
        to.Add("{\"flagged\":false,\"categories\":{"u8);
        for (var i = 0; i < Categories.Length; i++)
            to.Add(i > 0 ? ","u8 : ""u8).AddJson(Categories[i]).Add(":false"u8);
        to.Add("},\"category_scores\":{"u8);
        for (var i = 0; i < Categories.Length; i++)
            to.Add(i > 0 ? ","u8 : ""u8).AddJson(Categories[i]).Add(":0.00012"u8);
        to.Add("},\"category_applied_input_types\":{"u8);
        for (var i = 0; i < Categories.Length; i++)
            to.Add(i > 0 ? ","u8 : ""u8).AddJson(Categories[i]).Add(":[\"text\"]"u8);
        to.Add("}}"u8);
    }
}
