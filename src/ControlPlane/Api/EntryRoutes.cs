using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Api;

/// <summary>Entries one by one: <c>/api/v1/{section}</c> and <c>/api/v1/{section}/{name}</c>.</summary>
internal sealed class EntryRoutes(ApiWorld world)
{
    private const string OwnerHeader = "x-aiedge-owner";

    /// <summary>Sections that are served so.</summary>
    public static IReadOnlyList<string> Served { get; } = ["providers", "models", "teams", "keys", "limits", "prices", Sections.Alerts];

    /// <summary>The routes of a section.</summary>
    public IEnumerable<ApiRoute> Of(string section)
    {
        var readers = section is "providers" or Sections.Alerts ? ApiRoute.Readers : ApiRoute.ReadersAndOwners;
        var writers = section is "keys" or "limits" ? ApiRoute.WritersAndOwners : ApiRoute.Writers;
        var one = $"/{section}/{{name}}";
        yield return new("GET", $"/{section}", $"Lists {section} in the order of names", readers, http => ListAsync(http, section))
        {
            Query = ["limit", "after"],
            AnswerSchema = EntrySchemas.PageOf(section),
        };
        yield return new("GET", one, $"One of {section}, in the shape of its YAML", readers, http => GetAsync(http, section))
        {
            AnswerSchema = EntrySchemas.Of(section),
            Headers = Described,
        };
        yield return new("PUT", one, $"Makes or replaces one of {section}", writers, http => PutAsync(http, section))
        {
            HasBody = true,
            Query = Writing,
            BodySchema = EntrySchemas.WrittenOf(section),
            AnswerSchema = "Written",
            Headers = Described,
        };
        yield return new("PATCH", one, $"Merges into one of {section} (RFC 7396)", writers, http => PatchAsync(http, section))
        {
            HasBody = true,
            Query = Writing,
            BodySchema = EntrySchemas.PatchOf(section),
            AnswerSchema = "Written",
            Headers = Described,
        };
        yield return new("DELETE", one, $"Removes one of {section}", writers, http => DeleteAsync(http, section))
        {
            Query = Writing,
            AnswerSchema = "Written",
            Headers = Described,
        };
    }

    private static readonly string[] Writing = ["dryRun", "wait", "timeout"];
    private static readonly string[] Described = ["ETag", OwnerHeader];

    private async Task ListAsync(HttpContext http, string section)
    {
        if (Answer.Page(http.Request) is not { } page)
        {
            await Problem.WriteAsync(http, 400, "limit is between 1 and 1000");
            return;
        }

        var caller = Caller.Of(http);
        var found = world.State.Current.Section(section).Values
            .Where(e => string.CompareOrdinal(e.Name, page.After) > 0 && EntryRights.MaySee(caller, section, e)).Take(page.Limit + 1).ToList();
        await Answer.JsonAsync(http, writer =>
        {
            writer.WriteStartArray("items");
            foreach (var entry in found.Take(page.Limit))
            {
                writer.WriteStartObject();
                writer.WriteString("name", entry.Name);
                writer.WriteString("owner", entry.Value.Owner == EntryOwner.Git ? "git" : "api");
                writer.WriteString("etag", Answer.ETag(entry));
                if (EntrySwitch.IsOff(entry.Value.Note))
                    writer.WriteBoolean("switchedOff", true);
                if (section == "keys")
                    WritePrefixes(writer, entry);
                writer.WritePropertyName("entry");
                writer.WriteRawValue(entry.Value.Json.Span);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (found.Count > page.Limit)
                writer.WriteString("next", found[page.Limit - 1].Name);
        });
    }

    private async Task GetAsync(HttpContext http, string section)
    {
        if (world.State.Current.Find(section, Answer.Name(http)) is not { } entry || !EntryRights.MaySee(Caller.Of(http), section, entry))
        {
            await Problem.WriteAsync(http, 404, "there is no such entry");
            return;
        }

        Describe(http, entry);
        await Answer.BytesAsync(http, entry.Value.Json, "application/json");
    }

    private async Task PutAsync(HttpContext http, string section)
    {
        if (await Body.JsonAsync(http) is { } node)
            await WriteAsync(http, section, "put", _ => (JsonNode.Parse(JsonBytes.Of(node)), null));
    }

    private async Task PatchAsync(HttpContext http, string section)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return;
        var patch = JsonNode.Parse(JsonBytes.Of(node));
        await WriteAsync(http, section, "patch", before => before is null
            ? (null, new WriteRefusal(RefusalKind.NotFound, "there is no such entry"))
            : (MergePatch.Apply(JsonNode.Parse(before.Value.Json.Span), patch), null));
    }

    private Task DeleteAsync(HttpContext http, string section) => WriteAsync(http, section, "delete", before =>
        before is null ? (null, new WriteRefusal(RefusalKind.NotFound, "there is no such entry")) : (null, null), isRemoval: true);

