using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Gemini;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects.Gemini;

/// <summary>Where the texts of a prompt of Gemini's lie, and what else is read of its bodies.</summary>
public sealed class GeminiPromptReaderTests
{
    [Theory]
    [InlineData(
        """{"systemInstruction":{"parts":[{"text":"Be\nbrief."}]},"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"parts":[{"text":"Yes?"}],"role":"model"}]}""",
        "!Instructions:Be\\nbrief. Content:Hi Content:Yes? | messages=3 roles=2 | None")]
    [InlineData(
        """{"system_instruction":{"parts":{"text":"A"}},"contents":[{"parts":["""
        + """{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"inline_data":{"mime_type":"audio/wav","data":"AAAA"}},{"fileData":{"fileUri":"u","mimeType":"application/pdf"}}]}]}""",
        "Instructions:A | messages=2 images=1 audios=1 files=1 | Images, Audio, Files")]
    [InlineData(
        """{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"s"}]},"""
        + """{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":2}}},{"executableCode":{"code":"1+1"}},{"later":{"x":1}}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"cachedContent":"c/1"}""",
        "CallName:f CallInput:{\"a\":1} CallName:f CallInput:{\"r\":2} CallArguments:1+1 OtherJson:{\"later\":{\"x\":1}} ToolDefinition:{\"functionDeclarations\":[{\"name\":\"f\"}]}"
        + " | messages=2 roles=2 tools=1 calls=3 | Tools, StoredState, ToolCalls, UnknownPart")]
    [InlineData("""{"contents":{"parts":[]}}""", "error 'contents' must be an array.")]
    [InlineData("""{"contents":[],"generationConfig":{"maxOutputTokens":-1}}""", "error The field must be a non-negative integer or null.")]
    [InlineData("""{"contents":[],"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}""", "error A field is given more than once.")]
    public void Texts_are_found_wherever_the_body_is_cut(string body, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Assert.Equal(expected, Cuts.SameForAll(bytes, pieces => Describe(bytes, pieces)));
    }

    [Theory]
    [InlineData(
        RequestShape.EmbedContent, """{"model":"models/m","content":{"parts":[{"text":"a"},{"text":"b\n"}]},"title":"t","requests":3}""",
        "Content:a !Content:b\\n | messages=1 | None")]
    [InlineData(
        RequestShape.BatchEmbed,
        """{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"title":{"parts":[{"text":"x"}]}},{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA"}}]}}]}""",
        "Content:a | messages=2 images=1 | Images")]
    [InlineData(RequestShape.Contents, """{"contents":[],"content":{"parts":[{"text":"a"}]},"requests":[{"content":{"parts":[{"text":"x"}]}}]}""", " | | None")]
    internal void Texts_to_embed_are_found_wherever_the_body_is_cut(RequestShape shape, string body, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Assert.Equal(expected.TrimStart(), Cuts.SameForAll(bytes, pieces => Describe(bytes, pieces, shape)).TrimStart());
    }

    [Theory]
    [InlineData("""{"contents":[],"generationConfig":{"x":{"maxOutputTokens":5},"maxOutputTokens":9,"candidateCount":2}}""", 9L, 2)]
    [InlineData("""{"generation_config":{"max_output_tokens":9},"contents":[]}""", 9L, 1)]
    [InlineData("""{"contents":[],"maxOutputTokens":7}""", null, 1)]
    public void The_cap_stands_in_an_object_of_its_own(string body, long? cap, int candidates)
    {
        var (reader, facts) = (new RequestReader(), new RequestFacts());
        reader.Begin(facts, RequestShape.Contents);
        reader.Feed(Encoding.UTF8.GetBytes(body));
        Assert.False(reader.Finish().IsError);
        Assert.Equal((cap, candidates), (facts.MaxOutputTokens.Value, facts.N));
    }

    private static string Describe(byte[] body, IReadOnlyList<byte[]> pieces, RequestShape shape = RequestShape.Contents)
    {
        var (reader, prompt) = (new RequestReader(), new PromptText());
        prompt.Reset(isWanted: true);
        reader.Begin(new RequestFacts(), shape, prompt, new GeminiPromptReader());
        foreach (var piece in pieces)
            reader.Feed(piece);
        var error = reader.Finish();
        return error.IsError ? $"error {error.Message}" : PromptReading.Describe(body, prompt);
    }
}
