using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Dialects.Gemini;

/// <summary>Contents.</summary>
internal sealed class SpokenGemini : SpokenDialect
{
    public override IReadOnlyList<SpokenShape> Shapes { get; } =
    [
        new(
            "contents",
            RequestShape.Contents,
            Says.Choices | Says.CallProofs | Says.Order | Says.Model,
            Asks.NamedTool | Asks.AllowedTools | Asks.Images | Asks.Stops | Asks.UnreadCallProofs | Asks.JoinedResults | Asks.PicturesBehind)
        {
            Question = """{"contents":[{"role":"user","parts":[{"text":"Q"}]}]}""",
            Prompt = """
                {"systemInstruction":{"parts":{"text":"a"}},"contents":[{"role":"user","parts":[{"text":"b\u00e9"},{"inlineData":{"mimeType":"audio/wav","data":"aGk="}},
                {"odd":[1]}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]}],"tools":[{}],"cached_content":"c"}
                """,
            Caps = ["generationConfig.maxOutputTokens"],
            ToolNames = new SpokenNames(LengthMax: 64, "_-.:", BeginsAnyhow: false) { ChosenAt = "allowedFunctionNames", AnsweredAt = @"functionResponse\.name$" },
            FlexEvent = """{"usageMetadata":{"serviceTier":"flex"}}""",
            Unread = ["contents.parts.thoughtSignature"],
            Absent = new Dictionary<string, string> { ["refusal"] = "A model's refusal is plain text there; what is refused otherwise is 'blocked'." },
        },
    ];

    public override IReadOnlyDictionary<string, RequestShape> Vectors { get; } = new Dictionary<string, RequestShape>
    {
        ["embed"] = RequestShape.EmbedContent,
        ["batch"] = RequestShape.BatchEmbed,
        ["predict"] = RequestShape.Predict,
    };
}
