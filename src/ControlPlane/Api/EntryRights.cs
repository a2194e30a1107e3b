using System.Globalization;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// What of an entry a caller may change. An administrator all; an editor not where requests and secrets go; an owner of a team its
/// keys, as far as the team's <c>may</c> goes, and limits upon the team that an owner has made.
/// </summary>
internal static class EntryRights
{
    /// <summary>Buckets of a limit that an owner makes: as many as a limit has where it says nothing. What it was given by others stays.</summary>
    private const long BucketsMax = 10_000;

    /// <summary>Fields of a provider that decide neither where a request goes nor what it carries.</summary>
    private static readonly string[] EditorsFields = ["timeouts", "usageChunk", "retryReused", "connectionsMax", "poolIdle", "dnsRefresh"];

    /// <summary>Why a caller may not see an entry; null where he may.</summary>
    public static bool MaySee(Caller caller, string section, EdgeEntry entry)
    {
        if (caller.Team is not { } team)
            return true;
        return section switch
        {
            "teams" => entry.Name == team,
            "keys" => Text(Json(entry), "team") == team,
            "limits" => TeamOf(Json(entry)) == team,
            _ => section is "models" or "prices",
        };
    }

    /// <summary>Why a caller may not do a change; null where he may.</summary>
    public static WriteRefusal? Judge(Caller caller, EdgeDocument document, string section, string name, EdgeEntry? before, JsonNode? after)
    {
        if (caller.Role == ApiRole.Admin)
            return null;
        if (section == "keys" && Refers(before, after))
            return Refused("a reference in a key's sha256 is written by administrators: planes that cannot resolve it take no change any more");
        if (caller.Role == ApiRole.Editor)
            return section == "providers" ? Provider(before, after) : null;
        if (caller.Team is not { } team || section is not ("keys" or "limits"))
            return Refused("the token's role does not allow this");
        if (before is not null && !MaySee(caller, section, before))
            return Refused("the entry is another team's");
        if (before is not null && EntrySwitch.IsOffByOthers(before) && !EntrySwitch.IsDisabled(after))
            return Refused("others than the team's owners have switched the entry off, and only they switch it on or remove it");
        if (before is null && Denial.Is(document, Denial.OfEntry(section, name)))
            return Refused("the entry was switched off when it was removed, and does not come back by an owner");
        return section == "keys" ? Key(document, team, before, after) : Limit(document, team, before, after, name);
    }

    /// <summary>What is kept of who made an entry.</summary>
    public static ReadOnlyMemory<byte> Note(Caller caller, EdgeEntry? before) =>
        before is not null ? before.Value.Note : caller.Team is { } team ? JsonBytes.Of(w => w.WriteString("team", team)) : default;

    private static WriteRefusal? Provider(EdgeEntry? before, JsonNode? after)
    {
        if (before is null || after is null)
            return Refused("providers are added and removed by administrators");
        var old = Json(before) as JsonObject ?? [];
        var now = after as JsonObject ?? [];
        foreach (var field in old.Select(m => m.Key).Concat(now.Select(m => m.Key)).Distinct().Except(EditorsFields))
        {
            if (!JsonNode.DeepEquals(old[field], now[field]) || old.ContainsKey(field) != now.ContainsKey(field))
                return Refused($"a provider's {ConfigText.Quote(field)} is changed by administrators");
        }

        return null;
    }

    private static WriteRefusal? Key(EdgeDocument document, string team, EdgeEntry? before, JsonNode? after)
    {
        if (after is null)
            return null;
        if (Text(after, "team") != team)
            return Refused($"keys of the team {ConfigText.Quote(team)} only");
        var may = May(document, team);
        if (before is null && OwnTeams(document, "keys", team, static entry => entry.Json, static (key, own) => Text(key, "team") == own) >= may.KeysMax)
            return Refused($"the team has its keysMax of {may.KeysMax} keys");
        var faults = new List<string>();
        var models = Texts(after["models"]);
        if (models.Count == 0)
            faults.Add("models: has to be named");
        faults.AddRange(models.Where(m => !may.MayUseModel(m)).Select(m => $"models: {ConfigText.Quote(m)}"));
        if (after["tier"] is not null && !may.MayUseTier(Text(after, "tier") ?? ""))
            faults.Add($"tier: {ConfigText.Quote(Text(after, "tier") ?? "")}");
        var tags = (after["tags"] as JsonObject ?? []).Select(t => t.Key).Concat(Texts(after["clientTags"]));
        faults.AddRange(tags.Where(t => !may.MayUseTag(t)).Select(t => $"tags: {ConfigText.Quote(t)}"));
        if (after["passthrough"] is not null)
            faults.Add("passthrough");
        if (!may.MayUsePriority(Text(after, "priority") ?? "normal"))
            faults.Add("priority");
        if (before is not null)
            Loosened(Json(before), after, faults);
        else if (Weight(after) is not 1)
            faults.Add("weight");
        return faults.Count == 0 ? null : Refused("the team may not give this to a key: " + string.Join("; ", faults));
    }

