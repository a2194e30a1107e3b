using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>What keys have beyond other entries: secrets that are made here, and changed.</summary>
internal sealed class KeyRoutes(ApiWorld world)
{
    private const string Word = "sk-aiedge-";

    public IEnumerable<ApiRoute> Routes()
    {
        yield return new("POST", "/keys", "Makes a key; its secret is in the answer, once", ApiRoute.WritersAndOwners, PostAsync)
        {
            HasBody = true,
            Status = 201,
        };
        yield return new("POST", "/keys/{name}/rotate", "Gives a key another secret, which is in the answer, once", ApiRoute.WritersAndOwners, RotateAsync)
        {
            Query = ["overlap"],
        };
    }

    private async Task PostAsync(HttpContext http)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return;
        if (JsonNode.Parse(JsonBytes.Of(node)) is not JsonObject key || key["name"] is not JsonValue named || !named.TryGetValue<string>(out var name))
        {
            await Problem.WriteAsync(http, 422, "the entry has faults", [new("keys.name", 0, 0, "is required")]);
            return;
        }

        var secret = key["sha256"] is null ? NewSecret.Of(Word) : null;
        if (secret is not null)
            key["sha256"] = NewSecret.Sha256(secret);
        var caller = Caller.Of(http);
        var outcome = await world.State.WriteAsync(document =>
        {
            var (replay, changes) = Replay.Judge(http, document, $"keys/{name}", world.State.NowUnixMs());
            if (replay is not null)
                return WriteDecision.Refuse(replay);
            if (document.Find("keys", name) is not null)
                return WriteDecision.Refuse(RefusalKind.Conflict, "a key of this name is there already");
            if (EntryRights.Judge(caller, document, "keys", name, null, key) is { } refusal)
                return WriteDecision.Refuse(refusal);
            var json = JsonBytes.Of(key);
            changes.Add(new("keys", name, new EntryValue(json, EntryOwner.Api, document.NextPosition("keys"), Note(caller.Team, secret))));
            return WriteDecision.Change(world.Audit(http, "post", $"keys/{name}"), changes);
        });
        await AnswerAsync(http, outcome, name, secret, 201);
    }

    private async Task RotateAsync(HttpContext http)
    {
        var name = Answer.Name(http);
        if ((string?)http.Request.Query["overlap"] is { } overlap && overlap is not ("0" or "0s"))
        {
            await Problem.WriteAsync(http, 501, "an overlap is not supported yet: the old secret ends at once");
            return;
        }

        var caller = Caller.Of(http);
        var secret = NewSecret.Of(Word);
        var outcome = await world.State.WriteAsync(document =>
        {
            if (document.Find("keys", name) is not { } before || !EntryRights.MaySee(caller, "keys", before))
                return WriteDecision.Refuse(RefusalKind.NotFound, "there is no such key");
            if (before.Value.Owner == EntryOwner.Git)
                return WriteDecision.Refuse(RefusalKind.Conflict, "the key is owned by git: change it there");
            if (Answer.Stale(http.Request, before) is { } stale)
                return WriteDecision.Refuse(stale);
            var key = JsonNode.Parse(before.Value.Json.Span)!.AsObject();
            key["sha256"] = NewSecret.Sha256(secret);
            if (EntryRights.Judge(caller, document, "keys", name, before, key) is { } refusal)
                return WriteDecision.Refuse(refusal);
            return WriteDecision.Change(
                world.Audit(http, "rotate", $"keys/{name}"),
                new EntryChange("keys", name, before.Value with { Json = JsonBytes.Of(key), Note = Note(caller.Team, secret) }));
        });
        await AnswerAsync(http, outcome, name, secret, 200);
    }

    private static async Task AnswerAsync(HttpContext http, WriteOutcome outcome, string name, string? secret, int status)
    {
        if (outcome.Refusal is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        if (outcome.Document.Find("keys", name) is { } entry)
            http.Response.Headers.ETag = Answer.ETag(entry);
        http.Response.Headers.Location = "/api/v1/keys/" + Uri.EscapeDataString(name);
        await Answer.JsonAsync(
            http,
            writer =>
            {
                writer.WriteString("name", name);
                if (secret is not null)
                {
                    writer.WriteString("secret", secret);
                    writer.WriteString("prefix", secret[..(Word.Length + 4)]);
                }

                writer.WriteNumber("generation", outcome.Document.Generation);
                ApiWorld.Write(writer, "warnings", outcome.Warnings);
            },
            status);
    }

    private static byte[] Note(string? team, string? secret) => JsonBytes.Of(writer =>
    {
        if (team is not null)
            writer.WriteString("team", team);
        if (secret is not null)
            writer.WriteString("prefix", secret[..(Word.Length + 4)]);
    });
}
