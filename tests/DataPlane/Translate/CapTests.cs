using System.Text;
using System.Text.Json.Nodes;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>No cap goes to a provider that its model cannot give, and a client whose cap does not hold is told.</summary>
public sealed class CapTests
{
    public static TheoryData<string, string, long> Caps
    {
        get
        {
            var rows = new TheoryData<string, string, long>();
            foreach (var client in SpokenShape.All)
            {
                foreach (var cap in client.Caps)
                    rows.Add(client.Name, cap, 32_000);
            }

            rows.Add("chat", "max_tokens", 8192);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Caps))]
    public void A_cap_beyond_the_model_is_lowered_and_reported_by_the_client_s_name(string client, string name, long cap)
    {
        var isBeyond = cap > 8192;
        var lost = isBeyond ? name : "";
        foreach (var upstream in SpokenShape.All)
        {
            Assert.Equal((8192, lost, isBeyond ? 8192 : 0), Sent(client, upstream, name, cap, outputMax: 8192));
            Assert.Equal((8192, lost, isBeyond ? 8192 : 0), Sent(client, upstream, name, cap, outputRoom: 8192));
            Assert.Equal((8192, lost, isBeyond ? 8192 : 0), Sent(client, upstream, name, cap, outputMax: 9000, outputRoom: 8192));
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

    [Theory]
    [InlineData("claude-opus-5-5", 128_000, 0)]
    [InlineData("us.anthropic.claude-sonnet-5-5-v1:0", 128_000, 0)]
    [InlineData("claude-fable-5-1", 128_000, 0)]
    [InlineData("claude-haiku-5-5", 128_000, 0)]
    [InlineData("claude-opus-6", 128_000, 0)]
    [InlineData("claude-sonnet-4-6", 64_000, 0)]
    [InlineData("claude-opus-4-1-20250805", 32_000, 0)]
    [InlineData("claude-3-5-haiku-latest", 8192, 0)]
    [InlineData("claude-3-haiku-20240307", 4096, 0)]
    [InlineData("sonnet", 4096, 4096)]
    public void Nor_is_one_that_no_list_has_the_longest_answer_of_and_its_name_tells(string model, long sent, long told)
    {
        var none = SpokenShape.All.Single(form => form.Shape == RequestShape.Messages);
        Assert.Equal((sent, "", told), Sent("chat", none, "", -1, model: model));
    }

    /// <summary>A name that no list has may be of a model that gives more, or a deployment's own; who runs it can say what it gives.</summary>
    [Theory]
    [InlineData("claude-opus-6")]
    [InlineData("claude-3-haiku-of-ours")]
    public void What_a_name_alone_tells_of_the_longest_answer_lowers_nobody_s_cap(string model)
    {
        var messages = SpokenShape.Named("messages");
        Assert.Equal((200_000, "", 0), Sent("chat", messages, "max_completion_tokens", 200_000, model: model));
        Assert.Equal((128_000, "max_completion_tokens", 128_000), Sent("chat", messages, "max_completion_tokens", 200_000, outputMax: 128_000, model: model));
    }

    private static (long Sent, string Lost, long Told) Sent(
        string client, SpokenShape upstream, string name, long cap, long outputCap = 0, long outputMax = 0, long outputRoom = 0, string model = "m")
    {
        var body = JsonNode.Parse(SpokenShape.Named(client).Question)!;
        if (name.Length > 0)
            Put(body, name, cap);
        var request = Translating.Read(SpokenShape.Named(client).Shape, body.ToJsonString());
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        var target = new RequestTarget("\"m\""u8, outputCap, outputMax, true, ModelAbilities.Of(Encoding.ASCII.GetBytes(model))) { OutputRoom = outputRoom };
        Translations.Of(upstream.Shape).RequestWriter!.Write(request, target, json);
        var written = JsonNode.Parse(json.To.Written)!;
        var sent = upstream.Caps.Select(path => path.Split('.').Aggregate((JsonNode?)written, (at, member) => at?[member])).OfType<JsonValue>().Single().GetValue<long>();
        return (sent, Encoding.ASCII.GetString(request.Losses.Names), request.TokensMaxTold);
    }

    private static void Put(JsonNode body, string path, long value)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
            body = body[name] ??= new JsonObject();
        body[names[^1]] = value;
    }
}