    /// <summary>Writes one entry: conditions, rights, owner, then what the writer makes of it; the answer is the entry as it is then.</summary>
    private async Task WriteAsync(
        HttpContext http, string section, string action, Func<EdgeEntry?, (JsonNode? After, WriteRefusal? Refusal)> make, bool isRemoval = false)
    {
        var name = Answer.Name(http);
        if (ApiWorld.Wait(http.Request) is not { } wait)
        {
            await Problem.WriteAsync(http, 400, "wait is all, and timeout a duration up to 60s");
            return;
        }

        var caller = Caller.Of(http);
        var (seen, changes) = (world.State.Current, (IReadOnlyList<EntryChange>)[]);
        var outcome = await world.State.WriteAsync(document =>
        {
            var before = document.Find(section, name);
            if (before is not null && !EntryRights.MaySee(caller, section, before))
                return WriteDecision.Refuse(RefusalKind.NotFound, "there is no such entry");
            if (Answer.Stale(http.Request, before) is { } stale)
                return WriteDecision.Refuse(stale);
            var (after, refusal) = make(before);
            var decision = refusal is not null ? WriteDecision.Refuse(refusal) : Decide(http, document, (section, name, action), before, after, isRemoval);
            (seen, changes) = (document, decision.Changes);
            return decision;
        });
        if (outcome.Refusal is { } refused)
        {
            await Problem.WriteAsync(http, refused);
            return;
        }

        var planes = await world.PlanesAsync(http, outcome.Document.Generation, wait);
        if (outcome.Document.Find(section, name) is { } now)
            Describe(http, now);
        await Answer.JsonAsync(http, writer =>
        {
            writer.WriteString("name", name);
            writer.WriteNumber("generation", outcome.Document.Generation);
            if (Difference.IsDryRun(http))
                writer.WriteBoolean("dryRun", true);
            Difference.Write(writer, changes, seen);
            ApiWorld.Write(writer, "warnings", outcome.Warnings);
            planes(writer);
        });
    }

    private WriteDecision Decide(
        HttpContext http, EdgeDocument document, (string Section, string Name, string Action) target, EdgeEntry? before, JsonNode? after, bool isRemoval)
    {
        var (section, name, action) = target;
        var isGits = before is { Value.Owner: EntryOwner.Git };
        if (isGits && (isRemoval || !EntrySwitch.IsAll(before!, after)))
            return WriteDecision.Refuse(RefusalKind.Conflict, "the entry is owned by git: change it there; only \"disabled\" can be changed here");
        var faults = new List<ConfigFault>();
        if (!isRemoval && ConfigSections.IsList(section) && Named(after, name) is { } fault)
            faults.Add(new($"{section}.{name}.name", 0, 0, fault));
        if (!isRemoval && section == Sections.Alerts)
            faults.AddRange(AlertEntry.Faults(document, name, after, world.WebhookHosts));
        var caller = Caller.Of(http);
        if (EntryRights.Judge(caller, document, section, name, before, isRemoval ? null : after) is { } refusal)
            return WriteDecision.Refuse(refusal);
        var changes = new List<EntryChange>();
        if (isRemoval)
        {
            DocumentReplacement.Remove(document, section, before!, changes, isByRest: true);
            if (section == Sections.Alerts)
                changes.Add(new EntryChange(Sections.Secrets, AlertEntry.SecretName(name), null));
            return WriteDecision.Change(world.Audit(http, action, $"{section}/{name}"), changes).Dry(Difference.IsDryRun(http));
        }

        if (section == "providers" && ProviderSecret.Take(world.Seal, document, name, after, faults) is { } secret
            && (secret.Value is not null || document.Find(Sections.Secrets, name) is not null))
            changes.Add(secret);
        if (faults.Count > 0)
            return WriteDecision.Refuse(new WriteRefusal(RefusalKind.Invalid, "the entry has faults", faults));
        if (section == Sections.Alerts && AlertEntry.TakeSecret(world.Seal, name, after) is { } signing)
            changes.Add(signing);
        var note = EntrySwitch.Note(EntryRights.Note(caller, before), before, after, caller.Team is not null);
        changes.Add(new EntryChange(section, name, new EntryValue(
            JsonBytes.Of(after), isGits ? EntryOwner.Git : EntryOwner.Api, before?.Value.Position ?? document.NextPosition(section), note)));
        var denial = Denial.OfEntry(section, name);
        if (before is null && Denial.Is(document, denial))
            changes.Add(Denial.End(denial));
        return WriteDecision.Change(world.Audit(http, action, $"{section}/{name}"), changes).Dry(Difference.IsDryRun(http));
    }

    /// <summary>Gives a list's entry the name that it was asked for by; what is wrong where it says another.</summary>
    private static string? Named(JsonNode? after, string name)
    {
        if (after is not JsonObject entry)
            return "expected a map";
        if (entry["name"] is null)
            entry["name"] = name;
        return entry["name"] is JsonValue value && value.TryGetValue<string>(out var text) && text == name ? null : "is not the name in the path";
    }

    private static void Describe(HttpContext http, EdgeEntry entry)
    {
        http.Response.Headers.ETag = Answer.ETag(entry);
        http.Response.Headers[OwnerHeader] = entry.Value.Owner == EntryOwner.Git ? "git" : "api";
    }

    private static void WritePrefixes(System.Text.Json.Utf8JsonWriter writer, EdgeEntry entry)
    {
        if (entry.Value.Note.IsEmpty)
            return;
        var (note, key) = (KeyNote.Read(entry.Value.Note), JsonNode.Parse(entry.Value.Json.Span));
        if (note.PrefixOf((string?)key?["sha256"]) is { } prefix)
            writer.WriteString("prefix", prefix);
        if (note.PrefixOf((string?)key?["previous"]?["sha256"]) is { } previous)
            writer.WriteString("previousPrefix", previous);
    }
}
