using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi.Responses;
using AiEdge.DataPlane.Tests.Translate;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Dialects.OpenAi.Responses;

/// <summary>Whatever a provider tells, in whatever order: the events of a response keep their grammar, and the last one has all that they told.</summary>
public sealed class ResponsesAnswerWriterTests
{
    private static readonly string[] Words = ["plain", "caf\\u00e9", "\\\"quoted\\\"", "back\\\\slash", "日本", "a\\nb", "\\ud83d\\ude00"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Events_are_numbered_nested_and_told_again_at_the_end(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var length = random.Next(12);
            var told = random.Next();
            var stream = new ResponseLog(Write(true, length, new Random(told)));
            var whole = JsonElement.Parse(Write(false, length, new Random(told)));
            Assert.Equal(whole.GetProperty("output").GetRawText(), stream.Final.GetProperty("output").GetRawText());
            Assert.Equal(whole.GetProperty("status").GetString(), stream.Final.GetProperty("status").GetString());
        }
    }

    [Fact]
    public void What_was_thought_said_and_called_goes_back_as_it_came()
    {
        const string content = """[{"type":"thinking","thinking":"Hm \"so\"","signature":"S1"},{"type":"redacted_thinking","data":"HID"},{"type":"thinking","thinking":"","signature":"S2"},"""
            + """{"type":"text","text":"Yes."},{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":"x"}}]""";
        var answer = Translating.Answer(
            RequestShape.Responses, RequestShape.Messages, [$$"""{"type":"message","model":"m","content":{{content}},"stop_reason":"tool_use"}"""], isStream: false, out var lost);
        var output = JsonElement.Parse(answer).GetProperty("output").GetRawText()[1..^1];
        var request = Translating.Request(
            RequestShape.Responses, RequestShape.Messages, $$"""{"model":"m","input":[{"role":"user","content":"Q"},{{output}}]}""", out var lostBack);
        Assert.Equal(content, JsonElement.Parse(request).GetProperty("messages")[1].GetProperty("content").GetRawText());
        Assert.Equal("", lost + lostBack);
    }

    [Fact]
    public void Arguments_of_a_call_that_has_been_told_are_no_other_calls()
    {
        var writer = Begin(isStream: true);
        writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 0, Name = "f"u8 });
        writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = 1, Name = "g"u8 });
        writer.Take(new NeutralEvent(NeutralKind.Arguments, "{}"u8) { Call = 0 });
        Assert.True(writer.IsFaulted);
    }

    [Fact]
    public void An_answer_without_end_is_not_kept_without_end()
    {
        var writer = Begin(isStream: true);
        var part = Encoding.ASCII.GetBytes(new string('x', 1 << 20));
        for (var i = 0; i < 32; i++)
        {
            writer.Take(new NeutralEvent(NeutralKind.Text, part));
            writer.Out.Clear();
            Assert.False(writer.IsFaulted);
        }

        writer.Take(new NeutralEvent(NeutralKind.Text, "x"u8));
        Assert.True(writer.IsFaulted);
    }

    [Fact]
    public void An_error_before_all_else_is_told_behind_a_beginning()
    {
        var writer = Begin(isStream: true);
        writer.Take(new NeutralEvent(NeutralKind.Text, "a"u8));
        writer.Take(new NeutralEvent(NeutralKind.Error, "No \\\"room\\\"."u8) { Name = "overloaded_error"u8 });
        writer.End();
        var log = new ResponseLog(Encoding.UTF8.GetString(writer.Out.Written), isWhole: false);
        Assert.Equal(("response.failed", "failed"), (log.LastType, log.Final.GetProperty("status").GetString()));
        Assert.Equal(("overloaded_error", "No \"room\"."), (
            log.Final.GetProperty("error").GetProperty("code").GetString(), log.Final.GetProperty("error").GetProperty("message").GetString()));
    }

    private static ResponsesAnswerWriter Begin(bool isStream)
    {
        var writer = new ResponsesAnswerWriter(isStream);
        writer.Begin(new AnswerFacts("id"u8, "m"u8, 1, wantsUsage: false, promptTokens: 0));
        return writer;
    }

    private static string Write(bool isStream, int length, Random random)
    {
        var writer = Begin(isStream);
        var call = -1;
        for (var i = 0; i < length; i++)
        {
            var kind = (NeutralKind)random.Next((int)NeutralKind.Start, (int)NeutralKind.Finish);
            if (kind == NeutralKind.ToolCall)
                call++;
            if (kind is NeutralKind.Arguments or NeutralKind.ArgumentsObject)
            {
                call++;
                writer.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = call, Name = "f"u8, Id = random.Next(2) == 0 ? "call"u8 : default });
            }

            var text = kind == NeutralKind.ArgumentsObject ? "{\"a\":\"x\"}" : Words[random.Next(Words.Length)];
            writer.Take(new NeutralEvent(kind, Encoding.UTF8.GetBytes(text)) { Call = call, Name = "n"u8 });
        }

        writer.Take(new NeutralEvent(NeutralKind.Finish) { Reason = (FinishReason)random.Next(6) });
        writer.End();
        Assert.False(writer.IsFaulted);
        return Encoding.UTF8.GetString(writer.Out.Written);
    }
}

