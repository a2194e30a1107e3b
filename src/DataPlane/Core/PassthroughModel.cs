using System.Text;
using AiEdge.Contracts.Fields;
using AiEdge.Http;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// What a provider's native paths go by (<c>/passthrough/{provider}/…</c>): a row of the paths, and a model of their own that limits, records and
/// metrics know them by, with the provider as its only target. Nothing is asked twice, for nobody knows what a native call does.
/// </summary>
internal sealed class PassthroughModel
{
    /// <summary>What stands before the provider's name.</summary>
    public const string Prefix = "/passthrough/";

    /// <summary>The row of a provider that nobody configured: no key may call it.</summary>
    public static readonly Endpoint Unknown = new(Prefix, RequestShape.Native, EndpointKind.Passthrough);

    public PassthroughModel(ProviderModel provider, TimeoutsModel timeouts, byte[]? region, int index)
    {
        Endpoint = new Endpoint(Prefix + provider.Name, RequestShape.Native, EndpointKind.Passthrough, provider.Dialect);
        var name = Endpoint.Path[1..];
        Model = new ModelModel
        {
            Name = name,
            NameUtf8 = Encoding.ASCII.GetBytes(name),
            IsGlob = false,
            Targets = [new TargetModel { Provider = provider, Timeouts = timeouts, Region = region }],
            Index = index,
        };
    }

    /// <summary>The row of its paths: what stands before the native path.</summary>
    public Endpoint Endpoint { get; }

    public ModelModel Model { get; }
}

/// <summary>A native path that a key may call.</summary>
/// <param name="Provider">The provider's name in UTF-8.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path as the provider's dialect has it.</param>
internal sealed record PassthroughGrant(byte[] Provider, MethodId Method, byte[] Path)
{
    /// <summary>Reads what was found to be without faults.</summary>
    public static PassthroughGrant Of(string text)
    {
        if (!PassthroughText.TryParse(text, out var rule))
            throw new ArgumentException("not a native path", nameof(text));
        var method = rule.Method switch
        {
            "GET" => MethodId.Get,
            "PUT" => MethodId.Put,
            "PATCH" => MethodId.Patch,
            "DELETE" => MethodId.Delete,
            _ => MethodId.Post,
        };
        return new PassthroughGrant(Encoding.ASCII.GetBytes(rule.Provider), method, Encoding.ASCII.GetBytes(rule.Path));
    }
}
