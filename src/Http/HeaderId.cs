namespace AiEdge.Http;

/// <summary>The header fields that a gateway treats by name. Every other field is <see cref="Other"/>.</summary>
public enum HeaderId : byte
{
    /// <summary>A field without an id; compare its name.</summary>
    Other = 0,
    /// <summary>RFC 9110 section 7.2.</summary>
    Host,
    /// <summary>RFC 9110 section 8.6.</summary>
    ContentLength,
    /// <summary>RFC 9112 section 6.1.</summary>
    TransferEncoding,
    /// <summary>RFC 9110 section 7.6.1.</summary>
    Connection,
    /// <summary>RFC 9112 appendix C.2.2, hop-by-hop.</summary>
    KeepAlive,
    /// <summary>RFC 9112 appendix C.2.2, hop-by-hop.</summary>
    ProxyConnection,
    /// <summary>RFC 9110 section 11.7.1.</summary>
    ProxyAuthenticate,
    /// <summary>RFC 9110 section 11.7.2.</summary>
    ProxyAuthorization,
    /// <summary>RFC 9110 section 10.1.4.</summary>
    Te,
    /// <summary>RFC 9110 section 6.6.2.</summary>
    Trailer,
    /// <summary>RFC 9110 section 7.8.</summary>
    Upgrade,
    /// <summary>RFC 9110 section 10.1.1.</summary>
    Expect,
    /// <summary>RFC 9110 section 8.3.</summary>
    ContentType,
    /// <summary>RFC 9110 section 8.4.</summary>
    ContentEncoding,
    /// <summary>RFC 9110 section 12.5.3.</summary>
    AcceptEncoding,
    /// <summary>RFC 9110 section 12.5.1.</summary>
    Accept,
    /// <summary>RFC 9110 section 10.1.5.</summary>
    UserAgent,
    /// <summary>RFC 9110 section 11.6.2.</summary>
    Authorization,
    /// <summary>RFC 6265 section 5.4.</summary>
    Cookie,
    /// <summary>RFC 6265 section 5.2.</summary>
    SetCookie,
    /// <summary>RFC 9110 section 6.6.1.</summary>
    Date,
    /// <summary>RFC 9110 section 10.2.4.</summary>
    Server,
    /// <summary>RFC 9110 section 7.6.3.</summary>
    Via,
    /// <summary>RFC 7239.</summary>
    Forwarded,
    /// <summary>RFC 9110 section 10.2.3.</summary>
    RetryAfter,
    /// <summary>RFC 9111 section 5.2.</summary>
    CacheControl,
    /// <summary>Client addresses as proxies noted them.</summary>
    XForwardedFor,
    /// <summary>Host as the first proxy saw it.</summary>
    XForwardedHost,
    /// <summary>Scheme as the first proxy saw it.</summary>
    XForwardedProto,
    /// <summary>Port as the first proxy saw it.</summary>
    XForwardedPort,
    /// <summary>Client address as a proxy noted it.</summary>
    XRealIp,
    /// <summary>An id for the exchange.</summary>
    XRequestId,
    /// <summary>A credential sent outside Authorization.</summary>
    XApiKey,
    /// <summary>A credential sent outside Authorization.</summary>
    ApiKey,
    /// <summary>RFC 9110 section 10.2.2.</summary>
    Location,
    /// <summary>A credential sent outside Authorization.</summary>
    XGoogApiKey,
    /// <summary>RFC 9110 section 12.5.4.</summary>
    AcceptLanguage,
    /// <summary>RFC 9110 section 10.2.1.</summary>
    Allow,
    /// <summary>RFC 9110 section 11.6.1.</summary>
    WwwAuthenticate,
    /// <summary>W3C Trace Context, level 1.</summary>
    TraceParent,
    /// <summary>W3C Trace Context, level 1.</summary>
    TraceState,
    /// <summary>W3C Baggage.</summary>
    Baggage,
    /// <summary>Fetch: the page that asks.</summary>
    Origin,
    /// <summary>RFC 9110 section 10.1.3.</summary>
    Referer,
    /// <summary>RFC 9110 section 14.2.</summary>
    Range,
    /// <summary>RFC 9110 section 12.5.5.</summary>
    Vary,
    /// <summary>RFC 7838 section 3.</summary>
    AltSvc,
    /// <summary>RFC 6797 section 6.1.</summary>
    StrictTransportSecurity,
    /// <summary>A delay in milliseconds, sent by some providers beside Retry-After.</summary>
    RetryAfterMs,
    /// <summary>RFC 9530 section 2.</summary>
    ContentDigest,
    /// <summary>RFC 7540 section 3.2.1, hop-by-hop by the Connection option that must name it.</summary>
    Http2Settings,
    /// <summary>A request to treat the method as another one.</summary>
    XHttpMethodOverride,
}
