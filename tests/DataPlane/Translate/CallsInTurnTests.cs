using AiEdge.DataPlane.Tests.Dialects;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
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

    private static readonly string[] InTurn =
        [.. SpokenShape.All.Where(one => Translations.Of(one.Shape).NewStreamWriter!().TellsCallsInTurn).Select(one => one.Name)];

    private const string Probability = """[{"token":"t","logprob":-0.5}]""";

    /// <summary>Who is told of one call after the other.</summary>
    public static TheoryData<string> Clients => [.. InTurn];

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
            foreach (var client in InTurn)
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

    [Theory]
    [MemberData(nameof(Clients))]
    public void Probabilities_that_come_with_a_call_leave_it_open(string client)
    {
        var answer = new Answer(client);
        answer.Take(F);
        answer.Take(Part(0, "{\\\"q\\\":"), Probability);
        answer.TakeDelta("{}", Probability);
        answer.Take(Part(0, "1}"), Probability);
        answer.End();

        Assert.False(answer.IsFaulted);
        Assert.Equal(["f 1"], CallsIn(client, answer.Told));
    }

    [Fact]
    public void Probabilities_that_come_with_a_thought_leave_it_open()
    {
        var answer = new Answer("responses");
        answer.TakeDelta("""{"reasoning":"so "}""", Probability);
        answer.TakeDelta("""{"reasoning":"it is"}""", Probability);
        answer.End();

        Assert.Equal(1, Regex.Count(answer.Told, "event: response.output_item.done"));
        Assert.Contains("so it is", answer.Told, StringComparison.Ordinal);
    }

    [Fact]
    public void Probabilities_of_a_text_that_is_not_whole_yet_go_with_it()
    {
        var answer = new Answer("responses");
        answer.TakeDelta("""{"content":""}""", Probability);
        answer.TakeDelta("""{"content":"é"}""", Probability);
        answer.End();

        Assert.Contains("[{\"token\":\"t\",\"logprob\":-0.5},{\"token\":\"t\",\"logprob\":-0.5}]", answer.Told, StringComparison.Ordinal);
        Assert.Equal("", answer.Lost);
    }

    [Theory]
    [InlineData(
        "chat",
        """{"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"logprobs":{"content":[{"token":"t","logprob":-0.5}]},"finish_reason":"tool_calls"}]}""")]
    [InlineData(
        "contents",
        """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"t","logProbability":-0.5}]}}]}""")]
    public void Probabilities_of_calls_alone_are_read_and_lost(string upstream, string whole)
    {
        var reader = Translations.Of(SpokenShape.Named(upstream).Shape).NewAnswerReader!();
        var writer = Translations.Of(RequestShape.Responses).NewAnswerWriter!();
        reader.Reset();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        writer.Losses = new LossReport();
        var turns = new CallsInTurn();
        turns.Reset(writer);
        var probe = new LogprobsProbe().Over(turns, hides: false);

        Assert.True(reader.OnWhole(Encoding.UTF8.GetBytes(whole), probe));
        turns.End();
        writer.End();

        Assert.Equal(-0.5, probe.Means.Lowest);
        Assert.Equal("answer.logprobs", Encoding.ASCII.GetString(writer.Losses.Names));
        var items = JsonElement.Parse(writer.Out.Written).GetProperty("output");
        Assert.Equal(["function_call"], items.EnumerateArray().Select(item => item.GetProperty("type").GetString()));
    }

    [Fact]
    public void What_is_held_is_bounded_by_what_it_takes()
    {
        var writer = new Counting();
        var turns = new CallsInTurn();
        turns.Reset(writer);
        var quotes = Encoding.ASCII.GetBytes(new string('"', 512 * 1024));
        for (var round = 0; round < 3; round++)
        {
            turns.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 2 * round });
            turns.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = (2 * round) + 1 });
            turns.Take(new NeutralEvent(NeutralKind.ArgumentsObject, quotes) { Call = (2 * round) + 1 });
            turns.Take(new NeutralEvent(NeutralKind.Text, "a"u8));
        }

        turns.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 6 });
        turns.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 7 });
        for (var part = 0; part < 4; part++)
            turns.Take(new NeutralEvent(NeutralKind.ArgumentsObject, quotes) { Call = 7 });
        var told = writer.Count;

        // Each is twice as long as the inside of a string: 4 MiB are held.
        turns.Take(new NeutralEvent(NeutralKind.Arguments, "a"u8) { Call = 7 });
        Assert.Equal(told + 1, writer.Count);
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
    private static IEnumerable<string> CallsIn(string client, string told) =>
        from call in Translating.Heard(SpokenShape.Named(client).Shape, told, isStream: true).Calls
        let arguments = JsonElement.Parse(JsonElement.Parse($"\"{call.Arguments}\"").GetString()!)
        select $"{call.Name} {arguments.GetProperty("q").GetInt32()}";

    /// <summary>A chat's answer as it is told to a client of another dialect.</summary>
    private sealed class Answer
    {
        private readonly AnswerReader _reader = Translations.Of(RequestShape.Chat).NewAnswerReader!();
        private readonly AnswerWriter _writer;
        private readonly CallsInTurn _turns = new();
        private readonly LossReport _losses = new();

        public Answer(string client)
        {
            _writer = Translations.Of(SpokenShape.Named(client).Shape).NewStreamWriter!();
            Assert.True(_writer.TellsCallsInTurn);
            _reader.Reset();
            _writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
            _writer.Losses = _losses;
            _turns.Reset(_writer);
        }

        public string Told => Encoding.UTF8.GetString(_writer.Out.Written);

        public bool IsFaulted => _writer.IsFaulted;

        public string Lost => Encoding.ASCII.GetString(_losses.Names);

        public void Take(string delta, string logprobs = "[]") =>
            TakeDelta(delta == "TEXT" ? """{"content":"a"}""" : "{\"tool_calls\":[" + delta + "]}", logprobs);

        public void TakeDelta(string delta, string logprobs) => Assert.True(_reader.OnEvent(
            Encoding.UTF8.GetBytes($$$"""{"model":"m","choices":[{"index":0,"delta":{{{delta}}},"logprobs":{"content":{{{logprobs}}}}}]}"""), _turns));

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
