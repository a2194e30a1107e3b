using System.Text;

namespace AiEdge.DataPlane.Dialects;

/// <summary>What a client is told where a provider's <c>translation</c> is <c>strict</c>, and something cannot be carried.</summary>
internal static class StrictTranslation
{
    /// <param name="lost">The names, with commas between.</param>
    public static string OfRequest(ReadOnlySpan<byte> lost) => "The model's provider speaks another dialect, which cannot carry: " + List(lost);

    /// <summary>As above, of a whole answer.</summary>
    public static string OfAnswer(ReadOnlySpan<byte> lost) => "The provider has answered in another dialect, of which cannot be carried: " + List(lost);

    private static string List(ReadOnlySpan<byte> lost) => Encoding.ASCII.GetString(lost).Replace(",", ", ", StringComparison.Ordinal);
}