/// <summary>The events of a response, judged as they are read.</summary>
internal sealed class ResponseLog
{
    private readonly List<string> _items = [];
    private readonly Dictionary<string, string> _open = new(StringComparer.Ordinal);
    private string _openItem = "";

    public ResponseLog(string text, bool isWhole = true)
    {
        var sequence = 0;
        foreach (var frame in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.True(Final.ValueKind == JsonValueKind.Undefined, "an event behind the last one");
            var data = JsonElement.Parse(frame[(frame.IndexOf("\ndata: ", StringComparison.Ordinal) + 7)..]);
            LastType = data.GetProperty("type").GetString()!;
            Assert.StartsWith($"event: {LastType}\n", frame, StringComparison.Ordinal);
            Assert.Equal(sequence++, data.GetProperty("sequence_number").GetInt32());
            Read(data);
        }

        if (!isWhole)
            return;
        Assert.Empty(_open);
        Assert.Equal("", _openItem);
        Assert.Equal($"[{string.Join(',', _items)}]", Final.GetProperty("output").GetRawText());
    }

    /// <summary>The last event's response.</summary>
    public JsonElement Final { get; private set; }

    public string LastType { get; private set; } = "";

    private void Read(JsonElement data)
    {
        switch (LastType)
        {
            case "response.created" or "response.in_progress":
                Assert.Equal("in_progress", data.GetProperty("response").GetProperty("status").GetString());
                break;
            case "response.completed" or "response.incomplete" or "response.failed":
                Final = data.GetProperty("response");
                Assert.Equal(LastType["response.".Length..], Final.GetProperty("status").GetString());
                break;
            case "response.output_item.added":
                Assert.Equal("", _openItem);
                Assert.Equal(_items.Count, data.GetProperty("output_index").GetInt32());
                _openItem = data.GetProperty("item").GetProperty("id").GetString()!;
                break;
            case "response.output_item.done":
                Assert.Equal(_openItem, data.GetProperty("item").GetProperty("id").GetString());
                _items.Add(data.GetProperty("item").GetRawText());
                _openItem = "";
                break;
            default:
                ReadPart(data);
                break;
        }
    }

    private void ReadPart(JsonElement data)
    {
        Assert.Equal(_openItem, data.GetProperty("item_id").GetString());
        Assert.Equal(_items.Count, data.GetProperty("output_index").GetInt32());
        if (LastType.EndsWith("_part.added", StringComparison.Ordinal))
            Assert.True(_open.TryAdd(_openItem, ""));
        else if (LastType.EndsWith(".delta", StringComparison.Ordinal))
            _open[_openItem] = (LastType.Contains("arguments", StringComparison.Ordinal) ? _open.GetValueOrDefault(_openItem, "") : _open[_openItem]) + data.GetProperty("delta").GetString();
        else if (LastType.EndsWith("_part.done", StringComparison.Ordinal))
            Assert.True(_open.Remove(_openItem));
        else
            Assert.Equal(_open[_openItem], (data.TryGetProperty("text", out var said) || data.TryGetProperty("refusal", out said) ? said : data.GetProperty("arguments")).GetString());
        if (LastType.EndsWith("arguments.done", StringComparison.Ordinal))
            _open.Remove(_openItem);
    }
}
