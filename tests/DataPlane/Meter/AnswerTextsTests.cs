using System.Text;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Meter;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Tests.Meter;

/// <summary>What of a whole answer counts as the model's own text, in each dialect's words: not what tools have found, and nothing twice.</summary>
public sealed class AnswerTextsTests
{
    [Theory]
    [InlineData("openai", """{"choices":[{"message":{"content":"said","annotations":[{"text":"found"}]},"logprobs":{"content":[{"text":"twice"}]}}]}""", "said")]
    [InlineData("openai", """{"output":[{"type":"code_interpreter_call","code":"ran","outputs":[{"text":"found"}]},{"type":"custom_tool_call","name":"f","input":"given"}]}""", "ran|f|given")]
    [InlineData(
        "anthropic",
        """{"content":[{"type":"thinking","thinking":"thought","signature":"s"},{"type":"mcp_tool_result","content":[{"type":"text","text":"found"}]},{"type":"text","text":"said","citations":[{"text":"found"}]},"""
            + """{"type":"tool_use","name":"f","input":{}}]}""",
        "thought|said|f")]
    [InlineData(
        "gemini",
        """{"candidates":[{"groundingMetadata":{"groundingSupports":[{"segment":{"text":"twice"}}]},"content":{"parts":[{"text":"said"},{"executableCode":{"code":"ran"}},{"functionCall":{"name":"f","args":{}}}]}}]}""",
        "said|ran|f")]
    public void Texts_of_the_model_s_own_are_counted_alone(string dialect, string answer, string texts)
    {
        var tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
        var reader = new JsonAnswerReader();
        reader.Reset(DialectTable.Of(DialectTable.Named(dialect)).Words, wantsTexts: true);
        reader.Feed(Encoding.UTF8.GetBytes(answer));
        var expected = texts.Split('|').Sum(text => (long)tokenizer.CountText(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(expected, reader.Texts!.Count(tokenizer).Tokens);
    }
}
