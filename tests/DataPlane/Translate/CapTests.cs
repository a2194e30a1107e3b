using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>No cap goes to a provider that its model cannot give, and a client whose cap does not hold is told.</summary>
public sealed class CapTests
{
    private static readonly string[] Written = ["max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"];

    [Theory]
    [InlineData("chat", "max_tokens", 32_000)]
    [InlineData("chat", "max_completion_tokens", 32_000)]
    [InlineData("responses", "max_output_tokens", 32_000)]
    [InlineData("messages", "max_tokens", 32_000)]
    [InlineData("contents", "maxOutputTokens", 32_000)]
    [InlineData("chat", "max_tokens", 8192)]
    public void A_cap_beyond_the_model_is_lowered_and_reported_by_the_client_s_name(string client, string name, long cap)
    {
        var isBeyond = cap > 8192;
        var lost = client == "contents" ? "generationConfig." + name : name;
        foreach (var upstream in SpokenShape.All)
        {
            Assert.Equal((8192, isBeyond ? lost : "", isBeyond ? 8192 : 0), Sent(client, upstream, name, cap, outputMax: 8192));
            Assert.Equal((8192, isBeyond ? lost : "", isBeyond ? 8192 : 0), Sent(client, upstream, name, cap, outputRoom: 8192));
            Assert.Equal((8192, isBeyond ? lost : "", isBeyond ? 8192 : 0), Sent(client, upstream, name, cap, outputMax: 9000, outputRoom: 8192));
            Assert.Equal((cap, "", 0), Sent(client, upstream, name, cap));

            // What a limit leaves is told of the limit.
            Assert.Equal((1000, "", 0), Sent(client, upstream, name, cap, outputMax: 8192, outputCap: 1000));
        }
    }

    [Theory]
    [InlineData(64_000, 0, 64_000, 0)]
    [InlineData(64_000, 5000, 5000, 5000)]
    [InlineData(0, 5000, 4096, 4096)]
    [InlineData(0, 2000, 2000, 2000)]
    public void A_cap_that_anthropic_wants_and_the_client_does_not_is_within_the_window(long outputMax, long outputRoom, long sent, long told)
    {
        var none = SpokenShape.All.Single(form => form.Shape == RequestShape.Messages);
        Assert.Equal((sent, "", told), Sent("chat", none, "", -1, outputMax: outputMax, outputRoom: outputRoom));
    }

    private static (long Sent, string Lost, long Told) Sent(
        string client, SpokenShape upstream, string name, long cap, long outputCap = 0, long outputMax = 0, long outputRoom = 0)
    {
        var told = cap < 0 ? "" : client == "contents" ? $$$""","generationConfig":{"{{{name}}}":{{{cap}}}}""" : $",\"{name}\":{cap}";
        var prompt = client switch
        {
            "contents" => """{"contents":[{"role":"user","parts":[{"text":"Q"}]}]""",
            "responses" => """{"input":"Q" """,
            _ => """{"messages":[{"role":"user","content":"Q"}]""",
        };
        var request = Translating.Read(SpokenShape.Named(client).Shape, prompt + told + "}");
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        var target = new RequestTarget("\"m\""u8, outputCap, outputMax, true, default) { OutputRoom = outputRoom };
        Translations.Of(upstream.Shape).RequestWriter!.Write(request, target, json);
        var written = JsonElement.Parse(json.To.Written);
        if (written.TryGetProperty("generationConfig", out var config))
            written = config;
        var sent = written.EnumerateObject().Single(member => Written.Contains(member.Name)).Value.GetInt64();
        return (sent, Encoding.ASCII.GetString(request.Losses.Names), request.TokensMaxTold);
    }
}
