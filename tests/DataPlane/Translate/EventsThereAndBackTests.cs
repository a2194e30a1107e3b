using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Events that are written in a dialect and read from it again are the same, but for what was reported as lost.</summary>
public sealed class EventsThereAndBackTests
{
    private static readonly string[] Words = ["plain", "caf\\u00e9", "\\\"quoted\\\"", "back\\\\slash", "日本", "a\\nb", "\\ud83d\\ude00", " "];

    /// <summary>One neutral event that can be kept.</summary>
    private sealed record Happened(NeutralKind Kind, string Text = "", int Choice = 0, int Call = 0, string Id = "", string Name = "", string Proof = "", FinishReason Reason = FinishReason.None)
    {
        public bool IsCustom { get; init; }

        public string Logprobs { get; init; } = "";
    }

    public static TheoryData<string> Forms => [.. SpokenShape.All.Select(form => form.Name)];

    public static TheoryData<string, bool> Streamed
    {
        get
        {
            var rows = new TheoryData<string, bool>();
            foreach (var form in SpokenShape.All)
            {
                rows.Add(form.Name, true);
                rows.Add(form.Name, false);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Streamed))]
    public void What_is_not_reported_comes_back(string dialect, bool isStream)
    {
        var form = SpokenShape.Named(dialect);
        for (var seed = 0; seed < 1000; seed++)
        {
            var events = Invented(new Random(seed), form);
            var read = ThereAndBack(form.Shape, events, isStream, out var lost);
            var (expected, actual) = (Print(Known(events, form, lost), form), Print(Known(read, form, lost), form));
            Assert.True(expected == actual, $"{dialect} {seed}, lost {lost}\n{expected}\n{actual}");
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_has_failed_comes_back_as_failed(string dialect)
    {
        var form = SpokenShape.Named(dialect);
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var events = Invented(random, form);
            var at = events.FindIndex(one => one.Kind is NeutralKind.Finish);
            events.RemoveRange(at, events.Count - at);
            events.Add(new Happened(NeutralKind.Error, "It failed.", Name: "server_error"));
            var read = ThereAndBack(form.Shape, events, isStream: true, out _);
            Assert.Equal((NeutralKind.Error, "It failed."), (read[^1].Kind, read[^1].Text));
            Assert.DoesNotContain(read, one => one.Kind is NeutralKind.Finish or NeutralKind.End);
        }
    }

    /// <summary>An answer as a provider may give it: of several choices where the dialect has them, each of blocks one behind the other.</summary>
    private static List<Happened> Invented(Random random, SpokenShape form)
    {
        List<Happened> events = [new(NeutralKind.Start, Name: "model-x")];
        var choices = form.Has(Says.Choices) ? random.Next(1, 4) : 1;
        for (var choice = 0; choice < choices; choice++)
        {
            var calls = 0;
            for (var blocks = random.Next(1, 6); blocks > 0; blocks--)
                AddBlock(events, random, form, choice, ref calls);
            FinishReason[] reasons = calls > 0
                ? [FinishReason.ToolCalls, FinishReason.Length, FinishReason.Filtered]
                : [FinishReason.Stop, FinishReason.StopSequence, FinishReason.Length, FinishReason.Filtered];
            var reason = reasons[random.Next(reasons.Length)];
            events.Add(new Happened(NeutralKind.Finish, reason == FinishReason.StopSequence ? "END" : "", choice, Reason: reason));
        }

        return events;
    }

    private static void AddBlock(List<Happened> events, Random random, SpokenShape form, int choice, ref int calls)
    {
        switch (random.Next(8))
        {
            case 0 or 1 or 2:
                var hasLogprobs = form.Has(Says.Logprobs) && random.Next(3) == 0;
                for (var i = random.Next(1, 4); i > 0; i--)
                    events.Add(new Happened(NeutralKind.Text, Word(random), choice) { Logprobs = hasLogprobs ? Logprob(random) : "" });
                break;
            case 3:
                events.Add(new Happened(NeutralKind.Thinking, Word(random), choice));
                events.Add(new Happened(NeutralKind.Thinking, Word(random), choice));
                if (random.Next(2) == 0)
                    events.Add(new Happened(NeutralKind.Signature, "c2ln" + random.Next(100), choice));
                break;
            case 4:
                events.Add(new Happened(NeutralKind.HiddenThinking, "aGlk" + random.Next(100), choice));
                break;
            case 5:
                events.Add(new Happened(NeutralKind.Refusal, Word(random), choice));
                break;
            default:
                AddCall(events, random, form, choice, calls++);
                break;
        }
    }

    private static void AddCall(List<Happened> events, Random random, SpokenShape form, int choice, int call)
    {
        // What proves a call stands in Messages and Responses as a thought of ours, which no provider tells (CallProofTests).
        var isCustom = form.Has(Says.CustomCalls) && random.Next(4) == 0;
        var proof = form.Has(Says.CallProofs) && !isCustom && random.Next(2) == 0 ? "cHJv" + random.Next(100) : "";
        events.Add(new Happened(NeutralKind.ToolCall, "", choice, call, random.Next(5) == 0 ? "" : $"call_{choice}_{call}", "f" + random.Next(3), proof) { IsCustom = isCustom });
        if (isCustom)
        {
            events.Add(new Happened(NeutralKind.Arguments, "free " + Word(random), choice, call) { IsCustom = true });
            return;
        }

        var json = "{\"a\":\"" + Word(random) + "\",\"b\":[1,{\"c\":null}]}";
        if (random.Next(2) == 0)
        {
            events.Add(new Happened(NeutralKind.ArgumentsObject, json, choice, call));
            return;
        }

        var text = JsonEncodedText.Encode(json).ToString();
        var cut = random.Next(1, text.Length);
        while (cut < text.Length && text[..cut].Reverse().TakeWhile(letter => letter == '\\').Count() % 2 == 1)
            cut++;

        // Nor within the four digits of an escape.
        while (cut < text.Length && text.LastIndexOf("\\u", cut - 1, StringComparison.Ordinal) is var at and >= 0 && cut - at < 6)
            cut++;
        events.Add(new Happened(NeutralKind.Arguments, text[..cut], choice, call));
        if (cut < text.Length)
            events.Add(new Happened(NeutralKind.Arguments, text[cut..], choice, call));
    }

    private static List<Happened> ThereAndBack(RequestShape shape, List<Happened> events, bool isStream, out string losses)
    {
        var row = Translations.Of(shape);
        var writer = isStream ? row.NewStreamWriter!() : row.NewAnswerWriter!();
        var lost = new LossReport();
        writer.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        writer.Losses = lost;
        writer.Usage = new Usage { InputTokens = 10, OutputTokens = 20, IsPresent = true };
        foreach (var one in events)
        {
            writer.Take(new NeutralEvent(one.Kind, Bytes(one.Text))
            {
                Choice = one.Choice,
                Call = one.Call,
                Id = Bytes(one.Id),
                Name = Bytes(one.Name),
                Proof = Bytes(one.Proof),
                Reason = one.Reason,
                IsCustom = one.IsCustom,
                Logprobs = Bytes(one.Logprobs),
            });
        }

        writer.End();
        Assert.False(writer.IsFaulted);
        var reader = row.NewAnswerReader!();
        reader.Reset();
        var heard = new Hearer();
        heard.Begin(new AnswerFacts("id-1"u8, "asked"u8, 1700000000, wantsUsage: true, promptTokens: 0));
        heard.Losses = lost;
        if (!isStream)
            Assert.True(reader.OnWhole(writer.Out.Written, heard));
        foreach (var data in isStream ? Frames(writer.Out.Written) : [])
            Assert.True(reader.OnEvent(data, heard));
        losses = Encoding.ASCII.GetString(lost.Names);
        return heard.Events;
    }

    private static List<byte[]> Frames(ReadOnlySpan<byte> written)
    {
        var (frames, events, position) = (new FrameSplitter(), new List<byte[]>(), 0);
        while (frames.TryNext(written, ref position, out var frame, out _))
        {
            if (FrameSplitter.Data(frame) is { IsEmpty: false } data)
                events.Add(data.ToArray());
        }

        return events;
    }

    /// <summary>What is left of events once the dialect has no place for the rest, and says so or is documented to.</summary>
    private static List<Happened> Known(List<Happened> events, SpokenShape form, string lost)
    {
        var lostFields = lost.Split(',');
        List<Happened> known = [];
        var refuses = new HashSet<int>();
        foreach (var one in events)
        {
            // No provider has thoughts of ours; what their clients send back is tried elsewhere (ChatThoughtTests).
            var kind = one.Kind;
            if (kind is NeutralKind.Signature or NeutralKind.HiddenThinking && form.LostProofs is { } proofs && lostFields.Contains(proofs))
                continue;
            if ((kind == NeutralKind.Signature && lostFields.Contains("answer.thinking.signature"))
                || (kind == NeutralKind.HiddenThinking && lostFields.Contains("answer.redacted_thinking")) || kind == NeutralKind.End)
                continue;

            // What nobody proved says so.
            if (kind == NeutralKind.Signature && one.Text == "aiedge.none.")
                continue;
            if (kind == NeutralKind.Refusal && !form.Has(Says.Refusals))
            {
                refuses.Add(one.Choice);
                known.Add(one with { Kind = NeutralKind.Text });
                continue;
            }

            // Responses' thoughts of others stand behind a mark of ours.
            if (kind == NeutralKind.Signature && one.Text.StartsWith("aiedge.", StringComparison.Ordinal))
                known.Add(one with { Kind = one.Text.StartsWith("aiedge.hidden.", StringComparison.Ordinal) ? NeutralKind.HiddenThinking : kind, Text = one.Text["aiedge.signed.".Length..] });
            else if (kind == NeutralKind.Finish)
                known.Add(one with { Text = form.Has(Says.StopSequences) ? one.Text : "", Reason = ReasonIn(form, one.Reason, refuses.Contains(one.Choice)) });
            else
                known.Add(lostFields.Contains("answer.logprobs") ? one with { Logprobs = "" } : one);
        }

        return known;
    }

    private static FinishReason ReasonIn(SpokenShape form, FinishReason reason, bool refuses) => reason switch
    {
        _ when refuses => FinishReason.Filtered,
        FinishReason.StopSequence when !form.Has(Says.StopSequences) => FinishReason.Stop,
        FinishReason.ToolCalls when !form.Has(Says.CallsEnd) => FinishReason.Stop,
        _ => reason,
    };

    /// <summary>What is said by each choice, in its order; where there is no order, each kind for itself.</summary>
    private static string Print(List<Happened> events, SpokenShape form)
    {
        var text = new StringBuilder(form.Has(Says.Model) ? events[0].Name : "");
        foreach (var choice in events.Skip(1).GroupBy(one => one.Choice).OrderBy(group => group.Key))
        {
            var blocks = Blocks([.. choice]);
            if (!form.Has(Says.Order))
                blocks = [.. blocks.GroupBy(block => block.Kind).OrderBy(group => group.Key).Select(group => (group.Key, string.Concat(group.Select(block => block.Text))))];
            var logprobs = string.Join(',', choice.Select(one => one.Logprobs).Where(one => one.Length > 0));
            text.Append('\n').Append(logprobs).Append(choice.Key).Append(": ").AppendJoin(" | ", blocks.Select(block => $"{block.Kind} {block.Text}"));
        }

        return text.ToString();
    }

    private static List<(NeutralKind Kind, string Text)> Blocks(Happened[] events)
    {
        List<(NeutralKind Kind, string Text)> blocks = [];
        for (var i = 0; i < events.Length;)
        {
            var (kind, from) = (KindOf(events[i]), i);
            while (i < events.Length && KindOf(events[i]) == kind && (i == from || kind is not (NeutralKind.ToolCall or NeutralKind.HiddenThinking)))
                i++;
            var said = string.Concat(events[from..i].Select(one => one.Kind == NeutralKind.ArgumentsObject ? JsonEncodedText.Encode(one.Text).ToString() : one.Text));
            var plain = JsonElement.Parse($"\"{said}\"").GetString()!;
            var first = events[from];
            blocks.Add((kind, kind switch
            {
                NeutralKind.ToolCall => $"{(first.Id.StartsWith("call_", StringComparison.Ordinal) && !first.Id.Contains("id-1", StringComparison.Ordinal) ? first.Id : "")},{first.Name},{first.Proof},{first.IsCustom}",
                NeutralKind.Arguments => first.IsCustom ? plain : Plain(JsonElement.Parse(plain)),
                NeutralKind.Finish => $"{first.Reason} {plain}",
                _ => plain,
            }));
        }

        return blocks;
    }

    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => string.Join(',', value.EnumerateObject().Select(member => $"{member.Name}={Plain(member.Value)}")),
        JsonValueKind.Array => "[" + string.Join(',', value.EnumerateArray().Select(Plain)) + "]",
        _ => value.ToString(),
    };

    private static NeutralKind KindOf(Happened one) => one.Kind == NeutralKind.ArgumentsObject ? NeutralKind.Arguments : one.Kind;

    private static string Logprob(Random random) => $$"""{"token":"t{{random.Next(9)}}","logprob":-0.5,"bytes":[97],"top_logprobs":[]}""";

    private static string Word(Random random) => Words[random.Next(Words.Length)];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Keeps what it is told.</summary>
    private sealed class Hearer : AnswerWriter
    {
        public List<Happened> Events { get; } = [];

        public override int ChoicesMax => 8;

        public override bool TakesCustomCalls => true;

        public override void Take(in NeutralEvent item) => Events.Add(new Happened(
            item.Kind, Text(item.Text), item.Choice, item.Call, Text(item.Id), Text(item.Name), Text(item.Proof), item.Reason)
        {
            IsCustom = item.IsCustom,
            Logprobs = Text(item.Logprobs),
        });

        public override void End()
        {
        }

        protected override void OnBegin(in AnswerFacts facts)
        {
        }

        private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
    }
}
