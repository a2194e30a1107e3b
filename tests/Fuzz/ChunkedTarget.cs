using System.Text;
using AiEdge.Http;

namespace AiEdge.Fuzz;

/// <summary>Chunked bodies: any cut gives the same data and end, and a plain reader finds the same ones.</summary>
internal sealed class ChunkedTarget : FuzzTarget
{
    public override string Name => "chunked";

    public override IReadOnlyList<string> Dictionary =>
    [
        "\r\n", "\n", "\r", "0\r\n\r\n", "0\r\n", "5\r\nhello\r\n", "1\r\nx\r\n", "FFFFFFFFFFFFFFFF",
        "7FFFFFFFFFFFFFFF", "00000000000000001",
        ";a", ";a=b", ";a=\"b\\\"c\"", " ; a = b", ";", "=", "\"", "\\", "X-T: v\r\n", "Content-Length: 5\r\n", " ", "\t",
    ];

    public override string? Check(byte[] input, Random random)
    {
        var whole = Run(input, [], out var status, out var data, out var end);
        foreach (var arrivals in new[] { Feeding.EveryByte(input.Length), Feeding.RandomCuts(input.Length, random) })
        {
            var cut = Run(input, arrivals, out _, out _, out _);
            if (cut != whole) return $"Arrivals {string.Join(',', arrivals.Take(40))} give\n{cut}\ninstead of\n{whole}";
        }
        var isPlain = PlainChunks.TryRead(HeadPrint.Latin(input), out var plainData, out var plainEnd);
        if (isPlain != (status == ChunkStatus.End)) return $"The reader says {whole}, the plain one {(isPlain ? "End" : "no end")}";
        if (!isPlain || (plainData == data && plainEnd == end)) return null;
        return $"The plain reader finds [{plainData}] up to {plainEnd} instead of\n{whole}";
    }

    /// <summary>Feeds the input as it arrives; what the reader said, as text.</summary>
    public static string Run(byte[] input, int[] arrivals, out ChunkStatus status, out string data, out int end)
    {
        var reader = new ChunkedReader();
        var text = new StringBuilder();
        status = ChunkStatus.NeedMore;
        var start = 0;
        foreach (var arrived in arrivals.Where(a => a < input.Length).Append(input.Length))
        {
            do
            {
                var piece = input.AsSpan(start, arrived - start);
                status = reader.Read(piece, out var consumed, out var dataStart, out var dataLength);
                text.Append(HeadPrint.Latin(piece.Slice(dataStart, dataLength)));
                start += consumed;
                if (status == ChunkStatus.NeedMore && start != arrived) throw new InvalidOperationException("NeedMore leaves input over.");
                if (status == ChunkStatus.Data && dataLength == 0) throw new InvalidOperationException("Data without data.");
            }
            while (status == ChunkStatus.Data);
            if (status is ChunkStatus.End or ChunkStatus.Invalid) break;
        }
        data = text.ToString();
        end = start;
        return $"{status} at {(status == ChunkStatus.Invalid ? -1 : end)} [{data}]";
    }
}
