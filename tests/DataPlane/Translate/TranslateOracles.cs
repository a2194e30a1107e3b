using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What holds for any input of a translation.</summary>
internal static class TranslateOracles
{
    private static readonly IReadOnlyList<SpokenShape> Shapes = SpokenShape.All;

    private static readonly byte[][] Models = [[.. "m"u8], [.. "gpt-5.1"u8], [.. "claude-opus-5"u8], [.. "gemini-3-flash"u8]];

    /// <summary>
    /// Any JSON becomes JSON, or is refused: what a client sends cannot make a request that is none, nor what a provider sends an event that is
    /// none, and nothing throws.
    /// </summary>
    public static void WhatComesOutIsJson(byte[] input, int seed)
    {
        if (!IsJson(input))
            return;
        var (answers, asks) = Math.DivRem(seed & int.MaxValue, Shapes.Count);
        var (client, upstream) = (Shapes[asks].Shape, Shapes[(asks + 1 + (answers % (Shapes.Count - 1))) % Shapes.Count].Shape);
        RequestIsJson(input, client, upstream);
        EventsAreJson(input, client, upstream, isStream: (seed & 1) == 0);
    }

    private static void RequestIsJson(byte[] input, RequestShape client, RequestShape upstream)
    {
        var reader = Translations.Of(client).NewRequestReader!();
        var request = new NeutralRequest();
        request.Reset(new TextBuffer().Add(input), reader.Names);
        if (reader.Read(request).IsError)
            return;
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        Translations.Of(upstream).RequestWriter!.Write(request, new RequestTarget("\"m\""u8, 0, 0, true, ModelAbilities.Of(Models[input.Length % Models.Length])), json);
        Demand(IsJson(json.To.Written), input, json.To.Written);
    }

    private static void EventsAreJson(byte[] input, RequestShape client, RequestShape upstream, bool isStream)
    {
        var reader = Translations.Of(upstream).NewAnswerReader!();
        var writer = isStream ? Translations.Of(client).NewStreamWriter!() : Translations.Of(client).NewAnswerWriter!();
        reader.Reset();
        writer.Begin(new AnswerFacts("id"u8, "m"u8, 1, wantsUsage: true, promptTokens: 0));
        var isTold = isStream ? reader.OnEvent(input, writer) : reader.OnWhole(input, writer);
        if (!isTold || writer.IsFaulted)
            return;
        writer.End();
        if (!isStream)
        {
            Demand(IsJson(writer.Out.Written), input, writer.Out.Written);
            return;
        }

        foreach (var line in Encoding.UTF8.GetString(writer.Out.Written).Split('\n'))
        {
            var isWell = line.Length == 0 || line.StartsWith("event: ", StringComparison.Ordinal) || line == "data: [DONE]"
                || (line.StartsWith("data: ", StringComparison.Ordinal) && IsJson(Encoding.UTF8.GetBytes(line[6..])));
            Demand(isWell, input, writer.Out.Written);
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        JsonScanner scanner = default;
        scanner.Reset(null, checkUtf8: true);
        while (scanner.Read(text))
        {
        }

        return scanner.Finish() == JsonFault.None;
    }

    private static void Demand(bool holds, ReadOnlySpan<byte> input, ReadOnlySpan<byte> output)
    {
        if (!holds)
            throw new InvalidOperationException($"{Encoding.UTF8.GetString(input)} became {Encoding.UTF8.GetString(output)}");
    }
}
