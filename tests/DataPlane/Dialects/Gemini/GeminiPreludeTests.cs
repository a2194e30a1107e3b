using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Dialects.Gemini;

/// <summary>Which events only say that an answer begins.</summary>
public sealed class GeminiPreludeTests : EventPreludeTests
{
    [Theory]
    [InlineData("""{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"index":0}],"usageMetadata":{"promptTokenCount":3}}""", true)]
    [InlineData("""{"candidates":[{"content":{"role":"model"},"finishReason":"FINISH_REASON_UNSPECIFIED"}]}""", true)]
    [InlineData("""{"usageMetadata":{"promptTokenCount":3}}""", true)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}""", false)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a","thought":true}]}}]}""", false)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}""", false)]
    [InlineData("""{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}]}""", false)]
    [InlineData("""{"candidates":[{"finishReason":"STOP"}]}""", false)]
    [InlineData("""{"promptFeedback":{"blockReason":"SAFETY"}}""", false)]
    [InlineData("""{"error":{"code":503}}""", false)]
    [InlineData("no json", true)]
    public void Of_chunks_of_contents(string data, bool isPrelude) => Check(Dialect.Gemini, RequestShape.Contents, data, isPrelude);
}
