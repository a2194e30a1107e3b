using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects.OpenAi;

public sealed class OpenAiPromptReaderTests
{
    [Theory]
    [InlineData(
        "[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"Say \\\"hi\\\"\"}]",
        "Content:Be brief. !Content:Say \\\"hi\\\" | messages=2 roles=2 | None")]
    [InlineData("[]", "| | None")]
    [InlineData("[{}]", "| messages=1 | None")]
    [InlineData(
        "[ { \"content\" : \"a\" , \"name\" : \"bob\" , \"role\" : \"user\" } ]",
        "Content:a Name:bob | messages=1 roles=1 names=1 | None")]
    [InlineData("[{\"role\":\"assistant\",\"content\":null},{\"role\":\"user\",\"content\":\"\"}]", "| messages=2 roles=2 | None")]
    [InlineData("[{\"role\":\"narrator\",\"content\":\"x\"}]", "Role:narrator Content:x | messages=1 | None")]
    [InlineData(
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"one\"},{\"text\":\"two\",\"type\":\"text\"}]}]",
        "Content:one Content:two | messages=1 roles=1 | None")]
    [InlineData(
        "[{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"no\"}],\"refusal\":\"never\"}]",
        "Content:no Content:never | messages=1 roles=1 | None")]
    [InlineData(
        "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":"
            + "{\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"done\"}]",
        "CallName:get !CallArguments:{\\\"a\\\":1} Content:done | messages=2 roles=2 calls=1 | ToolCalls")]
    [InlineData(
        "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"custom\",\"custom\":{\"name\":\"run\",\"input\":\"ls\"}}]}]",
        "CallName:run CallArguments:ls | messages=1 roles=1 calls=1 | ToolCalls")]
    [InlineData(
        "[{\"role\":\"assistant\",\"content\":null,\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
            + "{\"role\":\"function\",\"name\":\"f\",\"content\":\"r\"}]",
        "CallName:f CallArguments:{} Content:r Name:f | messages=2 roles=2 names=1 calls=1 | ToolCalls")]
    [InlineData("[{\"role\":\"assistant\",\"function_call\":null,\"tool_calls\":null,\"audio\":null}]", "| messages=1 roles=1 | None")]
    [InlineData(
        "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},"
            + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\",\"detail\":\"low\"}},"
            + "{\"image_url\":{\"detail\":\"high\",\"url\":\"u\"},\"type\":\"image_url\"}]}]",
        "| messages=1 roles=1 images=2 low=1 | Images")]
    [InlineData(
        "[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}},"
            + "{\"type\":\"file\",\"file\":{\"file_id\":\"file_1\"}},{\"type\":\"text\",\"text\":\"t\"}]}]",
        "Content:t | messages=1 roles=1 audios=1 files=1 | Audio, Files")]
    [InlineData("[{\"role\":\"assistant\",\"audio\":{\"id\":\"audio_1\"}}]", "| messages=1 roles=1 audios=1 | Audio, StoredState")]
    [InlineData(
        "[{\"role\":\"user\",\"content\":[{\"type\":\"hologram\",\"beam\":\"x\"}]}]",
        "OtherJson:{\"type\":\"hologram\",\"beam\":\"x\"} | messages=1 roles=1 | UnknownPart")]
    [InlineData("[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"single\"}}]", "Content:single | messages=1 roles=1 | None")]
    [InlineData("[\"just text\",5,null]", "Content:just text | | None")]
    [InlineData("[{\"role\":\"user\",\"content\":5},[1,2]]", "OtherJson:[1,2] | messages=1 roles=1 | UnknownPart")]
    [InlineData(
        "[{\"r\\u006fle\":\"user\",\"c\\u006fntent\":\"hidden\"}]", "Content:hidden | messages=1 roles=1 | None")]
    [InlineData("[{\"role\":\"user\",\"content\":\"a\",\"content\":\"b\"}]", "Content:a Content:b | messages=1 roles=1 | None")]
    [InlineData("[{\"role\":\"assistant\",\"reasoning_content\":\"thought\",\"content\":\"x\"}]", "Content:thought Content:x | messages=1 roles=1 | None")]
    public void Messages_of_a_chat_are_noted(string messages, string expected)
    {
        string body = "{\"model\":\"m\",\"messages\":" + messages + ",\"stream\":true}";
        Assert.Equal(expected, Noted(RequestShape.Chat, body));
        body = "{\"metadata\":{\"content\":\"no\",\"messages\":[{\"content\":\"no\"}]},\"messages\" : " + messages + " , \"model\":\"m\"}";
        Assert.Equal(expected, Noted(RequestShape.Chat, body));
    }

