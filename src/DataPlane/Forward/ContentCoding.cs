namespace AiEdge.DataPlane.Forward;

/// <summary>How a provider's body is coded (<c>Content-Encoding</c>, RFC 9110 §8.4).</summary>
internal enum ContentCoding : byte
{
    Identity,
    Gzip,
    Brotli,

    /// <summary>Passed on as it is; its usage cannot be read.</summary>
    Unknown,
}
