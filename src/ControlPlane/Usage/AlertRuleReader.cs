using System.Globalization;
using System.Text.Json;

namespace AiEdge.ControlPlane.Usage;

/// <summary>
/// Reads a rule from the JSON that an operator has written:
/// <c>{"webhook": "https://…", "secret": "…", "thresholds": [50, 80, 100], "limits": ["NAME"],
/// "anomaly": {"by": "key", "costMinNanodollars": "5000000000"}}</c>.
/// </summary>
internal static class AlertRuleReader
{
    public const int SecretBytesMin = 16;
    private const int PercentMax = 1_000;

    /// <summary>Reads a rule, and adds all that is wrong with it to the faults: where, and why.</summary>
    /// <param name="name">The rule's name.</param>
    /// <param name="json">The entry.</param>
    /// <param name="secretOf">The bytes that the entry's <c>secret</c> stands for; null where it stands for none.</param>
    /// <param name="hosts">Whom messages may be sent to.</param>
    /// <param name="faults">Grows.</param>
    /// <returns>The rule; null where something is wrong.</returns>
    public static AlertRule? Read(
        string name, JsonElement json, Func<string, byte[]?> secretOf, WebhookHosts hosts, List<(string Path, string Message)> faults)
    {
        var before = faults.Count;
        if (json.ValueKind != JsonValueKind.Object)
        {
            faults.Add(("", "an alert is an object"));
            return null;
        }

        foreach (var field in json.EnumerateObject())
        {
            if (field.Name is not ("webhook" or "secret" or "thresholds" or "limits" or "anomaly"))
                faults.Add((field.Name, "is not known here"));
        }

        var webhook = Address(json, hosts, faults);
        var secret = Secret(json, secretOf, faults);
        var thresholds = Thresholds(json, faults);
        var limits = Limits(json, faults);
        var (by, costMin) = Anomaly(json, faults);
        if (thresholds.Count == 0 && by is null)
            faults.Add(("", "an alert has thresholds, or anomaly"));
        return faults.Count > before
            ? null
            : new() { Name = name, Webhook = webhook!, Secret = secret, Thresholds = thresholds, Limits = limits, AnomalyBy = by, AnomalyCostMin = costMin };
    }

    private static Uri? Address(JsonElement json, WebhookHosts hosts, List<(string Path, string Message)> faults)
    {
        if (!json.TryGetProperty("webhook", out var text) || text.ValueKind != JsonValueKind.String)
        {
            faults.Add(("webhook", "is needed: an address that begins with https://"));
            return null;
        }

        if (!Uri.TryCreate(text.GetString(), UriKind.Absolute, out var address))
            faults.Add(("webhook", "is no address"));
        else if (Webhook.Fault(address, hosts) is { } fault)
            faults.Add(("webhook", fault));
        return address;
    }

    private static byte[] Secret(JsonElement json, Func<string, byte[]?> secretOf, List<(string Path, string Message)> faults)
    {
        var bytes = json.TryGetProperty("secret", out var text) && text.ValueKind == JsonValueKind.String ? secretOf(text.GetString()!) : null;
        if (bytes is null || bytes.Length < SecretBytesMin)
            faults.Add(("secret", $"is needed: {SecretBytesMin} bytes at least, which messages are signed with"));
        return bytes ?? [];
    }

    private static List<int> Thresholds(JsonElement json, List<(string Path, string Message)> faults)
    {
        var found = new List<int>();
        if (!json.TryGetProperty("thresholds", out var list))
            return found;
        if (list.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in list.EnumerateArray())
            {
                if (one.ValueKind == JsonValueKind.Number && one.TryGetInt32(out var percent) && percent is > 0 and <= PercentMax
                    && (found.Count == 0 || percent > found[^1]))
                {
                    found.Add(percent);
                    continue;
                }

                faults.Add(("thresholds", "are percents that grow"));
                return found;
            }
        }

        if (found.Count == 0)
            faults.Add(("thresholds", "are a list of percents, as [50, 80, 100]"));
        return found;
    }

    private static List<string> Limits(JsonElement json, List<(string Path, string Message)> faults)
    {
        var found = new List<string>();
        if (!json.TryGetProperty("limits", out var list))
            return found;
        var isList = list.ValueKind == JsonValueKind.Array;
        foreach (var one in isList ? list.EnumerateArray() : default)
        {
            isList &= one.ValueKind == JsonValueKind.String;
            if (isList)
                found.Add(one.GetString()!);
        }

        if (!isList)
            faults.Add(("limits", "are a list of limits' names"));
        return found;
    }

    private static (UsageDimension? By, long CostMin) Anomaly(JsonElement json, List<(string Path, string Message)> faults)
    {
        if (!json.TryGetProperty("anomaly", out var anomaly))
            return (null, 0);
        if (anomaly.ValueKind != JsonValueKind.Object)
        {
            faults.Add(("anomaly", "is an object"));
            return (null, 0);
        }

        foreach (var field in anomaly.EnumerateObject())
        {
            if (field.Name is not ("by" or "costMinNanodollars"))
                faults.Add(("anomaly." + field.Name, "is not known here"));
        }

        var by = default(UsageDimension);
        if (!anomaly.TryGetProperty("by", out var text) || text.ValueKind != JsonValueKind.String || !UsageDimension.TryParse(text.GetString()!, out by))
            faults.Add(("anomaly.by", "is none of key, team, model, provider, tag:NAME"));
        var costMin = 0L;
        if (!anomaly.TryGetProperty("costMinNanodollars", out var cost) || cost.ValueKind != JsonValueKind.String
            || !long.TryParse(cost.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out costMin))
            faults.Add(("anomaly.costMinNanodollars", "is needed: nanodollars, as text"));
        return (by, costMin);
    }
}
