namespace AiEdge.Fuzz;

/// <summary>Event streams: any cut gives the same events, and a plain reader finds the same ones.</summary>
internal sealed class SseTarget : FuzzTarget
{
    public override string Name => "sse";

    public override IReadOnlyList<string> Dictionary =>
    [
        "\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "data: x\n", "data\n", "data:\n", "event: y\n", "id: 7\n", "id\n", "id: \0\n",
        "retry: 9\n",
        ": c\n", "\u00EF\u00BB\u00BF", "\u00EF\u00BB", "data: [DONE]\n\n", ":", " ",
    ];

    public override string? Check(byte[] input, Random random)
    {
        var plain = string.Join('\n', PlainEvents.Read(HeadPrint.Latin(input)));
        foreach (var arrivals in new[] { [], Feeding.EveryByte(input.Length), Feeding.RandomCuts(input.Length, random) })
        {
            var read = string.Join('\n', Run(new SseReader(), input, arrivals));
            if (read != plain) return $"Arrivals {string.Join(',', arrivals.Take(40))} give\n{read}\ninstead of\n{plain}";
        }
        return null;
    }

    /// <summary>Feeds the input as it arrives; the events, as text.</summary>
    public static List<string> Run(SseReader reader, byte[] input, int[] arrivals)
    {
        var events = new List<string>();
        var start = 0;
        foreach (var arrived in arrivals.Where(a => a < input.Length).Append(input.Length))
        {
            ReadOnlySpan<byte> piece = input.AsSpan(start, Math.Max(0, arrived - start)).ToArray();
            while (reader.TryRead(ref piece, out var frame))
                events.Add(PlainEvents.Print(Latin(frame.EventName), Latin(frame.Data), Latin(reader.LastEventId), reader.RetryMs));
            start = Math.Max(start, arrived);
        }
        return events;
    }

    private static string Latin(ReadOnlySpan<byte> bytes) => HeadPrint.Latin(bytes);
}
