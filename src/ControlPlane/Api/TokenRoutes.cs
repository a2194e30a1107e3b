using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>Tokens of REST's callers and of planes that join: made here, shown once, kept as hashes, never returned.</summary>
internal sealed class TokenRoutes(ApiWorld world)
{
    private static readonly StringField NameField = new("name", TextRules.AccountName) { IsRequired = true };
    private static readonly ChoiceField RoleField = new("role", [.. ApiToken.RoleNames]) { IsRequired = true };
    private static readonly StringField TeamField = new("team", TextRules.AccountName);
    private static readonly InstantField ExpiresField = new("expires");
    private static readonly BooleanField DisabledField = new("disabled", false);
    private static readonly IntegerField UsesField = new("uses", 1, 0, (int)JoinToken.UsesMax);
    private static readonly FieldTable TokenTable = new("a token", NameField, RoleField, TeamField, ExpiresField, DisabledField);
    private static readonly FieldTable JoinTable = new("a join token", NameField, UsesField, ExpiresField, DisabledField);

    /// <summary>How long a join token is good for where nothing else is said.</summary>
    private static readonly TimeSpan JoinTime = TimeSpan.FromHours(24);

    public IEnumerable<ApiRoute> Routes() => Of(Sections.Tokens, "token").Concat(Of(Sections.JoinTokens, "join token"));

    private IEnumerable<ApiRoute> Of(string section, string thing)
    {
        var (admins, one) = (ApiRoute.Admins, $"/{section}/{{name}}");
        yield return new("GET", $"/{section}", $"Lists {thing}s", admins, http => ListAsync(http, section))
        {
            Query = ["limit", "after"],
            AnswerSchema = EntrySchemas.PageOf(section),
        };
        yield return new("POST", $"/{section}", $"Makes a {thing}; it is in the answer, once", admins, http => PostAsync(http, section))
        {
            HasBody = true,
            Status = 201,
            BodySchema = "New" + EntrySchemas.Of(section),
            AnswerSchema = "TokenMade",
            Headers = ["ETag", "Location"],
        };
        yield return new("GET", one, $"One {thing}, without itself", admins, http => GetAsync(http, section))
        {
            AnswerSchema = EntrySchemas.Of(section),
            Headers = ["ETag"],
        };
        yield return new("PUT", one, $"Makes a {thing}, or says anew what it may; the token itself stays", admins, http => PutAsync(http, section))
        {
            HasBody = true,
            OtherStatus = 201,
            BodySchema = EntrySchemas.WrittenOf(section),
            AnswerSchema = "TokenWritten",
            Headers = ["ETag", "Location"],
        };
        yield return new("PATCH", one, $"Merges into what a {thing} may (RFC 7396)", admins, http => PatchAsync(http, section))
        {
            HasBody = true,
            BodySchema = EntrySchemas.PatchOf(section),
            AnswerSchema = "Named",
            Headers = ["ETag"],
        };
        yield return new("DELETE", one, $"Revokes a {thing}", admins, http => ChangeAsync(http, section, "delete", (_, _) => (null, null)))
        {
            AnswerSchema = "Named",
        };
    }

