using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Dialects.Anthropic;

/// <summary>Messages.</summary>
internal sealed class SpokenAnthropic : SpokenDialect
{
    public override IReadOnlyList<SpokenShape> Shapes { get; } =
    [
        new(
            "messages",
            RequestShape.Messages,
            Says.StopSequences | Says.CallsEnd | Says.Order | Says.Model,
            Asks.NamedTool | Asks.CallIds | Asks.ResultTexts | Asks.Images | Asks.Stops | Asks.Stream | Asks.CapAlways | Asks.Strict | Asks.StrictAlways)
        {
            Question = """{"messages":[{"role":"user","content":"Q"}]}""",
            Prompt = """
                {"model":"m","max_tokens":9,"system":[{"type":"text","text":"a\u00e9"}],"messages":[{"role":"user","content":[{"type":"image","source":{"data":"aGk="}},
                {"type":"document","title":"t","source":{"type":"content","content":[{"type":"text","text":"x"}]}},{"type":"odd","y":[1]}]},
                {"role":"assistant","content":[{"type":"tool_use","name":"f","input":{"a":1}}]}],"tools":[{"name":"f"}],"output_config":{}}
                """,
            Caps = ["max_tokens"],
            ToolNames = new SpokenNames(LengthMax: 128, "_-"),
            FlexEvent = """{"type":"message_start","message":{"usage":{"service_tier":"flex"}}}""",
            Absent = new Dictionary<string, string> { ["refusal"] = "A refusal is a reason to stop there, and so the case 'blocked': its text is text." },
        },
    ];
}
