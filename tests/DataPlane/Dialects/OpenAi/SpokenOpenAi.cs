using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Dialects.OpenAi;

/// <summary>Chats and Responses.</summary>
internal sealed class SpokenOpenAi : SpokenDialect
{
    private static readonly SpokenNames Names = new(LengthMax: 64, "_-");

    public override IReadOnlyList<SpokenShape> Shapes { get; } =
    [
        new(
            "chat",
            RequestShape.Chat,
            Says.Choices | Says.Logprobs | Says.CustomCalls | Says.CallProofs | Says.Refusals | Says.CallsEnd | Says.Model,
            Asks.NamedTool | Asks.AllowedTools | Asks.CallIds | Asks.ResultTexts | Asks.Images | Asks.Stops | Asks.Stream
                | Asks.Strict | Asks.JsonByWord | Asks.JoinedTexts | Asks.WordBehindTool | Asks.OneSystem | Asks.JoinedResults | Asks.PicturesBehind)
        {
            Question = """{"messages":[{"role":"user","content":"Q"}]}""",
            Prompt = """
                {"model":"m","messages":[{"role":"user","name":"b\u00e9","content":[{"type":"text","text":"a\nb"},{"type":"image_url","image_url":{"url":"u","detail":"low"}}]},
                {"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}],"tools":[{"type":"function"}],"input":"x"}
                """,
            Caps = ["max_tokens", "max_completion_tokens"],
            ToolNames = Names,
            Model = "gpt-4o",
            FlexEvent = """{"service_tier":"flex"}""",
            LostProofs = "answer.reasoning_details",
            Unread = ["messages.prefix"],
        },
        new(
            "responses",
            RequestShape.Responses,
            Says.Logprobs | Says.CustomCalls | Says.Refusals | Says.CallsEnd | Says.Order | Says.Model,
            Asks.NamedTool | Asks.AllowedTools | Asks.CallIds | Asks.ResultTexts | Asks.Images | Asks.Stream | Asks.Strict | Asks.JsonByWord | Asks.UnreadThoughtProofs)
        {
            Question = """{"input":"Q"}""",
            Prompt = """
                {"model":"m","input":[{"type":"function_call","name":"f","arguments":"{}"},[1,[2]],"s",{"type":"odd","x":{"y":[]}}],"messages":[],
                "text":{"format":{"schema":{}}},"prompt":["p"]}
                """,
            Caps = ["max_output_tokens"],
            ToolNames = Names,
            Model = "gpt-4o",
            FlexEvent = """{"type":"response.created","response":{"service_tier":"flex"}}""",

            // Metadata mean to Responses what they mean to chats that are stored, and to these alone.
            Unread = ["metadata", "input.reasoning.encrypted_content"],
        },
    ];

    public override IReadOnlyDictionary<string, RequestShape> Vectors { get; } = new Dictionary<string, RequestShape> { ["embeddings"] = RequestShape.Embeddings };

    /// <summary>Of a picture and of speech the prompt is not counted by its tokens, and a form is no JSON.</summary>
    public override IReadOnlyList<RequestShape> Uncounted => [RequestShape.Images, RequestShape.Speech, RequestShape.Multipart];
}
