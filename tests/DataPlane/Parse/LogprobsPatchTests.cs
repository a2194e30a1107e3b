using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Parse;

/// <summary>A request that does not ask how probable an answer's tokens are is made to, in place.</summary>
public sealed class LogprobsPatchTests
{
    private const string Name = "\"message.output_text.logprobs\"";

    [Theory]
    [InlineData(RequestShape.Chat, "{ \"model\":\"a\",\"messages\":[]}", "{\"logprobs\":true, \"model\":\"a\",\"messages\":[]}")]
    [InlineData(RequestShape.Chat, "{\"logprobs\": false ,\"model\":\"a\",\"messages\":[]}", "{\"logprobs\": true ,\"model\":\"a\",\"messages\":[]}")]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"messages\":[],\"logprobs\":null}", "{\"model\":\"a\",\"messages\":[],\"logprobs\":true}")]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"messages\":[{\"logprobs\":true}]}", "{\"logprobs\":true,\"model\":\"a\",\"messages\":[{\"logprobs\":true}]}")]
    [InlineData(RequestShape.Responses, "{\"model\":\"a\"}", "{\"include\":[" + Name + "],\"model\":\"a\"}")]
    [InlineData(RequestShape.Responses, "{\"model\":\"a\",\"include\":null}", "{\"model\":\"a\",\"include\":[" + Name + "]}")]
    [InlineData(RequestShape.Responses, "{\"model\":\"a\",\"include\":[ ]}", "{\"model\":\"a\",\"include\":[" + Name + " ]}")]
    [InlineData(RequestShape.Responses, "{\"include\":[\"x\",{\"y\":[" + Name + "]}],\"model\":\"a\"}", "{\"include\":[" + Name + ",\"x\",{\"y\":[" + Name + "]}],\"model\":\"a\"}")]
    [InlineData(RequestShape.Responses, "{\"model\":\"a\",\"top_logprobs\":0}", "{\"include\":[" + Name + "],\"model\":\"a\",\"top_logprobs\":0}")]
    [InlineData(RequestShape.Contents, "{\"contents\":[]}", "{\"generationConfig\":{\"responseLogprobs\":true},\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"contents\":[],\"generationConfig\":null}", "{\"contents\":[],\"generationConfig\":{\"responseLogprobs\":true}}")]
    [InlineData(RequestShape.Contents, "{\"generation_config\":{ },\"contents\":[]}", "{\"generation_config\":{\"responseLogprobs\":true },\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{\"topK\":1},\"contents\":[]}", "{\"generationConfig\":{\"responseLogprobs\":true,\"topK\":1},\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{\"response_logprobs\":null},\"contents\":[]}", "{\"generationConfig\":{\"response_logprobs\":true},\"contents\":[]}")]
    internal void It_asks_as_its_dialect_does(RequestShape shape, string body, string expected)
    {
        Assert.True(Ask(shape, body, default, out var patched));
        Assert.Equal(expected, patched);
    }

    [Theory]
    [InlineData(RequestShape.Chat, "{\"logprobs\":true,\"model\":\"a\",\"messages\":[]}")]
    [InlineData(RequestShape.Responses, "{\"model\":\"a\",\"include\":[\"x\"," + Name + "]}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{\"responseLogprobs\":true},\"contents\":[]}")]
    [InlineData(RequestShape.Messages, "{\"model\":\"a\",\"max_tokens\":1,\"messages\":[]}")]
    internal void Who_asks_or_cannot_ask_stays_as_it_is(RequestShape shape, string body)
    {
        Assert.False(Ask(shape, body, default, out var patched));
        Assert.Equal(body, patched);
    }

    /// <summary>Who wants likely tokens wants to see them, and is not told by that alone.</summary>
    [Fact]
    public void Who_wants_likely_tokens_of_a_response_is_told()
    {
        Assert.False(Ask(RequestShape.Responses, "{\"model\":\"a\",\"top_logprobs\":3}", default, out var patched));
        Assert.Equal("{\"include\":[" + Name + "],\"model\":\"a\",\"top_logprobs\":3}", patched);
    }

    [Theory]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"messages\":[]}", "{\"max_tokens\":9,\"logprobs\":true,\"model\":\"a\",\"messages\":[]}")]
    [InlineData(RequestShape.Responses, "{\"model\":\"a\"}", "{\"max_output_tokens\":9,\"include\":[" + Name + "],\"model\":\"a\"}")]
    [InlineData(RequestShape.Messages, "{\"model\":\"a\",\"max_tokens\":70,\"messages\":[]}", "{\"model\":\"a\",\"max_tokens\":9,\"messages\":[]}")]
    [InlineData(RequestShape.Contents, "{\"contents\":[]}", "{\"generationConfig\":{\"responseLogprobs\":true,\"maxOutputTokens\":9},\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"contents\":[],\"generationConfig\": null}", "{\"contents\":[],\"generationConfig\": {\"responseLogprobs\":true,\"maxOutputTokens\":9}}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{},\"contents\":[]}", "{\"generationConfig\":{\"responseLogprobs\":true,\"maxOutputTokens\":9},\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{\"topK\":1},\"contents\":[]}", "{\"generationConfig\":{\"responseLogprobs\":true,\"maxOutputTokens\":9,\"topK\":1},\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{\"maxOutputTokens\":70},\"contents\":[]}", "{\"generationConfig\":{\"responseLogprobs\":true,\"maxOutputTokens\":9},\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{\"maxOutputTokens\":null},\"contents\":[]}", "{\"generationConfig\":{\"responseLogprobs\":true,\"maxOutputTokens\":9},\"contents\":[]}")]
    [InlineData(RequestShape.Contents, "{\"generationConfig\":{\"responseLogprobs\":false},\"contents\":[]}", "{\"generationConfig\":{\"maxOutputTokens\":9,\"responseLogprobs\":true},\"contents\":[]}")]
    internal void A_cap_holds_besides(RequestShape shape, string body, string expected)
    {
        Ask(shape, body, new OutputClamp(9, TakesCompletionTokens: false), out var patched);
        Assert.Equal(expected, patched);
    }

    private static bool Ask(RequestShape shape, string body, OutputClamp clamp, out string patched)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Cuts.SameForAll(bytes, pieces => Ask(shape, pieces, bytes, clamp));
        var said = Ask(shape, [bytes], bytes, clamp);
        patched = said[1..];
        return said[0] == '1';
    }

    private static string Ask(RequestShape shape, IReadOnlyList<byte[]> pieces, byte[] whole, OutputClamp clamp)
    {
        var (facts, patch, output) = (new RequestFacts(), new BodyPatch(), new ArrayBufferWriter<byte>());
        RequestReading.Describe(shape, pieces, facts);
        var isAsked = RequestForm.Of(shape).AskLogprobs(facts, clamp, patch);
        patch.Write(new ReadOnlySequence<byte>(whole), output);
        Assert.Equal(output.WrittenCount, patch.PatchedLength(whole.Length));
        return (isAsked ? "1" : "0") + Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
