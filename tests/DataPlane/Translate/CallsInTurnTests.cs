using AiEdge.DataPlane.Tests.Dialects;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Calls whose arguments come in turn are told one after the other, each whole; and one after the other as they come, where they come so.</summary>
public sealed class CallsInTurnTests
{
    private const string F = """{"index":0,"id":"a","function":{"name":"f","arguments":""}}""";
    private const string G = """{"index":1,"id":"b","function":{"name":"g","arguments":""}}""";
    private const string H = """{"index":2,"id":"c","function":{"name":"h","arguments":""}}""";

    public static TheoryData<string, string[]> Woven
    {
        get
        {
            string[][] orders =
            [
                [F, G, H, Part(0, "{\\\"q\\\":"), Part(1, "{\\\"q\\\":"), Part(2, "{\\\"q\\\":"), Part(1, "2}"), Part(0, "1}"), Part(2, "3}")],
                [F, Part(0, "{\\\"q\\\""), G, Part(1, "{\\\"q\\\":2}"), H, Part(0, ":1"), Part(2, "{\\\"q\\\":3}"), Part(0, "}")],
                [F, G, Part(1, "{\\\"q\\\":2}"), Part(0, "{\\\"q\\\":1}"), H, Part(2, "{\\\"q\\\":3}"), Part(0, " ")],
                [F + "," + G + "," + H, Part(2, "{\\\"q\\\":3}") + "," + Part(1, "{\\\"q\\\":2}") + "," + Part(0, "{\\\"q\\\":1}")],
            ];
            var rows = new TheoryData<string, string[]>();
            foreach (var client in (string[])["messages", "responses", "contents"])
            {
                foreach (var order in orders)
                    rows.Add(client, order);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Woven))]
    public void Each_has_its_own_arguments(string client, string[] deltas)
    {
        var (told, isFaulted) = Tell(client, deltas);

        Assert.False(isFaulted);
        Assert.Equal(["f 1", "g 2", "h 3"], CallsIn(client, told));
    }

    [Fact]
    public void Calls_that_come_one_after_the_other_are_told_as_they_come()
    {
        string[] deltas = [F, Part(0, "{\\\"q\\\":\\\"}\\\\\\\"{"), Part(0, "\\\"}"), G, Part(1, "{}")];
        var answer = new Answer("messages");
        foreach (var delta in deltas)
            answer.Take(delta);

        // The first is whole, so that the second is told at once: nothing waits for the answer's end.
        Assert.Contains("\"name\":\"g\"", answer.Told, StringComparison.Ordinal);
        Assert.Contains("\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}", answer.Told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\\\"q\\\":1", false)]
    [InlineData("{\\\"q\\\":\\\"}", false)]
    [InlineData("{\\\"q\\\":\\\"\\\\\\\"}", false)]
    [InlineData("\\u007b\\u0022q\\u0022:\\u0022}", false)]
    [InlineData("{\\\"q\\\":[{}]", false)]
    [InlineData("", false)]
    [InlineData("{\\\"q\\\":\\\"\\\\\\\\\\\"}", true)]
    [InlineData("\\u007b\\u007d", true)]
    [InlineData(" \\n{} ", true)]
    [InlineData("[]", true)]
    public void Only_a_whole_one_lets_the_next_begin(string arguments, bool isWhole)
    {
        var answer = new Answer("messages");
        answer.Take(F);
        answer.Take(Part(0, arguments));
        answer.Take(G);
        Assert.Equal(isWhole, answer.Told.Contains("\"name\":\"g\"", StringComparison.Ordinal));
        answer.End();
        Assert.Contains("\"name\":\"g\"", answer.Told, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_for_a_call_behind_a_text_has_no_place()
    {
        var (_, isFaulted) = Tell("messages", [F, Part(0, "{}"), "TEXT", Part(0, "{}")]);
        Assert.True(isFaulted);
    }

    [Fact]
    public void A_used_one_allocates_nothing()
    {
        var writer = new Counting();
        var turns = new CallsInTurn();
        long before = 0;
        for (var round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            turns.Reset(writer);
            turns.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 0, Id = "a"u8, Name = "f"u8 });
            turns.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 1, Id = "b"u8, Name = "g"u8 });
            turns.Take(new NeutralEvent(NeutralKind.Arguments, "{}"u8) { Call = 1 });
            turns.Take(new NeutralEvent(NeutralKind.Arguments, "{}"u8) { Call = 0 });
            turns.Take(new NeutralEvent(NeutralKind.End));
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(3 * 5, writer.Count);
    }

    private static string Part(int index, string arguments) => $$$"""{"index":{{{index}}},"function":{"arguments":"{{{arguments}}}"}}""";

    private static (string Told, bool IsFaulted) Tell(string client, string[] deltas)
    {
        var answer = new Answer(client);
        foreach (var delta in deltas)
            answer.Take(delta);
        answer.End();
        return (answer.Told, answer.IsFaulted);
    }

    /// <summary>Calls of a stream with the number in their arguments, in the order in which they begin.</summary>
    private static List<string> CallsIn(string client, string told)
    {
        var calls = new List<string>();
        var arguments = new List<string>();
        foreach (var line in told.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)))
        {
            var data = JsonElement.Parse(line[6..]);
            if (client == "contents")
            {
                foreach (var part in data.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts").EnumerateArray())
                {
                    if (part.TryGetProperty("functionCall", out var call))
                        (calls, arguments) = ([.. calls, call.GetProperty("name").GetString()!], [.. arguments, call.GetProperty("args").GetRawText()]);
                }
            }
            else if (client == "messages" && data.TryGetProperty("content_block", out var block))
                (calls, arguments) = ([.. calls, block.GetProperty("name").GetString()!], [.. arguments, ""]);
            else if (client == "messages" && data.TryGetProperty("index", out var index))
                arguments[index.GetInt32()] += data.TryGetProperty("delta", out var delta) ? delta.GetProperty("partial_json").GetString() : "";
            else if (data.GetProperty("type").GetString() == "response.function_call_arguments.done")
                (calls, arguments) = ([.. calls, data.GetProperty("name").GetString()!], [.. arguments, data.GetProperty("arguments").GetString()!]);
        }

        return [.. calls.Select((name, i) => $"{name} {JsonElement.Parse(arguments[i]).GetProperty("q").GetInt32()}")];
    }

    /// <summary>A chat's answer as it is told to a client of another dialect.</summary>
    private sealed class Answer
    {
        private readonly AnswerReader _reader = Translations.Of(RequestShape.Chat).NewAnswerReader!();
        private readonly AnswerWriter _writer;
        private readonly CallsInTurn _turns = new();

        public Answer(string client)
        {
            _writer = Translations.Of(SpokenShape.Named(client).Shape).NewStreamWriter!();
            Assert.True(_writer.TellsCallsInTurn);
            _reader.Reset();
            _writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
            _turns.Reset(_writer);
        }

        public string Told => Encoding.UTF8.GetString(_writer.Out.Written);

        public bool IsFaulted => _writer.IsFaulted;

        public void Take(string delta) => Assert.True(_reader.OnEvent(
            Encoding.UTF8.GetBytes(delta == "TEXT"
                ? """{"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}"""
                : "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[" + delta + "]}}]}"), _turns));

        public void End()
        {
            _turns.End();
            _writer.End();
        }
    }

    private sealed class Counting : AnswerWriter
    {
        public int Count { get; private set; }

        public override void Take(in NeutralEvent item) => Count++;

        public override void End()
        {
        }

        protected override void OnBegin(in AnswerFacts facts)
        {
        }
    }
}
