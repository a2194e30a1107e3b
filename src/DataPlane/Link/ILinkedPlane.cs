using AiEdge.Contracts.Faults;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Link;

/// <summary>What a control plane's word does in this process.</summary>
internal interface ILinkedPlane
{
    /// <summary>A configuration is in force from when this returns.</summary>
    void Publish(ConfigSnapshot config);

    /// <summary>A configuration was refused; the one in force stays.</summary>
    void Reject(IReadOnlyList<ConfigFault> faults);

    /// <summary>What is probably not meant in the one that is in force.</summary>
    void Warn(IReadOnlyList<ConfigFault> warnings);

    /// <summary>Ends the exchanges under way that rest on what was revoked.</summary>
    void Revoke(Predicate<Exchange> restsOnIt);

    /// <summary>Whether the configuration in force is too old to be used.</summary>
    void SetStale(bool isStale);
}
