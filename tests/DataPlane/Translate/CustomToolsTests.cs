using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Tools whose input is a text are functions at who has none such, and their calls are told as what they were asked for.</summary>
public sealed class CustomToolsTests
{
    private const string Tool = """{"type":"custom","name":"apply_patch","description":"Patches.","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\"\n"}}""";
    private const string Said = """
        {"role":"user","content":"Q"},{"type":"custom_tool_call","call_id":"c1","name":"apply_patch","input":"*** \"Begin\"\né"},{"type":"custom_tool_call_output","call_id":"c1","output":"Done"}
        """;

    private static readonly string[] Inputs =
    [
        "", "x", "*** Begin Patch\n+\t\"quoted\" \\ back\\\\slash\r\n*** End Patch", "é 日本 😀", "\u0001\u001f\u007f", "\\u00e9 \\n \\", "{\"input\":\"{}\"}", "/</>", new string('a', 5000) + "\"",
    ];

    private static readonly JavaScriptEncoder[] Escaping = [JavaScriptEncoder.Default, JavaScriptEncoder.UnsafeRelaxedJsonEscaping];

    public static TheoryData<string> Providers => ["chat", "messages", "contents"];

    [Theory]
    [MemberData(nameof(Providers))]
    public void One_is_declared_and_was_called_and_answered_as_a_function(string upstream)
    {
        var told = Tell(upstream, $$$"""{"model":"m","input":[{{{Said}}}],"tools":[{{{Tool}}},{"type":"custom","name":"plain"}],"tool_choice":{"type":"custom","name":"plain"}}""", out var names, out var lost);

        Assert.Equal("tools.format", lost);
        Assert.Contains("\"Patches.\\n\\nThe input has to follow this grammar, which is written in lark:\\nstart: \\\"a\\\"\\n\"", told, StringComparison.Ordinal);
        Assert.Equal(2, told.Split("\"required\":[\"input\"]").Length - 1);
        var arguments = upstream == "chat" ? "\"arguments\":\"{\\\"input\\\":\\\"*** \\\\\\\"Begin\\\\\\\"\\\\né\\\"}\"" : "{\"input\":\"*** \\\"Begin\\\"\\né\"}";
        Assert.Contains(arguments, told, StringComparison.Ordinal);
        Assert.Contains("Done", told, StringComparison.Ordinal);
        Assert.DoesNotContain(told, character => character < ' ');
        Assert.Contains(upstream switch
        {
            "chat" => """{"type":"function","function":{"name":"plain"}}""",
            "messages" => """{"type":"tool","name":"plain"}""",
            _ => """{"mode":"ANY","allowedFunctionNames":["plain"]}""",
        }, told, StringComparison.Ordinal);
        Assert.Equal(("custom_tool_call", "apply_patch", "", "x"), Called("apply_patch", """{"input":"x"}""", names));
    }

    [Fact]
    public void Those_of_a_server_are_called_by_both_names()
    {
        Tell("messages", $$"""{"model":"m","input":"Q","tools":[{"type":"namespace","name":"srv","tools":[{{Tool}}]},{"type":"namespace","name":"functions","tools":[{"type":"custom","name":"exec"}]}]}""", out var names, out _);

        Assert.Equal(("custom_tool_call", "apply_patch", "srv", "x"), Called("srv__apply_patch", """{"input":"x"}""", names));
        Assert.Equal(("custom_tool_call", "exec", "", "x"), Called("exec", """{"input":"x"}""", names));
    }

