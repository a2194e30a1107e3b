using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
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
    private static readonly IntegerField UsesField = new("uses", 1, 1, (int)JoinToken.UsesMax);
    private static readonly FieldTable TokenTable = new("a token", NameField, RoleField, TeamField, ExpiresField);
    private static readonly FieldTable ChangeTable = new("a change of a token", ExpiresField, DisabledField);
    private static readonly FieldTable JoinTable = new("a join token", NameField, UsesField, ExpiresField);

    /// <summary>How long a join token is good for where nothing else is said.</summary>
    private static readonly TimeSpan JoinTime = TimeSpan.FromHours(24);

    public IEnumerable<ApiRoute> Routes()
    {
        var admins = ApiRoute.Admins;
        yield return new("GET", "/tokens", "Lists tokens", admins, http => ListAsync(http, Sections.Tokens)) { Query = ["limit", "after"] };
        yield return new("POST", "/tokens", "Makes a token; it is in the answer, once", admins, PostTokenAsync) { HasBody = true, Status = 201 };
        yield return new("GET", "/tokens/{name}", "One token, without itself", admins, http => GetAsync(http, Sections.Tokens));
        yield return new("PATCH", "/tokens/{name}", "Disables or enables a token, or sets its end", admins, PatchAsync) { HasBody = true };
        yield return new("DELETE", "/tokens/{name}", "Revokes a token", admins, http => DeleteAsync(http, Sections.Tokens));
        yield return new("GET", "/joinTokens", "Lists join tokens", admins, http => ListAsync(http, Sections.JoinTokens)) { Query = ["limit", "after"] };
        yield return new("POST", "/joinTokens", "Makes a join token; it is in the answer, once", admins, PostJoinAsync) { HasBody = true, Status = 201 };
        yield return new("GET", "/joinTokens/{name}", "One join token, without itself", admins, http => GetAsync(http, Sections.JoinTokens));
        yield return new("DELETE", "/joinTokens/{name}", "Revokes a join token", admins, http => DeleteAsync(http, Sections.JoinTokens));
    }

    private async Task PostTokenAsync(HttpContext http)
    {
        if (await ReadAsync(http, TokenTable) is not { } read)
            return;
        var (reader, faults) = read;
        var name = reader.Get(NameField).Or("");
        var role = reader.Get(RoleField).Or("viewer");
        var team = reader.Get(TeamField).Or("");
        if (role == ApiToken.RoleNames[(int)ApiRole.Owner] != team.Length > 0)
            faults.Add(reader.Map, TeamField.Name, "owners have a team, and no other role has");
        var expires = Expires(reader, 0);
        var secret = NewSecret.Of("aiedge_token_");
        var token = new ApiToken(name, Convert.FromHexString(NewSecret.Sha256(secret)), (ApiRole)ApiToken.IndexOf(role), team, expires, false);
        await MakeAsync(http, Sections.Tokens, name, secret, token.ToJson(), faults, document =>
            team.Length > 0 && document.Find("teams", team) is null ? $"no team named {ConfigText.Quote(team)}" : null);
    }

    private async Task PostJoinAsync(HttpContext http)
    {
        if (await ReadAsync(http, JoinTable) is not { } read)
            return;
        var (reader, faults) = read;
        var name = reader.Get(NameField).Or("");
        var secret = NewSecret.Of("aiedge_join_");
        var expires = Expires(reader, world.State.NowUnixMs() + (long)JoinTime.TotalMilliseconds);
        var token = new JoinToken(name, Convert.FromHexString(NewSecret.Sha256(secret)), expires, reader.Get(UsesField).Or(1));
        await MakeAsync(http, Sections.JoinTokens, name, secret, token.ToJson(), faults, _ => null);
    }

    private async Task MakeAsync(
        HttpContext http, string section, string name, string secret, byte[] json, FaultList faults, Func<EdgeDocument, string?> judge)
    {
        if (faults.Count > 0)
        {
            await Problem.WriteAsync(http, 422, "the token has faults", faults.ToList());
            return;
        }

        var outcome = await world.State.WriteAsync(document =>
        {
            var (replay, changes) = Replay.Judge(http, document, $"{section}/{name}", world.State.NowUnixMs());
            if (replay is not null)
                return WriteDecision.Refuse(replay);
            if (document.Find(section, name) is not null)
                return WriteDecision.Refuse(RefusalKind.Conflict, "one of this name is there already");
            if (judge(document) is { } fault)
                return WriteDecision.Refuse(RefusalKind.Invalid, fault);
            changes.Add(new(section, name, new EntryValue(json, EntryOwner.Api, document.NextPosition(section), default)));
            return WriteDecision.Change(world.Audit(http, "post", $"{section}/{name}"), changes);
        });
        if (outcome.Refusal is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

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

    private async Task PatchAsync(HttpContext http)
    {
        if (await ReadAsync(http, ChangeTable) is not { } read)
            return;
        var (reader, faults) = read;
        var expires = reader.Get(ExpiresField);
        var disabled = reader.Get(DisabledField);
        if (faults.Count > 0)
        {
            await Problem.WriteAsync(http, 422, "the change has faults", faults.ToList());
            return;
        }

        await ChangeAsync(http, Sections.Tokens, "patch", before =>
        {
            var token = ApiToken.Read(before);
            var after = token with
            {
                IsDisabled = disabled.Or(token.IsDisabled),
                ExpiresUnixMs = expires.IsSet ? expires.Value.ToUnixTimeMilliseconds() : token.ExpiresUnixMs,
            };
            return before.Value with { Json = after.ToJson() };
        });
    }

    private Task DeleteAsync(HttpContext http, string section) => ChangeAsync(http, section, "delete", _ => null);

    private async Task ChangeAsync(HttpContext http, string section, string action, Func<EdgeEntry, EntryValue?> make)
    {
        var name = Answer.Name(http);
        var outcome = await world.State.WriteAsync(document =>
        {
            if (document.Find(section, name) is not { } before)
                return WriteDecision.Refuse(RefusalKind.NotFound, "there is no such token");
            return Answer.Stale(http.Request, before) is { } stale
                ? WriteDecision.Refuse(stale)
                : WriteDecision.Change(world.Audit(http, action, $"{section}/{name}"), new EntryChange(section, name, make(before)));
        });
        if (outcome.Refusal is { } refusal)
            await Problem.WriteAsync(http, refusal);
        else
            await Answer.JsonAsync(http, writer => writer.WriteString("name", name));
    }

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

    private static void Write(System.Text.Json.Utf8JsonWriter writer, string section, EdgeEntry entry)
    {
        writer.WriteString("name", entry.Name);
        writer.WriteString("etag", Answer.ETag(entry));
        long expires;
        if (section == Sections.Tokens)
        {
            var token = ApiToken.Read(entry);
            writer.WriteString("role", ApiToken.RoleNames[(int)token.Role]);
            if (token.Team.Length > 0)
                writer.WriteString("team", token.Team);
            writer.WriteBoolean("disabled", token.IsDisabled);
            expires = token.ExpiresUnixMs;
        }
        else
        {
            var token = JoinToken.Read(entry);
            writer.WriteNumber("usesLeft", token.UsesLeft);
            expires = token.ExpiresUnixMs;
        }

        if (expires > 0)
            writer.WriteString("expires", ApiWorld.Time(expires));
    }

    private static async ValueTask<(FieldReader Reader, FaultList Faults)?> ReadAsync(HttpContext http, FieldTable table)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return null;
        var faults = new FaultList();
        if (FieldReader.Open(node, table, faults) is { } reader)
            return (reader, faults);
        await Problem.WriteAsync(http, 422, "the body has faults", faults.ToList());
        return null;
    }

    private static long Expires(FieldReader reader, long other) =>
        reader.Get(ExpiresField) is { IsSet: true } expires ? expires.Value.ToUnixTimeMilliseconds() : other;
}
