namespace AiEdge.ControlPlane.Usage;

/// <summary>Whom alerts may be sent to: all public hosts, or those of a list.</summary>
internal sealed class WebhookHosts
{
    /// <summary>All that are public.</summary>
    public static readonly WebhookHosts Any = new([]);

    private readonly string[] _names;

    private WebhookHosts(string[] names) => _names = names;

    /// <summary>
    /// Reads names that are separated by commas; one that begins with <c>*.</c> stands for all below it. Null where one is none, or none is named.
    /// </summary>
    public static WebhookHosts? Parse(string text)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length > 0 && Array.TrueForAll(names, static name => Uri.CheckHostName(IsSuffix(name) ? name[2..] : name) == UriHostNameType.Dns)
            ? new(names) : null;
    }

    /// <summary>Whether messages may go to a host, by its name; that it is public is judged besides.</summary>
    public bool Allows(string host) => _names.Length == 0 || Array.Exists(_names, name => IsSuffix(name)
        ? host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase)
        : host.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool IsSuffix(string name) => name.StartsWith("*.", StringComparison.Ordinal);
}
