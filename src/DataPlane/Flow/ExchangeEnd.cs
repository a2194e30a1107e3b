using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>From what an exchange ended with to the word in its record.</summary>
internal static class ExchangeEnd
{
    public static EndReason Of(EdgeError error, Exchange exchange) => error.Kind switch
    {
        ErrorKind.None => exchange.CutBy is null ? EndReason.Done : EndReason.Cut,
        ErrorKind.ClientClosed => EndReason.ClientClosed,
        ErrorKind.Draining => EndReason.Draining,
        ErrorKind.Revoked => EndReason.Revoked,
        ErrorKind.UpstreamTimeout => EndReason.Timeout,
        ErrorKind.Internal => EndReason.Internal,
        ErrorKind.ProviderLimited when error.Source == ErrorSource.Edge => EndReason.Refused,
        _ when error.IsOfLimit => EndReason.Refused,
        _ when error.Source == ErrorSource.Upstream || exchange.Attempts > 0 => EndReason.UpstreamFault,
        _ => EndReason.Refused,
    };
}
