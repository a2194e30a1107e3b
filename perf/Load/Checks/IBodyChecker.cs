namespace AiEdge.Load;

/// <summary>Looks at one answer's body while it arrives, cut anywhere, and says in the end what is wrong with it.</summary>
internal interface IBodyChecker
{
    /// <summary>Events seen; 0 for a body that is no stream.</summary>
    int Events { get; }

    /// <summary>The first fault, as a short class such as `content` or `no [DONE]`; null if all is well so far.</summary>
    string? Fault { get; }

    /// <summary>What the first fault looked like.</summary>
    string Example { get; }

    void Begin();

    void Feed(ReadOnlySpan<byte> bytes, long now);

    void End();
}
