namespace AiEdge.DataPlane.Core;

/// <summary>How clients are told to wait for a limit.</summary>
internal static class LimitWait
{
    /// <summary>The longest that is told as a wait: clients sleep whatever they are told, and some timers fire at once when they are set too far.</summary>
    public const long ShortNs = 60_000_000_000;

    /// <summary>Whether it is told as one; what is longer is told as a moment.</summary>
    public static bool IsShort(long waitNs) => waitNs is > 0 and <= ShortNs;
}
