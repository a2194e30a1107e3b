using System.Buffers;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// A number of a prompt's beginning, which its provider's cache keeps what was computed of: tools and the answer's form first, as providers put
/// them, then instructions but for the <see cref="AttributionLine"/>, then the messages in their order. The same wherever the texts lie in the body and
/// however it came. Allocates nothing.
/// </summary>
internal static class PromptPrefix
{
    /// <summary>The number of its first bytes; 0 where it has no text.</summary>
    /// <param name="prompt">Where its texts are.</param>
    /// <param name="body">The body that they are in, or as much of its beginning as was read.</param>
    /// <param name="bytesMax">How many bytes of texts are looked at; a longer text is looked at in part.</param>
    /// <param name="attribution">What an <see cref="AttributionLine"/> begins with.</param>
    public static ulong Of(PromptText prompt, in ReadOnlySequence<byte> body, long bytesMax, ReadOnlySpan<byte> attribution)
    {
        var left = bytesMax;
        var hash = new StableHashInParts();
        for (var rank = 0; rank < 3 && left > 0; rank++)
        {
            foreach (ref readonly var span in prompt.Spans)
            {
                if (Rank(span.Kind) != rank || left <= 0)
                    continue;
                var text = body.Slice(span.Start, span.Length);
                if (rank == 1)
                    text = text.Slice(AttributionLine.Length(text, attribution));
                if (!text.IsEmpty)
                    Add(text.Slice(0, Math.Min(text.Length, left)), ref hash, ref left);
            }
        }

        return left == bytesMax ? 0 : Math.Max(1, hash.Value);
    }

    private static int Rank(PromptTextKind kind) => kind switch
    {
        PromptTextKind.ToolDefinition or PromptTextKind.Schema => 0,
        PromptTextKind.Instructions => 1,
        _ => 2,
    };

    private static void Add(in ReadOnlySequence<byte> text, ref StableHashInParts hash, ref long left)
    {
        left -= text.Length;
        foreach (var part in text)
            hash.Add(part.Span);
        hash.Add("\0"u8);
    }
}
