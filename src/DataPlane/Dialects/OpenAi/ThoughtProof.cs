using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// What stands in <c>encrypted_content</c> of Responses, and as the <c>signature</c> of a chat's <c>reasoning_details</c>: a provider's signature of a
/// thought, or a thought that only the provider can read, behind a mark that
/// tells them from each other and from what OpenAI writes there. In a chat the mark is followed by how many calls stood before.
/// </summary>
internal static class ThoughtProof
{
    public static ReadOnlySpan<byte> Signed => "aiedge.signed."u8;

    public static ReadOnlySpan<byte> Hidden => "aiedge.hidden."u8;

    /// <summary>False for what is not of this making.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, Piece text, out Piece proof, out bool isHidden)
    {
        isHidden = text.TryBehind(Hidden, source, out proof);
        return isHidden || text.TryBehind(Signed, source, out proof);
    }
}
