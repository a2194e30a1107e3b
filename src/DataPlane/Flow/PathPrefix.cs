using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Flow;

/// <summary>Paths that begin with what models have versions for (<c>versions:</c>) are served as what stands behind that.</summary>
internal static class PathPrefix
{
    /// <summary>
    /// Finds the prefix of an exchange's path, and the path that it is served by: itself, where the prefix is how a dialect's own paths begin, else what
    /// follows, as it is or below <c>/v1</c>.
    /// </summary>
    public static void Read(Exchange exchange, ReadOnlySpan<byte> path)
    {
        foreach (var prefix in exchange.Config.Models.PathPrefixes)
        {
            if (path.Length <= prefix.Length || path[prefix.Length] != (byte)'/' || !path.StartsWith(prefix))
                continue;
            var rest = path[prefix.Length..];
            ReadOnlySpan<byte> before = DialectTable.Find(path) is not null ? prefix : DialectTable.Find(rest) is null ? "/v1"u8 : default;
            exchange.TrySetPath(prefix, before, rest);
            return;
        }
    }
}
