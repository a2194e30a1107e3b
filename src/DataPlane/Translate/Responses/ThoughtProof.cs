namespace AiEdge.DataPlane.Translate.Responses;

/// <summary>
/// What stands in <c>encrypted_content</c>: a provider's signature of a thought, or a thought that only the provider can read, behind a mark that
/// tells them from each other and from what OpenAI writes there.
/// </summary>
internal static class ThoughtProof
{
    public static ReadOnlySpan<byte> Signed => "aiedge.signed."u8;

    public static ReadOnlySpan<byte> Hidden => "aiedge.hidden."u8;

    /// <summary>False for what is not of this making.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, Piece text, out Piece proof, out bool isHidden)
    {
        proof = default;
        var bytes = text.Of(source);
        isHidden = bytes.StartsWith(Hidden);
        if (!isHidden && !bytes.StartsWith(Signed))
            return false;
        var mark = isHidden ? Hidden.Length : Signed.Length;
        proof = new Piece(text.Start + mark, text.Length - mark);
        return true;
    }
}
