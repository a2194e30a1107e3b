using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Statuses of 4xx that tell a fault which passes, and none of what was asked: 409, which clients of OpenAI and Anthropic send again by themselves (a conflict
/// or a lock timeout); 424, something that the answer depends on has failed (a server of tools with OpenAI and Groq, the model itself with Bedrock); 425, too
/// early; 498, Groq's flex tier has no capacity; 499, Google's CANCELLED, which it says under load.
/// </summary>
internal static class PassingStatus
{
    public static bool Is(int status) => KindOf(status) != ErrorKind.None;

    /// <summary>What such a fault is told as; <see cref="ErrorKind.None"/> for other statuses.</summary>
    public static ErrorKind KindOf(int status) => status switch
    {
        409 or 425 or 498 or 499 => ErrorKind.Overloaded,
        424 => ErrorKind.UpstreamBadAnswer,
        _ => ErrorKind.None,
    };

    /// <summary>Whether it may come of what this request names or has chosen: a tier, a server of tools, a thing that others change beside it.</summary>
    public static bool IsOfRequest(int status) => status is 409 or 424 or 498;
}
