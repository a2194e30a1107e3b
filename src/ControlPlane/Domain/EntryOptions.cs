using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Domain;

/// <summary>Entries of the document as options. What is there was judged before it was accepted.</summary>
internal static class EntryOptions
{
    /// <summary>A key, and whether it is withheld from data planes.</summary>
    public static KeyOptions? Key(EdgeEntry entry, out bool isDisabled) =>
        Node("keys", entry, out isDisabled) is { } node ? KeyOptions.Read(node, new FaultList()) : null;

    /// <summary>A limit, and whether it is withheld from data planes.</summary>
    public static LimitOptions? Limit(EdgeEntry entry, out bool isDisabled) =>
        Node("limits", entry, out isDisabled) is { } node ? LimitOptions.Read(node, new FaultList()) : null;

    /// <summary>A team.</summary>
    public static TeamOptions? Team(EdgeEntry entry) => Node("teams", entry, out _) is { } node ? TeamOptions.Read(Named(entry, node), new FaultList()) : null;

    /// <summary>A provider.</summary>
    public static ProviderOptions? Provider(EdgeEntry entry) =>
        Node("providers", entry, out _) is { } node ? ProviderOptions.Read(Named(entry, node), new FaultList()) : null;

    /// <summary>A model.</summary>
    public static ModelOptions? Model(EdgeEntry entry) =>
        Node("models", entry, out _) is { } node ? ModelOptions.Read(Named(entry, node), new FaultList()) : null;

    private static ConfigNode? Node(string section, EdgeEntry entry, out bool isDisabled)
    {
        var owned = new List<ConfigEntry>();
        var whole = ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, new FaultList());
        var node = whole is null ? null : ControlFields.Without(section, whole, owned);
        isDisabled = owned.Exists(static field => field.Name == ControlFields.DisabledField.Name
            && ControlFields.DisabledField.TryRead(field.Value, new FaultList(), out var isOn) && isOn);
        return node;
    }

    private static ConfigEntry Named(EdgeEntry entry, ConfigNode node)
    {
        var map = new ConfigMap(0, 0);
        map.TryAdd(entry.Name, node, 0, 0);
        return map.Entry(entry.Name)!;
    }
}