    private async Task PostAsync(HttpContext http, string section)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return;
        var faults = new FaultList();
        var (name, json, team) = Read(section, node, faults, null, out var secret);
        if (faults.Count > 0)
            await Problem.WriteAsync(http, 422, "the token has faults", faults.ToList());
        else
            await MakeAsync(http, "post", section, name, secret!, json, document => Complaint(document, team));
    }

    /// <summary>A token from its fields, with the hash of what is there, or of one that is made.</summary>
    private (string Name, byte[] Json, string Team) Read(string section, ConfigNode node, FaultList faults, EdgeEntry? before, out string? secret)
    {
        secret = null;
        if (FieldReader.Open(node, section == Sections.Tokens ? TokenTable : JoinTable, faults) is not { } reader)
            return ("", [], "");
        var name = reader.Get(NameField).Or("");
        var expires = reader.Get(ExpiresField);
        var isDisabled = reader.Get(DisabledField).Or(false);
        if (before is null)
            secret = NewSecret.Of(section == Sections.Tokens ? "aiedge_token_" : "aiedge_join_");
        var made = secret is null ? [] : Convert.FromHexString(NewSecret.Sha256(secret));
        if (section == Sections.JoinTokens)
        {
            // One that is written anew without an end has none; one that is made without has a day.
            var end = expires.IsSet ? expires.Value.ToUnixTimeMilliseconds() : before is null ? world.State.NowUnixMs() + (long)JoinTime.TotalMilliseconds : 0;
            var hash = before is null ? made : JoinToken.Read(before).Sha256;
            return (name, new JoinToken(name, hash, end, reader.Get(UsesField).Or(1), isDisabled).ToJson(), "");
        }

        var role = reader.Get(RoleField).Or("viewer");
        var team = reader.Get(TeamField).Or("");
        if (role == ApiToken.RoleNames[(int)ApiRole.Owner] != team.Length > 0)
            faults.Add(reader.Map, TeamField.Name, "owners have a team, and no other role has");
        var token = new ApiToken(
            name, before is null ? made : ApiToken.Read(before).Sha256, (ApiRole)ApiToken.IndexOf(role), team,
            expires.IsSet ? expires.Value.ToUnixTimeMilliseconds() : 0, isDisabled);
        return (name, token.ToJson(), team);
    }

    private static string? Complaint(EdgeDocument document, string team) =>
        team.Length > 0 && document.Find("teams", team) is null ? $"no team named {ConfigText.Quote(team)}" : null;

    /// <summary>Says anew what a token may; makes it where there is none.</summary>
    private async Task PutAsync(HttpContext http, string section)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return;
        var name = Answer.Name(http);
        if (node is ConfigMap map && map.Entry(NameField.Name) is null)
            map.TryAdd(NameField.Name, new ConfigScalar(ScalarKind.Text, name, 0, 0), 0, 0);
        if (world.State.Current.Find(section, name) is not null)
        {
            await ChangeAsync(http, section, "put", (document, before) => Changed(document, section, before, node));
            return;
        }

        var faults = new FaultList();
        var (said, json, team) = Read(section, node, faults, null, out var secret);
        if (faults.Count == 0 && said != name)
            faults.Add((ConfigMap)node, NameField.Name, "is not the name in the path");
        if (faults.Count > 0)
            await Problem.WriteAsync(http, 422, "the token has faults", faults.ToList());
        else
            await MakeAsync(http, "put", section, name, secret!, json, document => Complaint(document, team));
    }

    private async Task PatchAsync(HttpContext http, string section)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return;
        var patch = JsonNode.Parse(JsonBytes.Of(node));
        await ChangeAsync(http, section, "patch", (document, before) =>
        {
            var merged = MergePatch.Apply(JsonNode.Parse(JsonBytes.Of(writer => WriteFields(writer, section, before))), patch);
            return ConfigSource.Parse(JsonBytes.Of(merged), ConfigFormat.Json, new FaultList()) is { } whole
                ? Changed(document, section, before, whole) : (null, new WriteRefusal(RefusalKind.Invalid, "the change has faults"));
        });
    }

    private (EntryValue? Value, WriteRefusal? Refusal) Changed(EdgeDocument document, string section, EdgeEntry before, ConfigNode node)
    {
        var faults = new FaultList();
        var (name, json, team) = Read(section, node, faults, before, out _);
        if (faults.Count == 0 && name != before.Name)
            faults.Add((ConfigMap)node, NameField.Name, "is not the name in the path");
        if (faults.Count > 0)
            return (null, new WriteRefusal(RefusalKind.Invalid, "the token has faults", faults.ToList()));
        return Complaint(document, team) is { } complaint
            ? (null, new WriteRefusal(RefusalKind.Invalid, complaint)) : (before.Value with { Json = json }, null);
    }

    private async Task MakeAsync(
        HttpContext http, string action, string section, string name, string secret, byte[] json, Func<EdgeDocument, string?> judge)
    {
        var outcome = await world.State.WriteAsync(document =>
        {
            var (replay, changes) = Replay.Judge(http, document, $"{section}/{name}", world.State.NowUnixMs());
            if (replay is not null)
                return WriteDecision.Refuse(replay);
            if (document.Find(section, name) is not null)
                return WriteDecision.Refuse(RefusalKind.Conflict, "one of this name is there already");
            if (Answer.Stale(http.Request, null) is { } stale)
                return WriteDecision.Refuse(stale);
            if (judge(document) is { } fault)
                return WriteDecision.Refuse(RefusalKind.Invalid, fault);
            changes.Add(new(section, name, new EntryValue(json, EntryOwner.Api, document.NextPosition(section), default)));
            return WriteDecision.Change(world.Audit(http, action, $"{section}/{name}"), changes);
        });
        if (outcome.Refusal is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        if (outcome.Document.Find(section, name) is { } made)
            http.Response.Headers.ETag = Answer.ETag(made);
        http.Response.Headers.Location = $"/api/v1/{section}/{Uri.EscapeDataString(name)}";
        await Answer.JsonAsync(
            http,
            writer =>
            {
                writer.WriteString("name", name);
                writer.WriteString("secret", secret);
            },
            201);
    }

    private async Task ChangeAsync(
        HttpContext http, string section, string action, Func<EdgeDocument, EdgeEntry, (EntryValue? Value, WriteRefusal? Refusal)> make)
    {
        var name = Answer.Name(http);
        var outcome = await world.State.WriteAsync(document =>
        {
            if (document.Find(section, name) is not { } before)
                return WriteDecision.Refuse(RefusalKind.NotFound, "there is no such token");
            if (Answer.Stale(http.Request, before) is { } stale)
                return WriteDecision.Refuse(stale);
            var (value, refused) = make(document, before);
            if (refused is not null)
                return WriteDecision.Refuse(refused);
            var changes = new List<EntryChange> { new(section, name, value) };
            if (value is null && Given(section, before) is { } sha256)
                changes.Add(Denial.Begin(Denial.OfToken(sha256)));
            return WriteDecision.Change(world.Audit(http, action, $"{section}/{name}"), changes);
        });
        if (outcome.Refusal is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        if (outcome.Document.Find(section, name) is { } now)
            http.Response.Headers.ETag = Answer.ETag(now);
        await Answer.JsonAsync(http, writer => writer.WriteString("name", name));
    }

    /// <summary>The hash of a token that the start gives, and would give again: one that was revoked is not to come back by it.</summary>
    private static byte[]? Given(string section, EdgeEntry entry) =>
        section == Sections.Tokens
            ? entry.Name == ApiToken.GivenName ? ApiToken.Read(entry).Sha256 : null
            : entry.Name == JoinToken.GivenName ? JoinToken.Read(entry).Sha256 : null;

    private async Task ListAsync(HttpContext http, string section)
    {
        if (Answer.Page(http.Request) is not { } page)
        {
            await Problem.WriteAsync(http, 400, "limit is between 1 and 1000");
            return;
        }

        var found = world.State.Current.Section(section).Values.Where(e => string.CompareOrdinal(e.Name, page.After) > 0).Take(page.Limit + 1).ToList();
        await Answer.JsonAsync(http, writer =>
        {
            writer.WriteStartArray("items");
            foreach (var entry in found.Take(page.Limit))
            {
                writer.WriteStartObject();
                Write(writer, section, entry);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (found.Count > page.Limit)
                writer.WriteString("next", found[page.Limit - 1].Name);
        });
    }

    private async Task GetAsync(HttpContext http, string section)
    {
        if (world.State.Current.Find(section, Answer.Name(http)) is not { } entry)
        {
            await Problem.WriteAsync(http, 404, "there is no such token");
            return;
        }

        http.Response.Headers.ETag = Answer.ETag(entry);
        await Answer.JsonAsync(http, writer => Write(writer, section, entry));
    }

    private static void Write(Utf8JsonWriter writer, string section, EdgeEntry entry)
    {
        writer.WriteString("etag", Answer.ETag(entry));
        WriteFields(writer, section, entry);
    }

    /// <summary>What may be said of a token, as it is said.</summary>
    private static void WriteFields(Utf8JsonWriter writer, string section, EdgeEntry entry)
    {
        writer.WriteString("name", entry.Name);
        long expires;
        bool isDisabled;
        if (section == Sections.Tokens)
        {
            var token = ApiToken.Read(entry);
            writer.WriteString("role", ApiToken.RoleNames[(int)token.Role]);
            if (token.Team.Length > 0)
                writer.WriteString("team", token.Team);
            (expires, isDisabled) = (token.ExpiresUnixMs, token.IsDisabled);
        }
        else
        {
            var token = JoinToken.Read(entry);
            writer.WriteNumber("uses", token.UsesLeft);
            (expires, isDisabled) = (token.ExpiresUnixMs, token.IsDisabled);
        }

        writer.WriteBoolean("disabled", isDisabled);
        if (expires > 0)
            writer.WriteString("expires", ApiWorld.Time(expires));
    }
}
