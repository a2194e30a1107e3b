using System.Text;
using AiEdge.DataPlane.Dialects.Gemini;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Dialects.Gemini;

/// <summary>A call stands whole in one part: what comes of its arguments is held until then.</summary>
public sealed class ContentsAnswerWriterTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Arguments_that_are_cut_within_a_pair_of_surrogates_are_told_as_they_were(bool isStream)
    {
        var writer = Begin(isStream);
        Call(writer, 0);
        Arguments(writer, 0, """{\"a\":\"\ud83d""");
        Arguments(writer, 0, """\ude00\"}""");
        writer.End();
        Assert.False(writer.IsFaulted);
        Assert.Contains("\"args\":{\"a\":\"\ud83d\ude00\"}", Encoding.UTF8.GetString(writer.Out.Written), StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_of_a_call_that_has_been_told_are_no_other_calls()
    {
        var writer = Begin(isStream: true);
        Call(writer, 0);
        Arguments(writer, 0, "{");
        Call(writer, 1);
        Arguments(writer, 0, "}");
        Assert.True(writer.IsFaulted);
    }

    [Fact]
    public void Arguments_without_end_are_not_held_without_end()
    {
        var writer = Begin(isStream: true);
        Call(writer, 0);
        var part = new string('x', 1 << 20);
        for (var i = 0; i < 4; i++)
        {
            Arguments(writer, 0, part);
            Assert.False(writer.IsFaulted);
        }

        Arguments(writer, 0, "x");
        Assert.True(writer.IsFaulted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_refusal_is_no_answer_that_ended_well(bool isStream)
    {
        var writer = Begin(isStream);
        writer.Take(new NeutralEvent(NeutralKind.Refusal, "No."u8));
        writer.Take(new NeutralEvent(NeutralKind.Finish) { Reason = FinishReason.Stop });
        writer.End();
        Assert.Contains("\"text\":\"No.\"", Encoding.UTF8.GetString(writer.Out.Written), StringComparison.Ordinal);
        Assert.Contains("\"finishReason\":\"SAFETY\"", Encoding.UTF8.GetString(writer.Out.Written), StringComparison.Ordinal);
    }

    private static ContentsAnswerWriter Begin(bool isStream)
    {
        var writer = new ContentsAnswerWriter(isStream);
        writer.Begin(new AnswerFacts("id"u8, "m"u8, 1, wantsUsage: false, promptTokens: 0));
        return writer;
    }

    private static void Call(ContentsAnswerWriter writer, int number) => writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = number, Name = "f"u8 });

    private static void Arguments(ContentsAnswerWriter writer, int number, string text) =>
        writer.Take(new NeutralEvent(NeutralKind.Arguments, Encoding.UTF8.GetBytes(text)) { Call = number });
}
