using System.Buffers;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>Writes a patched body to a provider: large runs are sent from where they were received, small ones are copied.</summary>
internal static class BodySender
{
    /// <summary>A run shorter than this is cheaper copied than sent as a piece of its own.</summary>
    public const int BorrowBytesMin = 1024;

    public static void Write(in ReadOnlySequence<byte> body, BodyPatch patch, WireOutput output)
    {
        if (!output.CanBorrow || body.Length <= BlockPool.SmallBytes)
        {
            patch.Write(body, output);
            return;
        }

        long at = 0;
        var from = body.Start;
        foreach (var piece in patch.Pieces(body.Length))
        {
            if (!piece.IsSource)
            {
                output.Write(piece.Replacement.Span);
                continue;
            }

            from = body.GetPosition(piece.Source.Start - at, from);
            var to = body.GetPosition(piece.Source.Length, from);
            foreach (var segment in body.Slice(from, to))
                WriteRun(segment, output);
            from = to;
            at = piece.Source.End;
        }
    }

    private static void WriteRun(ReadOnlyMemory<byte> run, WireOutput output)
    {
        if (run.Length >= BorrowBytesMin)
            output.Borrow(run);
        else
            output.Write(run.Span);
    }
}
