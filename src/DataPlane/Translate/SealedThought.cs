namespace AiEdge.DataPlane.Translate;

/// <summary>
/// A thought as OpenAI has sealed it (<c>encrypted_content</c> of a reasoning item), which it wants to see again in the next turn. To clients of
/// another dialect it is the signature of the thought, behind a mark that tells it from their own provider's.
/// </summary>
internal static class SealedThought
{
    public static ReadOnlySpan<byte> Mark => "aiedge.sealed."u8;

    /// <summary>False for what is not of this making.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, Piece text, out Piece seal) => text.TryBehind(Mark, source, out seal);
}
