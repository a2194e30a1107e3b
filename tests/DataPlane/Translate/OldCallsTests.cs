using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>A client that asks with <c>functions</c> is told of one call, as <c>function_call</c>.</summary>
public sealed class OldCallsTests
{
    [Fact]
    public void A_whole_answer_has_the_first_call_alone()
    {
        var (told, lost) = Write(new ChatAnswerWriter());

        var choice = System.Text.Json.JsonElement.Parse(told).GetProperty("choices")[0];
        Assert.Equal("{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}", choice.GetProperty("message").GetProperty("function_call").GetRawText());
        Assert.False(choice.GetProperty("message").TryGetProperty("tool_calls", out _));
        Assert.Equal(("function_call", "answer.function_call"), (choice.GetProperty("finish_reason").GetString(), lost));
    }

    [Fact]
    public void So_has_a_stream()
    {
        var (told, lost) = Write(new ChatStreamWriter());

        Assert.Contains("\"delta\":{\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}}", told, StringComparison.Ordinal);
        Assert.Contains("\"delta\":{\"function_call\":{\"arguments\":\"{\\\"a\\\"\"}}", told, StringComparison.Ordinal);
        Assert.Contains("\"delta\":{\"function_call\":{\"arguments\":\":1}\"}}", told, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"function_call\"", told, StringComparison.Ordinal);
        Assert.DoesNotContain("tool_calls", told, StringComparison.Ordinal);
        Assert.DoesNotContain("other", told, StringComparison.Ordinal);
        Assert.Equal("answer.function_call", lost);
    }

    [Fact]
    public void One_call_at_a_time_is_asked_for()
    {
        const string Body = """{"messages":[{"role":"user","content":"a"}],"functions":[{"name":"f"}],"function_call":null}""";
        Assert.Contains("\"disable_parallel_tool_use\":true", Translating.Request(RequestShape.Chat, RequestShape.Messages, Body, out var losses), StringComparison.Ordinal);
        Assert.Contains("\"parallel_tool_calls\":false", Translating.Request(RequestShape.Chat, RequestShape.Responses, Body, out var more), StringComparison.Ordinal);
        Translating.Request(RequestShape.Chat, RequestShape.Contents, Body, out var others);
        Assert.Equal(("", "", ""), (losses, more, others));
    }

    private static (string Told, string Lost) Write(AnswerWriter writer)
    {
        var lost = new LossReport();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: false, promptTokens: 0) { WantsOldCalls = true });
        writer.Losses = lost;
        writer.Take(new NeutralEvent(NeutralKind.Start) { Name = "m"u8 });
        writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 0, Id = "c1"u8, Name = "f"u8 });
        writer.Take(new NeutralEvent(NeutralKind.Arguments, "{\\\"a\\\""u8) { Call = 0 });
        writer.Take(new NeutralEvent(NeutralKind.Arguments, ":1}"u8) { Call = 0 });
        writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 1, Id = "c2"u8, Name = "other"u8 });
        writer.Take(new NeutralEvent(NeutralKind.ArgumentsObject, "{\"other\":2}"u8) { Call = 1 });
        writer.Take(new NeutralEvent(NeutralKind.Finish) { Reason = FinishReason.ToolCalls });
        writer.End();
        return (Encoding.UTF8.GetString(writer.Out.Written), Encoding.ASCII.GetString(lost.Names));
    }
}