    /// <summary>Adds what of a key's restraints, whoever has set them, would hold it less than before.</summary>
    private static void Loosened(JsonNode? old, JsonNode after, List<string> faults)
    {
        if (Text(old, "tier") is not null && Text(after, "tier") is null)
            faults.Add("tier: stays, or becomes another");
        if (TeamMay.Compare(Text(after, "priority"), Text(old, "priority")) > 0)
            faults.Add("priority: does not rise");
        if (Weight(after) is not { } weight)
            faults.Add("weight: is a whole number");
        else if (weight > (Weight(old) ?? 1))
            faults.Add("weight: does not rise");
        if (End(old) is { } end && (End(after) is not { } other || other > end))
            faults.Add("expires: does not move back");
        var (regions, others) = (Texts(old?["regions"]), Texts(after["regions"]));
        if (regions.Count > 0 && (others.Count == 0 || others.Except(regions).Any()))
            faults.Add("regions: do not become more");
    }

    /// <summary>1 where none is said; null where what is said is no number, whatever it might stand for.</summary>
    private static int? Weight(JsonNode? key) =>
        (key as JsonObject)?["weight"] is not { } said ? 1
        : int.TryParse(said.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var weight) ? weight : null;

    private static DateTimeOffset? End(JsonNode? key) =>
        Text(key, "expires") is { } text && InstantField.TryParseText(text, out var end) ? end : null;

    /// <summary>Whether a key's hash becomes a reference that it was not before.</summary>
    private static bool Refers(EdgeEntry? before, JsonNode? after)
    {
        var old = before is null ? null : Json(before);
        return Is(Text(after, "sha256"), Text(old, "sha256")) || Is(Text(Member(after, "previous"), "sha256"), Text(Member(old, "previous"), "sha256"));

        static bool Is(string? text, string? before) => text is not null && text != before && text.Contains("${", StringComparison.Ordinal);
        static JsonNode? Member(JsonNode? node, string field) => (node as JsonObject)?[field];
    }

    private static WriteRefusal? Limit(EdgeDocument document, string team, EdgeEntry? before, JsonNode? after, string name)
    {
        if (before is not null && (before.Value.Note.IsEmpty || Text(JsonNode.Parse(before.Value.Note.Span), "team") != team))
            return Refused($"the limit {ConfigText.Quote(name)} was not made by an owner of the team");
        if (after is null)
            return null;
        if (TeamOf(after) != team)
            return Refused($"match.team has to be {ConfigText.Quote(team)}");
        if (after["was"] is not null)
            return Refused("what another limit has counted is not an owner's to take over");

        // Each bucket takes memory on each plane and here, and what it is kept by may be told by the team's own clients.
        if (after["bucketsMax"] is not null && !(Buckets(after) <= Math.Max(BucketsMax, Buckets(before is null ? null : Json(before)) ?? 0)))
            return Refused($"bucketsMax of an owner's limit is {BucketsMax} at most");

        // As with a fallback, the keys of the team need not be allowed it, so whoever names it has to be.
        var may = May(document, team);
        if (before is null && OwnTeams(document, "limits", team, static entry => entry.Note, static (note, own) => Text(note, "team") == own) >= may.LimitsMax)
            return Refused($"owners of the team have made its limitsMax of {may.LimitsMax} limits");
        var models = (after["degrade"] as JsonArray ?? []).Select(step => Text(step, "model") ?? "")
            .Where(model => model.Length > 0 && !may.MayUseModel(model)).Select(model => $"degrade: {ConfigText.Quote(model)}").ToList();
        return models.Count == 0 ? null : Refused("the team may not turn requests to this: " + string.Join("; ", models));
    }

    /// <summary>Null where none are said, or what is said is no number.</summary>
    private static long? Buckets(JsonNode? limit) =>
        (limit as JsonObject)?[LimitOptions.BucketsMaxField.Name] is JsonValue said && AmountText.TryCount(said.ToString(), out var count) ? count : null;

    private static TeamMay May(EdgeDocument document, string team) =>
        document.Find("teams", team) is { } entry
        && ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, new FaultList()) is ConfigMap map && map.Entry(ControlFields.May) is { } may
            ? TeamMay.Read(may.Value, new FaultList()) : TeamMay.Nothing;

    /// <summary>How many entries are a team's. Most are of others: only what holds its name, as a text of its own, is read.</summary>
    private static int OwnTeams(
        EdgeDocument document, string section, string team, Func<EntryValue, ReadOnlyMemory<byte>> part, Func<JsonNode?, string, bool> isOwn)
    {
        var name = System.Text.Encoding.UTF8.GetBytes($"\"{team}\"");
        return document.Section(section).Values.Select(entry => part(entry.Value))
            .Count(json => json.Span.IndexOf(name) >= 0 && isOwn(JsonNode.Parse(json.Span), team));
    }

    private static JsonNode? Json(EdgeEntry entry) => JsonNode.Parse(entry.Value.Json.Span);

    /// <summary>The one team that a limit binds; null where it binds others, too.</summary>
    private static string? TeamOf(JsonNode? limit) => (limit as JsonObject)?["match"] is not JsonObject match ? null : match["team"] switch
    {
        JsonArray { Count: 1 } one => AsText(one[0]),
        var text => AsText(text),
    };

    private static string? Text(JsonNode? node, string field) => node is JsonObject map ? AsText(map[field]) : null;

    private static string? AsText(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static List<string> Texts(JsonNode? list) =>
        list is JsonArray array ? [.. array.Select(i => AsText(i) ?? "")] : AsText(list) is { } one ? [one] : [];

    private static WriteRefusal Refused(string why) => new(RefusalKind.Forbidden, why);
}
