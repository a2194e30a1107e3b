using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>A request that went to another dialect and comes back is the same, where nothing was reported as lost.</summary>
public sealed class ThereAndBackTests
{
    private static readonly string[] Words = ["plain", "caf\\u00e9", "\\\"quoted\\\"", "back\\\\slash", "日本", "a\\nb", "\\ud83d\\ude00"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_not_reported_comes_back(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            var body = Chat(random);
            foreach (var other in (RequestShape[])[RequestShape.Messages, RequestShape.Contents, RequestShape.Responses])
            {
                var there = Translating.Request(RequestShape.Chat, other, body, out var lostThere);
                var back = Translating.Request(other, RequestShape.Chat, there, out var lostBack);
                if (other == RequestShape.Messages)
                    Assert.Equal("", lostThere + lostBack);

                // A cap of 7 is lower than any that OpenAI takes there.
                if (other == RequestShape.Responses)
                    Assert.Equal("max_tokens,stop", lostThere + lostBack);
                Assert.Equal(Print(RequestShape.Chat, body, other), Print(RequestShape.Chat, back, other));
            }
        }
    }

    /// <summary>Of each client, whoever answers him: what his dialect can say and the other cannot is named.</summary>
    [Theory]
    [InlineData("responses")]
    [InlineData("messages")]
    [InlineData("contents")]
    public void What_others_ask_comes_back_too(string dialect)
    {
        var asked = SpokenShape.Named(dialect).Shape;
        var random = new Random(11);
        for (var i = 0; i < 200; i++)
        {
            var body = Translating.Request(RequestShape.Chat, asked, Chat(random), out _);
            foreach (var other in (RequestShape[])[RequestShape.Chat, RequestShape.Messages, RequestShape.Contents, RequestShape.Responses])
            {
                if (other == asked)
                    continue;
                var there = Translating.Request(asked, other, body, out var lostThere);
                var back = Translating.Request(other, asked, there, out var lostBack);
                var form = other == RequestShape.Contents || asked == RequestShape.Contents ? RequestShape.Contents : other;
                var hasStops = !lostThere.Contains("stop", StringComparison.Ordinal);
                Assert.True(
                    Print(asked, body, form, hasStops) == Print(asked, back, form, hasStops), $"{asked} {other} {lostThere} {lostBack}\n{body}\n{there}\n{back}");
            }
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

    /// <summary>What is said, to whom, in the order that it is said.</summary>
    private static string Print(RequestShape dialect, string body, RequestShape other, bool hasStops = true)
    {
        var request = Translating.Read(dialect, body);
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

                // Gemini knows no ids, and puts results into an object.
                var id = other == RequestShape.Contents || !part.Id.IsPresent ? "" : Encoding.UTF8.GetString(part.Id.Of(request.Source));
                var said = other == RequestShape.Contents && part.IsOfResult ? "" : Encoding.UTF8.GetString(part.Text.Of(request.Source));
                text.Append(part.Kind).Append('(').Append(id).Append(',').Append(said).Append(')');
            }
        }

        foreach (var tool in request.Tools)
            text.Append(Encoding.UTF8.GetString(tool.Name.Of(request.Source))).Append(Encoding.UTF8.GetString(tool.Schema.Of(request.Source)));
        return text.Append(request.ToolChoice).Append(other == RequestShape.Responses || !hasStops ? 0 : request.Stops.Count).Append(other == RequestShape.Contents || request.Stream).ToString();
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
