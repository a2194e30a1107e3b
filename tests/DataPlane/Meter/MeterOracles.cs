using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Meter;

/// <summary>Properties that hold for any bytes; each throws where it does not. The seed decides how the input is cut.</summary>
internal static class MeterOracles
{
    /// <summary>An answer is read alike however it is cut, and is whole only if System.Text.Json finds so too.</summary>
    public static void AnswerIsReadAlike(byte[] input, int seed)
    {
        string line = Cuts.SameForSome(input, seed, AnswerReading.Describe);
        bool isWhole = line.StartsWith("whole", StringComparison.Ordinal);
        if (System.Text.Unicode.Utf8.IsValid(input) && isWhole != JsonTrace.OfReference(input) is not null)
            throw new InvalidOperationException($"{line} for {Encoding.Latin1.GetString(input)}");
    }

    /// <summary>
    /// A stream's lines, each an event's data, are read alike by a reader that has seen the stream so far and by one that has
    /// not, whatever the first has learned; and what is cut out of a chunk is its null usage and nothing else.
    /// </summary>
    public static void ChunksAreReadAlike(byte[] input, int seed)
    {
        var seasoned = new OpenAiStreamReader();
        seasoned.Reset(RequestShape.Chat, stripUsage: seed % 2 == 0);
        var fresh = new OpenAiStreamReader();
        int open = 0;
        foreach (Range range in Lines(input))
        {
            byte[] data = input[range];
            byte[] frame = [.. "data: "u8, .. data, .. "\n\n"u8];
            EventAction action = seasoned.OnEvent(frame, frame.AsSpan(6, data.Length), out int start, out int length);
            fresh.Reset(RequestShape.Chat, stripUsage: seed % 2 == 0);
            EventAction expected = fresh.OnEvent(frame, frame.AsSpan(6, data.Length), out int freshStart, out int freshLength);
            if (action != expected || start != freshStart || length != freshLength)
                throw new InvalidOperationException($"{action} instead of {expected} for {Encoding.UTF8.GetString(data)}");
            if (fresh.Usage.IsPresent && AnswerReading.Describe(fresh.Usage) != AnswerReading.Describe(seasoned.Usage))
                throw new InvalidOperationException($"Usage of {Encoding.UTF8.GetString(data)}");
            if (action == EventAction.Cut && TreeHolds(data))
                ExpectOnlyNullUsageGone(data, [.. frame[6..start], .. frame[(start + length)..^2]]);
            open = Math.Max(open, fresh.OpenChoices);
        }

        if (seasoned.OpenChoices > 129 || (open > 0 && seasoned.IsComplete(cleanFramingEnd: false) && !seasoned.IsTerminal))
            throw new InvalidOperationException($"{seasoned.OpenChoices} open choices");
    }

    private static List<Range> Lines(byte[] input)
    {
        var lines = new List<Range>();
        foreach (Range range in input.AsSpan().Split((byte)'\n'))
            lines.Add(range);
        return lines;
    }

    private static void ExpectOnlyNullUsageGone(byte[] before, byte[] after)
    {
        List<string> members = Members(before), left = Members(after);
        bool isGone = Enumerable.Range(0, members.Count)
            .Any(i => members[i] == "usage:null" && members.Take(i).Concat(members.Skip(i + 1)).SequenceEqual(left));
        if (!isGone)
            throw new InvalidOperationException($"{Encoding.UTF8.GetString(before)} became {Encoding.UTF8.GetString(after)}");
    }

    // JsonDocument gives no text for names that are not UTF-8 or hold half a surrogate pair.
    private static bool TreeHolds(byte[] json)
    {
        try
        {
            return Members(json).Count > 0;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static List<string> Members(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 128 });
        return document.RootElement.EnumerateObject().Select(m => m.Name + ":" + m.Value.GetRawText()).ToList();
    }
}