    [Fact]
    public void A_function_of_the_same_name_is_another()
    {
        var told = Tell("messages", """{"model":"m","input":"Q","tools":[{"type":"custom","name":"f"},{"type":"function","name":"f","parameters":{"type":"object"}}]}""", out var names, out _);

        var declared = JsonElement.Parse(told).GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!).ToArray();
        Assert.Equal("f", declared[1]);
        Assert.Equal("function_call", Called("f", "{}", names).Type);
        Assert.Equal(("custom_tool_call", "f", "", "x"), Called(declared[0], """{"input":"x"}""", names));
    }

    /// <summary>Wherever the provider cuts the arguments, and however it escapes what is in them.</summary>
    [Fact]
    public void The_input_comes_as_it_was_called_with()
    {
        var names = Names();
        var random = new Random(5);
        foreach (var input in Inputs)
        {
            foreach (var encoder in Escaping)
            {
                var arguments = "{ \"input\"\n: " + Quoted(input, encoder) + "}";
                for (var i = 0; i < 20; i++)
                    Assert.Equal(("custom_tool_call", "apply_patch", "", input), Streamed(names, [.. Cut(arguments, random).Select(piece => Quoted(piece, Escaping[i % 2]))]));
                Assert.Equal(("custom_tool_call", "apply_patch", "", input), Called("apply_patch", arguments, names));
            }
        }
    }

    /// <summary>What a model makes that is no JSON, or has more in it, is told as a text all the same.</summary>
    [Theory]
    [InlineData("""{"other":{"input":["\"}"]},"input":"x","more":1}""", "x", true)]
    [InlineData("""{"input":"x" , "b":null}""", "x", true)]
    [InlineData("{}", "", false)]
    [InlineData("""{"input":7}""", "", true)]
    [InlineData("""["input","x"]""", "", true)]
    [InlineData("*** Begin Patch", "", true)]
    [InlineData("{\"input\":\"a\nb\"}", "a\nb", false)]
    [InlineData("""{"input":"\d \u12 \u12345 \""}""", "\\d \\u12 \u12345 \"", false)]
    [InlineData("""{"in\u0070ut":"x"}""", "", true)]
    [InlineData("""{"input":"\ud83d \ude00 \ud83d\ud83d\ude00 \ud83d\n\ud83d"}""", "\ufffd \ufffd \ufffd\ud83d\ude00 \ufffd\n\ufffd", false)]
    [InlineData("""{"input":"cut""", "cut", false)]
    public void Whatever_else_comes_is_no_fault_of_the_client_s(string arguments, string input, bool isLost)
    {
        var told = Stream(Names(), [.. arguments.Select(character => Quoted(character.ToString()))], out var lost);
        Assert.Equal(("custom_tool_call", "apply_patch", "", input), told);
        Assert.Equal(isLost ? "answer.custom_tool_call.arguments" : "", lost);
    }

    [Fact]
    public void A_chat_s_client_has_them_too()
    {
        var request = Translating.Read(RequestShape.Chat, """{"model":"m","messages":[{"role":"user","content":"Q"}],"tools":[{"type":"custom","custom":{"name":"sql"}}]}""");
        Write("messages", request);
        string[] events =
        [
            """{"type":"message_start","message":{"model":"m"}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"sql","input":{}}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"input\":\"sel"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"ect \\\"1\\\"\"}"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"message_stop"}""",
        ];
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, events, isStream: true, out var lost, names: request.FittedNames.Written.ToArray());

        Assert.Equal("", lost);
        Assert.Contains("\"type\":\"custom\",\"custom\":{\"name\":\"sql\",\"input\":\"\"}", told, StringComparison.Ordinal);
        Assert.Contains("\"custom\":{\"input\":\"sel\"}", told, StringComparison.Ordinal);
        Assert.Contains("\"custom\":{\"input\":\"ect \\\"1\\\"\"}", told, StringComparison.Ordinal);
    }

    private static byte[] Names()
    {
        Tell("messages", $$"""{"model":"m","input":"Q","tools":[{{Tool}}]}""", out var names, out _);
        return names;
    }

    private static string Tell(string upstream, string body, out byte[] names, out string lost)
    {
        var request = Translating.Read(RequestShape.Responses, body);
        var told = Write(upstream, request);
        (names, lost) = (request.FittedNames.Written.ToArray(), Encoding.ASCII.GetString(request.Losses.Names));
        return told;
    }

    private static string Write(string upstream, NeutralRequest request)
    {
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        Translations.Of(SpokenShape.Named(upstream).Shape).RequestWriter!.Write(request, new RequestTarget("\"m\""u8, 0, 0, true, ModelAbilities.Of("m"u8)), json);
        return Encoding.UTF8.GetString(json.To.Written);
    }

    private static string Quoted(string text, JavaScriptEncoder? encoder = null) => "\"" + JsonEncodedText.Encode(text, encoder) + "\"";

    private static IEnumerable<string> Cut(string text, Random random)
    {
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(text.Length - at, random.Next(1, random.Next(2, 40)));
            if (char.IsHighSurrogate(text[at + length - 1]))
                length++;
            yield return text.Substring(at, length);
            at += length;
        }
    }

    /// <summary>A call as it is told of a whole answer, of a chat and of one that has an object.</summary>
    private static (string Type, string Name, string Space, string Input) Called(string name, string arguments, byte[] names)
    {
        var call = $$$"""{"id":"a","type":"function","function":{"name":"{{{name}}}","arguments":{{{Quoted(arguments)}}}}}""";
        var whole = "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[" + call + "]},\"finish_reason\":\"tool_calls\"}]}";
        var chat = Translating.Answer(RequestShape.Responses, RequestShape.Chat, [whole], isStream: false, out _, names: names);
        var message = $$"""{"type":"message","model":"m","content":[{"type":"tool_use","id":"a","name":"{{name}}","input":{{arguments}}}],"stop_reason":"tool_use"}""";
        var told = Item(JsonElement.Parse(chat).GetProperty("output")[0]);
        Assert.Equal(told, Item(JsonElement.Parse(Translating.Answer(RequestShape.Responses, RequestShape.Messages, [message], isStream: false, out _, names: names)).GetProperty("output")[0]));
        return told;
    }

    private static (string Type, string Name, string Space, string Input) Streamed(byte[] names, string[] pieces)
    {
        var told = Stream(names, pieces, out var lost);
        Assert.Equal("", lost);
        return told;
    }

    /// <summary>A call as it is told of a stream, by its events as by its end.</summary>
    private static (string Type, string Name, string Space, string Input) Stream(byte[] names, string[] pieces, out string lost)
    {
        static string Chunk(string call) => "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[" + call + "]}}]}";
        var events = pieces.Select(piece => Chunk("{\"index\":0,\"function\":{\"arguments\":" + piece + "}}"));
        var told = Translating.Answer(RequestShape.Responses, RequestShape.Chat, [Chunk("""{"index":0,"id":"a","type":"function","function":{"name":"apply_patch","arguments":""}}"""), .. events], isStream: true, out lost, names: names);
        var deltas = new StringBuilder();
        (string, string, string, string Input) item = default;
        foreach (var line in told.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            var data = JsonElement.Parse(line[6..]);
            if (data.GetProperty("type").GetString() == "response.custom_tool_call_input.delta")
                deltas.Append(data.GetProperty("delta").GetString());
            else if (data.GetProperty("type").GetString() == "response.output_item.done")
                item = Item(data.GetProperty("item"));
        }

        Assert.Equal(deltas.ToString(), item.Input);
        return item;
    }

    private static (string Type, string Name, string Space, string Input) Item(JsonElement item) => (item.GetProperty("type").GetString()!, item.GetProperty("name").GetString()!,
        item.TryGetProperty("namespace", out var space) ? space.GetString()! : "", item.TryGetProperty("input", out var input) ? input.GetString()! : "");
}