    [Theory]
    [InlineData(
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}},{\"type\":\"x\"}]",
        "ToolDefinition:{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}} ToolDefinition:{\"type\":\"x\"} | tools=2 | Tools")]
    [InlineData("\"tools\":null", "| | None")]
    [InlineData("\"tools\":[]", "| | None")]
    [InlineData("\"functions\":[{\"name\":\"f\"}],\"function_call\":\"auto\"", "ToolDefinition:{\"name\":\"f\"} | tools=1 | Tools")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "| | None")]
    [InlineData(
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{}}}",
        "Schema:{\"name\":\"n\",\"schema\":{}} | | Schema")]
    [InlineData("\"previous_response_id\":null,\"stop\":[\"a\",\"b\"],\"logit_bias\":{\"1\":2}", "| | None")]
    [InlineData("\"stream_options\":{\"include_usage\":true,\"messages\":[{\"content\":\"no\"}]},\"user\":\"u\"", "| | None")]
    [InlineData("\"input\":\"no\",\"prompt\":\"no\",\"suffix\":\"no\",\"instructions\":\"no\"", "| | None")]
    public void What_stands_beside_the_messages_is_noted(string members, string expected)
    {
        Assert.Equal(expected, Noted(RequestShape.Chat, "{\"model\":\"m\",\"messages\":[]," + members + "}"));
        Assert.Equal(expected, Noted(RequestShape.Chat, "{" + members + ",\"messages\":[],\"model\":\"m\"}"));
    }

    [Theory]
    [InlineData("\"prompt\":\"one\\ntwo\"", "!Plain:one\\ntwo | | None")]
    [InlineData("\"prompt\":[\"a\",\"b\"],\"suffix\":\"c\"", "Plain:a Plain:b Plain:c | | None")]
    [InlineData("\"prompt\":[1,2,3]", "| ids=3 | None")]
    [InlineData("\"prompt\":[[1,2],[3]]", "| ids=3 | None")]
    [InlineData("\"prompt\":\"a\",\"suffix\":null", "Plain:a | | None")]
    public void Prompts_of_completions_are_noted(string members, string expected) =>
        Assert.Equal(expected, Noted(RequestShape.Completions, "{\"model\":\"m\"," + members + "}"));

    [Theory]
    [InlineData("\"a text\"", "Plain:a text | | None")]
    [InlineData("[\"a\",\"\",\"b\"]", "Plain:a Plain:b | | None")]
    [InlineData("[5,6]", "| ids=2 | None")]
    [InlineData("[[5,6],[7],[]]", "| ids=3 | None")]
    [InlineData(
        "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]", "Content:a | images=1 | Images")]
    public void Inputs_of_embeddings_are_noted(string input, string expected) =>
        Assert.Equal(expected, Noted(RequestShape.Embeddings, "{\"model\":\"m\",\"input\":" + input + "}"));

    [Theory]
    [InlineData("\"input\":\"hello\",\"instructions\":\"Be brief.\"", "Content:hello Instructions:Be brief. | messages=2 roles=2 | None")]
    [InlineData(
        "\"input\":[{\"role\":\"user\",\"content\":\"a\"},{\"type\":\"message\",\"role\":\"developer\",\"content\":"
            + "[{\"type\":\"input_text\",\"text\":\"b\"}]},"
            + "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"c\",\"annotations\":[]}]}]",
        "Content:a Content:b Content:c | messages=3 roles=3 | None")]
    [InlineData(
        "\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"},"
            + "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"42\"},"
            + "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":[{\"type\":\"input_text\",\"text\":\"d\"}]}]",
        "CallArguments:{} CallName:f Content:42 Content:d | messages=3 calls=1 | ToolCalls")]
    [InlineData(
        "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"data:x\",\"detail\":\"low\"},"
            + "{\"type\":\"input_image\",\"file_id\":\"f\"},{\"type\":\"input_file\",\"filename\":\"n\",\"file_data\":\"AAAA\"}]}]",
        "| messages=1 roles=1 images=1 low=1 files=1 | Images, Files")]
    [InlineData("\"input\":\"x\",\"previous_response_id\":\"resp_1\"", "Content:x | messages=1 roles=1 | StoredState")]
    [InlineData("\"input\":\"x\",\"conversation\":{\"id\":\"conv_1\"}", "Content:x | messages=1 roles=1 | StoredState")]
    [InlineData("\"input\":\"x\",\"conversation\":\"conv_1\",\"instructions\":null", "Content:x | messages=1 roles=1 | StoredState")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\",\"variables\":{\"a\":\"b\"}}", "| | StoredState")]
    [InlineData("\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]", "| messages=1 | StoredState")]
    [InlineData(
        "\"input\":[{\"type\":\"reasoning\",\"id\":\"rs\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"why\"}],\"encrypted_content\":\"zz\"}]",
        "Content:why | messages=1 | UnknownPart")]
    [InlineData(
        "\"input\":[{\"type\":\"web_search_call\",\"id\":\"ws\",\"status\":\"completed\"}]",
        "OtherJson:{\"type\":\"web_search_call\",\"id\":\"ws\",\"status\":\"completed\"} | messages=1 | UnknownPart")]
    [InlineData(
        "\"input\":[{\"type\":\"computer_call_output\",\"call_id\":\"c\",\"output\":{\"type\":\"computer_screenshot\",\"image_url\":\"data:x\"}}]",
        "| messages=1 images=1 | Images")]
    [InlineData(
        "\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{\"type\":\"object\"}},\"verbosity\":\"low\"}",
        "Content:x Schema:{\"type\":\"object\"} | messages=1 roles=1 | Schema")]
    [InlineData("\"input\":\"x\",\"text\":{\"format\":{\"type\":\"text\"}},\"tools\":[{\"type\":\"web_search\"}]",
        "Content:x ToolDefinition:{\"type\":\"web_search\"} | messages=1 roles=1 tools=1 | Tools")]
    public void Items_of_responses_are_noted(string members, string expected) =>
        Assert.Equal(expected, Noted(RequestShape.Responses, "{\"model\":\"m\"," + members + ",\"stream\":false}"));

    [Theory]
    [InlineData(RequestShape.Images, "{\"model\":\"m\",\"prompt\":\"a cat\"}")]
    [InlineData(RequestShape.Speech, "{\"model\":\"m\",\"input\":\"say\"}")]
    internal void What_is_not_counted_in_tokens_is_not_noted(RequestShape shape, string body) =>
        Assert.Equal("| | None", Noted(shape, body));

    [Fact]
    public void Texts_beyond_the_bound_are_folded_into_their_bytes()
    {
        string messages = string.Join(',', Enumerable.Range(0, 5000).Select(_ => "{\"role\":\"user\",\"content\":\"abcd\"}"));
        PromptText prompt = PromptReading.Read(RequestShape.Chat, "{\"model\":\"m\",\"messages\":[" + messages + "]}");
        Assert.Equal(PromptText.SpansMax, prompt.Spans.Length);
        Assert.Equal(5000, prompt.Messages);
        Assert.Equal(20_000, prompt.Bytes);
        Assert.Equal((5000 - PromptText.SpansMax) * 4, prompt.FoldedBytes);
        Assert.Equal(PromptDoubt.Folded, prompt.Doubts);
    }

    [Fact]
    public void Sound_and_files_are_known_by_their_bytes()
    {
        string data = new('A', 1000);
        PromptText prompt = PromptReading.Read(
            RequestShape.Chat,
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"" + data
                + "\",\"format\":\"wav\"}},{\"type\":\"file\",\"file\":{\"file_data\":\"" + data + data + "\"}}]}]}");
        Assert.InRange(prompt.AudioBytes, 1000, 1100);
        Assert.InRange(prompt.FileBytes, 2000, 2100);
        Assert.Equal(0, prompt.Bytes);
    }

    [Fact]
    public void Nesting_beyond_what_any_request_has_is_noted_as_JSON()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 20)) + "1" + string.Concat(Enumerable.Repeat("]", 20));
        Assert.StartsWith("OtherJson:[[[", Noted(RequestShape.Embeddings, "{\"model\":\"m\",\"input\":" + deep + "}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_noted_that_is_not_wanted_and_a_reader_can_be_used_again()
    {
        byte[] body = Encoding.UTF8.GetBytes("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"abc\"}]}");
        var reader = new RequestReader();
        var prompt = new PromptText();
        prompt.Reset(isWanted: true);
        reader.Begin(new RequestFacts(), RequestShape.Chat, prompt, new OpenAiPromptReader());
        reader.Feed(body.AsSpan(0, 45));
        prompt.Reset(isWanted: false);
        reader.Begin(new RequestFacts(), RequestShape.Chat, prompt, new OpenAiPromptReader());
        reader.Feed(body);
        Assert.False(reader.Finish().IsError);
        Assert.Equal("| | None", PromptReading.Describe(body, prompt));
        prompt.Reset(isWanted: true);
        reader.Begin(new RequestFacts(), RequestShape.Chat, prompt, new OpenAiPromptReader());
        reader.Feed(body);
        Assert.False(reader.Finish().IsError);
        Assert.Equal("Content:abc | messages=1 roles=1 | None", PromptReading.Describe(body, prompt));
    }

    [Fact]
    public void Noting_allocates_nothing_once_its_room_is_there()
    {
        string messages = string.Join(',', Enumerable.Range(0, 300).Select(_ => "{\"role\":\"us\\u0065r\",\"content\":\"abcd\"}"));
        byte[] body = Encoding.UTF8.GetBytes("{\"model\":\"m\",\"messages\":[" + messages + "],\"tools\":[{\"type\":\"x\"}]}");
        var reader = new RequestReader();
        var facts = new RequestFacts();
        var places = new OpenAiPromptReader();
        var prompt = new PromptText();
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            prompt.Reset(isWanted: true);
            reader.Begin(facts, RequestShape.Chat, prompt, places);
            reader.Feed(body.AsSpan(0, 1000));
            reader.Feed(body.AsSpan(1000));
            reader.Finish();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1 + (2 * 300), prompt.Spans.Length);
    }

    private static string Noted(RequestShape shape, string body) =>
        Cuts.SameForAll(Encoding.UTF8.GetBytes(body), pieces => PromptReading.Describe(shape, pieces));
}
