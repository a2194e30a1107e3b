using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Who asks, by one of OpenAI's names for it; what is longer than the provider takes is lost.</summary>
internal static class UserName
{
    /// <summary>Bytes that OpenAI takes (its API reference, <c>safety_identifier</c>).</summary>
    public const int BytesMax = 64;

    /// <summary>Bytes that other servers of the dialect take which have a bound at all (OpenRouter).</summary>
    public const int OthersBytesMax = 128;

    public static void Write(NeutralRequest request, JsonOut json, ReadOnlySpan<byte> name, Piece user, ReadOnlySpan<byte> lost, int bytesMax = BytesMax)
    {
        if (!user.IsPresent)
            return;
        if (user.Length <= bytesMax)
            json.Text(name, user.Of(request.Source));
        else
            request.Losses.Add(lost);
    }
}
