namespace AiEdge.DataPlane.Translate;

/// <summary>
/// What Gemini wants to see again with a call (<c>thoughtSignature</c>). Dialects whose calls have no place for it have one for the signature of
/// a thought: it stands there, before the call, behind a mark that tells it from a thought's own.
/// </summary>
internal static class CallProof
{
    public static ReadOnlySpan<byte> Mark => "aiedge.call."u8;

    /// <summary>False for what is not of this making.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, Piece text, out Piece proof) => text.TryBehind(Mark, source, out proof);
}
