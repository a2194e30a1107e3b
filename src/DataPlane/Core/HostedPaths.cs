namespace AiEdge.DataPlane.Core;

/// <summary>How a dialect's paths are made in the cloud of somebody else (<c>hosting</c>): the model stands in them, which some have in the body.</summary>
/// <param name="Before">What stands before the model, behind the provider's base path.</param>
internal sealed record HostedPaths(byte[] Before)
{
    /// <summary>Whether the dialect's path follows the model, and paths that are no deployment's stay as they are.</summary>
    public bool IsOfDeployments { get; init; }

    /// <summary>What follows the model instead of what the dialect has behind it, where no stream is asked for; empty for nothing else.</summary>
    public byte[] Whole { get; init; } = [];

    /// <summary>The same of a stream.</summary>
    public byte[] Streamed { get; init; } = [];

    /// <summary>
    /// What stands in bodies in the place of the member <c>model</c>, where its being in the body is refused; empty where it stays.
    /// </summary>
    public ReadOnlyMemory<byte> InsteadOfModel { get; init; }

    /// <summary>The name of a parameter that the dialect's clients put into the query and the host does not take; empty for none.</summary>
    public byte[] NoQuery { get; init; } = [];

    /// <summary>What the host takes not, of what the dialect has.</summary>
    public RequestFeatures Lacks { get; init; }

    /// <summary>Whether tokens of a prompt can be asked for.</summary>
    public bool CountsTokens { get; init; }
}
