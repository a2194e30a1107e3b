using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Gives an exchange the number of its prompt's beginning, where somebody balances by it. What was noted of the prompt while it came serves for
/// that; where nobody else wanted that, the body's beginning is read once more: those who ask for other models pay nothing.
/// </summary>
internal static class PrefixReading
{
    /// <summary>So much of a body is read once more: what stands behind it in a longer one is not looked at.</summary>
    public const int BytesMax = 1024 * 1024;

    public static void Read(Exchange exchange, RequestBody body)
    {
        var bytesMax = exchange.Model!.PrefixBytes;
        if (bytesMax == 0 || exchange.Endpoint is not { TakesBody: true, Shape: not RequestShape.Multipart })
            return;
        var intake = body.Intake!;
        var prompt = intake.Scan.Prompt ?? Scan(exchange.Endpoint, intake.PrefixScan, body.Bytes);
        if (prompt is not null)
            exchange.PrefixHash = PromptPrefix.Of(prompt, body.Bytes, bytesMax, DialectTraits.Of(exchange.Endpoint.Dialect).Attribution);
    }

    private static PromptText? Scan(Endpoint endpoint, BodyScan scan, ReadOnlySequence<byte> bytes)
    {
        scan.BeginJson(endpoint.Shape, wantsPrompt: true, endpoint.Dialect, DialectTable.Of(endpoint.Dialect).PromptReader);
        foreach (var part in bytes.Slice(0, Math.Min(bytes.Length, BytesMax)))
        {
            // It has been read without a fault before.
            if (scan.Feed(part.Span).IsError)
                return null;
        }

        return scan.Prompt;
    }
}
