using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>A request that went to another dialect and comes back is the same, where nothing was reported as lost.</summary>
public sealed class ThereAndBackTests
{
    private static readonly string[] Words = ["plain", "caf\\u00e9", "\\\"quoted\\\"", "back\\\\slash", "日本", "a\\nb", "\\ud83d\\ude00"];

    public static TheoryData<string> Forms => [.. SpokenShape.All.Select(form => form.Name)];

    /// <summary>Whoever asks, and whoever answers him: but for what one of them has no word for, what is asked comes back.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_asked_comes_back(string dialect)
    {
        var asked = SpokenShape.Named(dialect);
        var random = new Random(11);
        for (var i = 0; i < 500; i++)
        {
            var body = Translating.Request(RequestShape.Chat, asked.Shape, Chat(random), out _);
            foreach (var other in SpokenShape.All.Where(one => one != asked))
            {
                var there = Translating.Request(asked.Shape, other.Shape, body, out var lostThere);
                var back = Translating.Request(other.Shape, asked.Shape, there, out var lostBack);
                var both = asked.Asks & other.Asks;
                Assert.True(Print(asked, body, both) == Print(asked, back, both), $"{dialect} {other.Name} {lostThere} {lostBack}\n{body}\n{there}\n{back}");
            }
        }
    }

    [Theory]
    [InlineData("messages", "")]
    [InlineData("responses", "max_tokens,stop")]
    public void What_a_chat_loses_is_what_the_other_has_no_word_for(string other, string lost)
    {
        var shape = SpokenShape.Named(other).Shape;
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var there = Translating.Request(RequestShape.Chat, shape, Chat(random), out var lostThere);
            Translating.Request(shape, RequestShape.Chat, there, out var lostBack);

            // A cap of 7 is lower than any that OpenAI takes there.
            Assert.Equal(lost, lostThere + lostBack);
        }
    }

    [Fact]
    public void Any_json_becomes_json_or_is_refused()
    {
        var random = new Random(7);
        foreach (var name in Golden.NamesOf("*"))
        {
            var input = Encoding.UTF8.GetBytes(Golden.Open(name).In);
            for (var i = 0; i < 60; i++)
            {
                var bent = (byte[])input.Clone();
                bent[random.Next(bent.Length)] = "\"{}[],:0nt\\"u8[random.Next(11)];
                TranslateOracles.WhatComesOutIsJson(bent, random.Next());
                TranslateOracles.WhatComesOutIsJson(input, random.Next());
            }
        }
    }

    /// <summary>What is said, to whom, in the order that it is said: as much of it as <paramref name="both"/> dialects can ask.</summary>
    private static string Print(SpokenShape dialect, string body, Asks both)
    {
        var request = Translating.Read(dialect.Shape, body);
        var text = new StringBuilder();
        NeutralRole? before = null;
        foreach (var message in request.Messages)
        {
            if (message.Role != before)
                text.Append(message.Role).Append(':');
            before = message.Role;
            for (var p = message.From; p < message.From + message.Count; p++)
            {
                var part = request.Parts[p];
                if (part.Kind == PartKind.Image && !both.HasFlag(Asks.Images))
                    continue;
                var id = both.HasFlag(Asks.CallIds) && part.Id.IsPresent ? Encoding.UTF8.GetString(part.Id.Of(request.Source)) : "";
                var said = part.IsOfResult && !both.HasFlag(Asks.ResultTexts) ? "" : Encoding.UTF8.GetString(part.Text.Of(request.Source));
                text.Append(part.Kind).Append('(').Append(id).Append(',').Append(said).Append(')');
            }
        }

        foreach (var tool in request.Tools)
            text.Append(Encoding.UTF8.GetString(tool.Name.Of(request.Source))).Append(Encoding.UTF8.GetString(tool.Schema.Of(request.Source)));

        // Who may call is who is free to: some have no word for it.
        return text.Append(request.ToolChoice == ToolChoice.Auto ? ToolChoice.Unset : request.ToolChoice).Append(both.HasFlag(Asks.Stops) ? request.Stops.Count : 0)
            .Append(!both.HasFlag(Asks.Stream) || request.Stream).ToString();
    }

    private static string Chat(Random random)
    {
        var messages = new List<string> { $$"""{"role":"system","content":"{{Word(random)}}"}""" };
        for (var turn = 0; turn < random.Next(1, 5); turn++)
        {
            messages.Add($$$"""{"role":"user","content":[{"type":"text","text":"{{{Word(random)}}}"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}""");
            if (random.Next(2) == 0)
            {
                messages.Add($$"""{"role":"assistant","content":"{{Word(random)}}"}""");
                continue;
            }

            messages.Add($$$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"c{{{{turn}}}}","type":"function","function":{"name":"f","arguments":"{\"a\":\"x\"}"}}]}""");
            messages.Add($$"""{"role":"tool","tool_call_id":"c{{turn}}","content":"{{Word(random)}}"}""");
        }

        messages.Add("""{"role":"user","content":"Q"}""");
        return $$"""{"model":"m","messages":[{{string.Join(',', messages)}}],"""
            + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}],\"tool_choice\":\"auto\",\"stop\":[\"a\"],\"stream\":true,\"max_tokens\":7}";
    }

    private static string Word(Random random) => Words[random.Next(Words.Length)];
}
