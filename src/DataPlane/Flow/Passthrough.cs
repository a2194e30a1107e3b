using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Route;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Native calls of a provider (<c>/passthrough/{provider}/…</c>): whose key names the path has its bytes carried there and back, with the
/// provider's credential in the place of its own. Paths are compared byte by byte with what the configuration names, so that nothing is
/// decoded, and nothing that was not written there is ever sent.
/// </summary>
internal static class Passthrough
{
    /// <summary>What <see cref="Takes"/> lets through, as a header names it.</summary>
    public const string Methods = "GET, POST, PUT, PATCH, DELETE";

    private static ReadOnlySpan<byte> Prefix => "/passthrough/"u8;

    /// <summary>The row of a native path; null where it is none.</summary>
    public static Endpoint? Find(ConfigSnapshot config, ReadOnlySpan<byte> path)
    {
        if (!path.StartsWith(Prefix))
            return null;
        foreach (var provider in config.Providers)
        {
            if (provider.Passthrough is { Endpoint: var endpoint } && Rest(endpoint, path) is [(byte)'/', ..])
                return endpoint;
        }

        return PassthroughModel.Unknown;
    }

    /// <summary>Whether native paths can be called so; which of them the key may call is judged once it is known.</summary>
    public static bool Takes(MethodId method) => method is MethodId.Get or MethodId.Post or MethodId.Put or MethodId.Patch or MethodId.Delete;

    /// <summary>
    /// Whether the key may make this call. Nobody meters it, so that a key whose tokens or money are limited may make none. Who may not is not
    /// told which providers there are.
    /// </summary>
    public static EdgeError Judge(Exchange exchange, RequestHead head)
    {
        if (!IsGranted(exchange, head))
            return EdgeError.Client(ErrorKind.PathNotAllowed);
        if (exchange.Config.LimitTable.EnforcesTokens(exchange.Key!))
            return EdgeError.Client(ErrorKind.PathNotAllowed, "The API key has limits on tokens or money, which cannot be kept on this path.");
        exchange.Model = ModelOf(exchange);
        var target = exchange.Model.Targets[0];
        if (target.Provider.IsDisabled)
            return EdgeError.Client(ErrorKind.ModelDisabled, "The provider is switched off.");
        return Residency.Allows(exchange.Key!, target)
            ? default
            : EdgeError.Client(ErrorKind.PathNotAllowed, "The provider is not in the regions that the API key is bound to.");
    }

    /// <summary>What was read of the body: a model that it names has to be one that the key may use.</summary>
    public static EdgeError Check(Exchange exchange, RequestFacts facts) =>
        !facts.HasModel || Router.IsAllowed(exchange.Key!, facts.Model) ? default : EdgeError.Client(ErrorKind.ModelNotAllowed, null, "model");

    private static ModelModel ModelOf(Exchange exchange)
    {
        foreach (var provider in exchange.Config.Providers)
        {
            if (provider.Passthrough is { } native && ReferenceEquals(native.Endpoint, exchange.Endpoint))
                return native.Model;
        }

        throw new InvalidOperationException();
    }

    private static bool IsGranted(Exchange exchange, RequestHead head)
    {
        var endpoint = exchange.Endpoint!;
        foreach (var grant in exchange.Key!.Passthrough)
        {
            if (grant.Method == head.MethodId && endpoint.PathUtf8.AsSpan(Prefix.Length).SequenceEqual(grant.Provider)
                && Rest(endpoint, head.Path).SequenceEqual(grant.Path))
                return true;
        }

        return false;
    }

    /// <summary>What stands behind a row's own part of a path; empty where it is another's.</summary>
    private static ReadOnlySpan<byte> Rest(Endpoint endpoint, ReadOnlySpan<byte> path) =>
        path.StartsWith(endpoint.PathUtf8) ? path[endpoint.PathUtf8.Length..] : default;
}
