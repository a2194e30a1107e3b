using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Properties of the events of all dialects but the first, which has oracles of its own, for any bytes; each throws where it does not hold.</summary>
internal static class EventOracles
{
    private static readonly RequestShape[] Streams = [.. SpokenShape.All.Select(one => one.Shape).Where(shape => SpokenShape.FormOf(shape) != DialectTable.Forms[0])];

    /// <summary>
    /// Of the lines, each an event's data, those that are no JSON count for nothing; what is noted of the others are insides of
    /// strings or values, and no usage is below zero.
    /// </summary>
    public static void EventsAreRead(byte[] input, int seed)
    {
        foreach (var shape in Streams)
        {
            var form = SpokenShape.FormOf(shape);
            var (dialect, reader) = (form.Id, form.NewEventReader());
            reader.Reset(shape, stripUsage: seed % 2 == 0, wantsTexts: true, wantsDraft: seed % 3 == 0);
            foreach (var range in input.AsSpan().Split((byte)'\n'))
            {
                var before = (reader.Events, reader.IsTerminal, reader.SawContent, reader.Usage.TotalTokens);
                var data = input.AsSpan(range);
                reader.OnEvent(data, data, out _, out _);
                if (!IsJson(data) && (before != (reader.Events, reader.IsTerminal, reader.SawContent, reader.Usage.TotalTokens) || reader.Texts.Count > 0))
                    throw new InvalidOperationException($"{dialect}: no JSON, and it counts: {Encoding.Latin1.GetString(data)}");
                Check(dialect, reader, data);
                reader.Keep(data);
            }

            reader.Release();
        }
    }

    private static void Check(Dialect dialect, EventReader reader, ReadOnlySpan<byte> data)
    {
        foreach (var text in reader.Texts.All)
        {
            // A call's arguments may be an object by themselves.
            var isString = text.Start > 0 && data[text.Start - 1] == '"' && data[text.Start + text.Length] == '"';
            if (!isString && !IsJson(data.Slice(text.Start, text.Length)))
                throw new InvalidOperationException($"{dialect}: {text} is no string of {Encoding.Latin1.GetString(data)}");
        }

        var usage = reader.Usage;
        if (Math.Min(Math.Min(usage.InputTokens, usage.OutputTokens), Math.Min(usage.CachedInputTokens, usage.CacheWriteTokens)) < 0)
            throw new InvalidOperationException($"{dialect}: a usage below zero in {Encoding.Latin1.GetString(data)}");
    }

    private static bool IsJson(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = JsonScanner.DepthMax });
        try
        {
            while (reader.Read())
            {
                // To its end.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
