using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Parse;

public class RequestPatchTests
{
    [Theory]
    [InlineData(
        "{\"model\":\"a\",\"stream\":true,\"messages\":[]}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"B\",\"stream\":true,\"messages\":[]}")]
    [InlineData(
        "{ \"model\":\"a\",\"stream\":true,\"messages\":[]}",
        "{\"stream_options\":{\"include_usage\":true}, \"model\":\"B\",\"stream\":true,\"messages\":[]}")]
    [InlineData(
        "{\"model\":\"a\",\"stream_options\": null ,\"stream\":true,\"messages\":[]}",
        "{\"model\":\"B\",\"stream_options\": {\"include_usage\":true} ,\"stream\":true,\"messages\":[]}")]
    [InlineData(
        "{\"stream_options\":{},\"model\":\"a\",\"stream\":true,\"messages\":[]}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"B\",\"stream\":true,\"messages\":[]}")]
    [InlineData(
        "{\"stream_options\":{ \n },\"model\":\"a\",\"stream\":true,\"messages\":[]}",
        "{\"stream_options\":{\"include_usage\":true \n },\"model\":\"B\",\"stream\":true,\"messages\":[]}")]
    [InlineData(
        "{\"stream_options\":{\"x\":[1]},\"model\":\"a\",\"stream\":true,\"messages\":[]}",
        "{\"stream_options\":{\"include_usage\":true,\"x\":[1]},\"model\":\"B\",\"stream\":true,\"messages\":[]}")]
    [InlineData(
        "{\"stream_options\":{\"include_usage\":false},\"model\":\"a\",\"stream\":true,\"messages\":[]}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"B\",\"stream\":true,\"messages\":[]}")]
    [InlineData(
        "{\"stream_options\":{\"a\":1,\"include_usage\": null },\"model\":\"a\",\"stream\":true,\"messages\":[]}",
        "{\"stream_options\":{\"a\":1,\"include_usage\": true },\"model\":\"B\",\"stream\":true,\"messages\":[]}")]
    public void Usage_is_asked_for_whatever_form_the_options_have(string body, string expected)
    {
        Assert.True(Patch(RequestShape.Chat, body, "\"B\"", injectUsage: true, out string patched));
        Assert.Equal(expected, patched);
    }

    [Theory]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[]}", true)]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"stream\":false,\"messages\":[]}", true)]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"messages\":[]}", true)]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"stream\":null,\"messages\":[]}", true)]
    [InlineData(RequestShape.Chat, "{\"model\":\"a\",\"stream\":true,\"messages\":[]}", false)]
    [InlineData(RequestShape.Responses, "{\"model\":\"a\",\"stream\":true}", true)]
    [InlineData(RequestShape.Images, "{\"model\":\"a\",\"stream\":true}", true)]
    internal void Usage_is_not_asked_for_where_it_need_not_or_may_not_be(RequestShape shape, string body, bool injectUsage)
    {
        Assert.False(Patch(shape, body, "\"B\"", injectUsage, out string patched));
        Assert.Equal(body.Replace("\"a\"", "\"B\"", StringComparison.Ordinal), patched);
    }

    [Fact]
    public void Without_a_name_for_the_provider_the_body_stays_as_it_is()
    {
        const string body = " {\"model\":\"a\",\"messages\":[ ] } ";
        Assert.False(Patch(RequestShape.Chat, body, "", injectUsage: true, out string patched));
        Assert.Equal(body, patched);
    }

    [Fact]
    public void The_model_is_replaced_where_it_stands_and_nowhere_else()
    {
        const string body = "{\"messages\":[{\"model\":\"a\"}],\"metadata\":{\"model\":\"a\"},\"mod\\u0065l\" :\t\"a\" ,\"z\":\"a\"}";
        Patch(RequestShape.Chat, body, "\"ft:gpt \\\"x\\\"\"", injectUsage: false, out string patched);
        Assert.Equal(
            "{\"messages\":[{\"model\":\"a\"}],\"metadata\":{\"model\":\"a\"},\"mod\\u0065l\" :\t\"ft:gpt \\\"x\\\"\" ,\"z\":"
                + "\"a\"}",
            patched);
    }

    [Fact]
    public void Patches_equal_the_edits_that_JsonNode_makes_and_leave_all_other_bytes()
    {
        int compared = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            if (ParseOracles.RequestIsReadAlikeAndPatchedExactly(JsonCorpus.Request(new Random(seed)), seed))
                compared++;
        }

        Assert.True(compared > 700, $"{compared}");
    }

    [Theory]
    [InlineData("{\"model\":\"a\",\"max_tokens\":1,\"messages\":[]}", "{\"v\":1,\"max_tokens\":1,\"messages\":[]}")]
    [InlineData("{\"messages\":[], \"mod\\u0065l\" : \"a\" ,\"max_tokens\":1}", "{\"messages\":[], \"v\":1 ,\"max_tokens\":1}")]
    [InlineData("{\"x\":{\"model\":\"b\"},\"messages\":[],\"model\":\"a\"}", "{\"x\":{\"model\":\"b\"},\"messages\":[],\"v\":1}")]
    public void Another_member_may_stand_in_the_place_of_the_whole_one_of_the_model(string body, string expected)
    {
        var patch = new BodyPatch();
        RequestPatch.Build(RequestReading.Facts(RequestShape.Messages, body), RequestShape.Messages, "\"B\""u8.ToArray(), true, patch, default, "\"v\":1"u8.ToArray());
        var output = new ArrayBufferWriter<byte>();
        patch.Write(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static bool Patch(RequestShape shape, string body, string model, bool injectUsage, out string patched)
    {
        var patch = new BodyPatch();
        patch.Insert(0, "left over from the last body"u8.ToArray());
        bool injected = RequestPatch.Build(RequestReading.Facts(shape, body), shape, Encoding.UTF8.GetBytes(model), injectUsage, patch);
        var output = new ArrayBufferWriter<byte>();
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        patch.Write(new ReadOnlySequence<byte>(bytes), output);
        Assert.Equal(output.WrittenCount, patch.PatchedLength(bytes.Length));
        patched = Encoding.UTF8.GetString(output.WrittenSpan);
        return injected;
    }
}
