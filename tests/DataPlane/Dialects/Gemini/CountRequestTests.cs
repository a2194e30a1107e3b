using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Dialects.Gemini;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Dialects.Gemini;

/// <summary>What is cut out of requests for a prompt's tokens where Vertex AI is asked.</summary>
public sealed class CountRequestTests
{
    [Theory]
    [InlineData("""{"contents":[]}""", """{"contents":[]}""")]
    [InlineData("""{"generateContentRequest":{"contents":[{"parts":[{"text":"}"}]}]}}""", """{"contents":[{"parts":[{"text":"}"}]}]}""")]
    [InlineData("""{"generateContentRequest":{"model":"models/m","contents":[]}}""", """{"contents":[]}""")]
    [InlineData("""{ "generate_content_request" : { "contents" : [] , "model" : "models/m" } }""", """{ "contents" : []}""")]
    [InlineData("""{"generateContentRequest":{"safetySettings":[],"contents":[],"toolConfig":{},"model":"m","tools":[],"generation_config":{"a":1},"x":{}},"model":"y"}""",
        """{"contents":[],"tools":[],"generation_config":{"a":1}}""")]
    [InlineData("""{"x":1,"generateContentRequest":{"systemInstruction":{},"system_instruction":{},"generationConfig":{}}}""",
        """{"systemInstruction":{},"system_instruction":{},"generationConfig":{}}""")]
    [InlineData("""{"generateContentRequest":{"model":"m"}}""", "{}")]
    [InlineData("""{"generateContentRequest":{}}""", "{}")]
    public void What_counts_stands_by_itself(string body, string expected)
    {
        var source = Encoding.UTF8.GetBytes(body);
        var cuts = new List<Piece>();
        Assert.False(CountRequest.FindCuts(source, "m"u8, cuts).IsError);
        var told = new StringBuilder();
        var at = 0;
        foreach (var cut in cuts)
        {
            told.Append(Encoding.UTF8.GetString(source[at..cut.Start]));
            at = cut.Start + cut.Length;
        }

        Assert.Equal(expected, told.Append(Encoding.UTF8.GetString(source[at..])).ToString());
    }

    [Fact]
    public void Another_model_than_the_path_s_is_refused()
    {
        var error = CountRequest.FindCuts("""{"generateContentRequest":{"model":"models/n","contents":[]}}"""u8, "m"u8, []);
        Assert.Equal("generateContentRequest.model", error.Param);
    }

    /// <summary>It is counted here then.</summary>
    [Fact]
    public void A_model_of_another_dialect_s_provider_may_be_asked_for()
    {
        var row = Translations.Of(RequestShape.CountContents);
        Assert.Equal((true, false), (row.IsAskedOfOthers, row.NewRequestReader is not null));
    }
}
