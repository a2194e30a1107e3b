namespace AiEdge.DataPlane.Translate;

/// <summary>
/// What stands in the place of a proof where a provider gave none for its thought. It proves nothing; it is there for the thought to be known as one of another
/// provider's, which the client's own would refuse for want of a proof (<see cref="OwnProofs"/>).
/// </summary>
internal static class UnprovedThought
{
    public static ReadOnlySpan<byte> Mark => "aiedge.none."u8;

    /// <summary>Whether a proof is none.</summary>
    public static bool Is(ReadOnlySpan<byte> source, Piece proof) => proof.TryBehind(Mark, source, out _);
}
