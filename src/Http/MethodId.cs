namespace AiEdge.Http;

/// <summary>Request methods (RFC 9110 section 9). Methods are case-sensitive: "get" is <see cref="Other"/>.</summary>
public enum MethodId : byte
{
    /// <summary>A method without an id.</summary>
    Other = 0,
    /// <summary>GET.</summary>
    Get,
    /// <summary>HEAD.</summary>
    Head,
    /// <summary>POST.</summary>
    Post,
    /// <summary>PUT.</summary>
    Put,
    /// <summary>DELETE.</summary>
    Delete,
    /// <summary>OPTIONS.</summary>
    Options,
    /// <summary>PATCH (RFC 5789).</summary>
    Patch,
    /// <summary>CONNECT, which is always refused.</summary>
    Connect,
    /// <summary>TRACE.</summary>
    Trace,
}
