using System.Buffers;
using AiEdge.Grpc.Wire;

namespace AiEdge.Fuzz;

/// <summary>Length-prefixed messages: any cut, in memory and in time, gives the same messages and the same end as reading plainly.</summary>
internal sealed class GrpcFrameTarget : FuzzTarget
{
    private const int MessageBytesMax = 600;

    public override string Name => "grpc-frame";

    public override IReadOnlyList<string> Dictionary =>
    [
        "\0\0\0\0\0", "\0\0\0\0\u0001x", "\0\0\0\u0002X", "\0\0\0\u0002Y", "\u0001\0\0\0\u0001x", "\0\u007F\u00FF\u00FF\u00FF", "\0\u00FF\u00FF\u00FF\u00FF",
        "\u0002", "\u00FF", "\0",
    ];

    public override string? Check(byte[] input, Random random)
    {
        var plain = Plain(input);
        foreach (var arrivals in new[] { [], Feeding.EveryByte(input.Length), Feeding.RandomCuts(input.Length, random) })
        {
            foreach (var segments in new[] { [], Feeding.RandomCuts(input.Length, random) })
            {
                var read = Run(input, arrivals, segments);
                if (read != plain)
                    return $"Arrivals {string.Join(',', arrivals.Take(40))}, segments {string.Join(',', segments)} give\n{read}\ninstead of\n{plain}";
            }
        }

        return null;
    }

    /// <summary>Feeds the input as it arrives, each time all that has not been taken; messages and what came last, as text.</summary>
    private static string Run(byte[] input, int[] arrivals, int[] segments)
    {
        var text = new List<string>();
        var taken = 0;
        var outcome = FrameOutcome.NeedMore;
        foreach (var arrived in arrivals.Where(a => a < input.Length).Append(input.Length))
        {
            var cuts = segments.Where(s => s > taken && s < arrived).Select(s => s - taken).ToArray();
            var buffer = Feeding.Sequence(input.AsSpan(taken, Math.Max(0, arrived - taken)), cuts);
            while ((outcome = FrameReader.Read(ref buffer, MessageBytesMax, out var message)) == FrameOutcome.Message)
                text.Add(Convert.ToHexString(message.ToArray()));
            taken = Math.Max(taken, arrived) - (int)buffer.Length;
            if (outcome != FrameOutcome.NeedMore)
                break;
        }

        return string.Join(' ', text.Append($"{outcome} at {taken}"));
    }

    private static string Plain(byte[] input)
    {
        var text = new List<string>();
        var at = 0;
        while (true)
        {
            if (at == input.Length)
                break;
            if (input[at] > 1)
                return string.Join(' ', text.Append($"{FrameOutcome.BadFlag} at {at}"));
            if (input.Length - at < 5)
                break;
            var length = ((long)input[at + 1] << 24) | ((long)input[at + 2] << 16) | ((long)input[at + 3] << 8) | input[at + 4];
            if (input[at] == 1)
                return string.Join(' ', text.Append($"{FrameOutcome.Compressed} at {at}"));
            if (length > MessageBytesMax)
                return string.Join(' ', text.Append($"{FrameOutcome.TooLarge} at {at}"));
            if (input.Length - at - 5 < length)
                break;
            text.Add(Convert.ToHexString(input.AsSpan(at + 5, (int)length)));
            at += 5 + (int)length;
        }

        return string.Join(' ', text.Append($"{FrameOutcome.NeedMore} at {at}"));
    }
}
