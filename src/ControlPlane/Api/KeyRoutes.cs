using System.Globalization;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Fields;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>What keys have beyond other entries: secrets that are made here, changed with an overlap, and taken away one by one.</summary>
internal sealed class KeyRoutes(ApiWorld world)
{
    private const string Word = "sk-aiedge-";
    private const string Previous = "previous";

    /// <summary>The longest time that two secrets of a key are good beside each other.</summary>
    private static readonly TimeSpan OverlapMax = TimeSpan.FromDays(90);

    private static readonly string[] Writing = ["dryRun", "wait", "timeout"];

    public IEnumerable<ApiRoute> Routes()
    {
        yield return new("POST", "/keys", "Makes a key; its secret is in the answer, once", ApiRoute.WritersAndOwners, PostAsync)
        {
            HasBody = true,
            BodySchema = EntrySchemas.NewKey,
            Status = 201,
            OtherStatus = 200,
            Query = Writing,
            AnswerSchema = "KeyWritten",
            Headers = ["ETag", "Location"],
        };
        yield return new("POST", "/keys/{name}/rotate", "Gives a key another secret, which is in the answer, once", ApiRoute.WritersAndOwners, RotateAsync)
        {
            Query = ["overlap", .. Writing],
            AnswerSchema = "KeyWritten",
            Headers = ["ETag", "Location"],
        };
        yield return new("GET", "/keys/{name}/secrets", "How a key's secrets begin, and when they end", ApiRoute.ReadersAndOwners, SecretsAsync)
        {
            AnswerSchema = "KeySecrets",
            Headers = ["ETag"],
        };
        yield return new(
            "DELETE", "/keys/{name}/secrets/{which}", "Revokes one of two secrets, current or previous; what is under way by it ends",
            ApiRoute.WritersAndOwners, RevokeAsync)
        {
            Query = Writing,
            AnswerSchema = "KeyWritten",
            Headers = ["ETag", "Location"],
        };
    }

    private async Task PostAsync(HttpContext http)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return;
        if (JsonNode.Parse(JsonBytes.Of(node)) is not JsonObject key || Text(key["name"]) is not { } name)
        {
            await Problem.WriteAsync(http, 422, "the entry has faults", [new("keys.name", 0, 0, "is required")]);
            return;
        }

        var secret = key["sha256"] is null ? NewSecret.Of(Word) : null;
        if (secret is not null)
            key["sha256"] = NewSecret.Sha256(secret);
        var caller = Caller.Of(http);
        await WriteAsync(http, name, secret, 201, document =>
        {
            var (replay, changes) = Replay.Judge(http, document, $"keys/{name}", world.State.NowUnixMs());
            if (replay is not null)
                return WriteDecision.Refuse(replay);
            if (EntryRights.Judge(caller, document, "keys", name, null, key) is { } refusal)
                return WriteDecision.Refuse(refusal);
            if (document.Find("keys", name) is not null)
                return WriteDecision.Refuse(RefusalKind.Conflict, "a key of this name is there already");
            var note = EntrySwitch.Note(KeyNote.Read(default).For([], Made(secret)).ToJson(), null, key, caller.Team is not null);
            if (Denial.Is(document, Denial.OfEntry("keys", name)))
                changes.Add(Denial.End(Denial.OfEntry("keys", name)));
            changes.Add(new("keys", name, new EntryValue(JsonBytes.Of(key), EntryOwner.Api, document.NextPosition("keys"), note)));
            return WriteDecision.Change(world.Audit(http, "post", $"keys/{name}"), changes);
        });
    }

    private async Task RotateAsync(HttpContext http)
    {
        var overlap = TimeSpan.Zero;
        if ((string?)http.Request.Query["overlap"] is { } text && text != "0"
            && (!DurationText.TryParse(text, out overlap) || overlap < TimeSpan.Zero || overlap > OverlapMax))
        {
            await Problem.WriteAsync(http, 400, $"overlap is a duration up to {OverlapMax.TotalDays:0} days, such as 1h");
            return;
        }

        var secret = NewSecret.Of(Word);
        await ChangeAsync(http, "rotate", $"keys/{Answer.Name(http)}", secret, (key, before, _) =>
        {
            var (old, hash) = (key["sha256"]?.DeepClone(), NewSecret.Sha256(secret));
            key["sha256"] = hash;
            if (overlap > TimeSpan.Zero)
                key[Previous] = new JsonObject { ["sha256"] = old, ["until"] = Until(overlap) };
            else
                key.Remove(Previous);
            return (KeyNote.Read(before.Value.Note).For([Text(old)], Made(secret)), null);
        });
    }

    private async Task RevokeAsync(HttpContext http)
    {
        var which = Answer.Name(http, "which");
        if (which is not ("current" or Previous))
        {
            await Problem.WriteAsync(http, 404, "a key has the secrets current and previous");
            return;
        }

        await ChangeAsync(http, "revoke", $"keys/{Answer.Name(http)}/secrets/{which}", null, (key, before, generation) =>
        {
            if (key[Previous] is not JsonObject previous)
                return (null, which == Previous ? new WriteRefusal(RefusalKind.NotFound, "there is no previous secret")
                    : new WriteRefusal(RefusalKind.Conflict, "it is the key's only secret: disable or remove the key"));

            // Without the new secret the old one is the key's own again, and has no end but the key's.
            if (which == "current")
                key["sha256"] = previous["sha256"]?.DeepClone();
            key.Remove(Previous);
            return (KeyNote.Read(before.Value.Note).For([Text(key["sha256"])]) with { RevokedIn = generation }, null);
        });
    }

    /// <summary>Changes the secrets of a key that is there.</summary>
    private Task ChangeAsync(
        HttpContext http, string action, string target, string? secret,
        Func<JsonObject, EdgeEntry, ulong, (KeyNote? Note, WriteRefusal? Refusal)> change)
    {
        var (name, caller) = (Answer.Name(http), Caller.Of(http));
        return WriteAsync(http, name, secret, 200, document =>
        {
            if (document.Find("keys", name) is not { } before || !EntryRights.MaySee(caller, "keys", before))
                return WriteDecision.Refuse(RefusalKind.NotFound, "there is no such key");
            if (before.Value.Owner == EntryOwner.Git)
                return WriteDecision.Refuse(RefusalKind.Conflict, "the key is owned by git: change it there");
            if (Answer.Stale(http.Request, before) is { } stale)
                return WriteDecision.Refuse(stale);
            var key = JsonNode.Parse(before.Value.Json.Span)!.AsObject();
            var (note, refusal) = change(key, before, document.Generation + 1);
            if ((refusal ?? EntryRights.Judge(caller, document, "keys", name, before, key)) is { } refused)
                return WriteDecision.Refuse(refused);
            var (replay, changes) = Replay.Judge(http, document, target, world.State.NowUnixMs());
            if (replay is not null)
                return WriteDecision.Refuse(replay);
            changes.Add(new("keys", name, before.Value with { Json = JsonBytes.Of(key), Note = note!.ToJson() }));
            return WriteDecision.Change(world.Audit(http, action, target), changes);
        });
    }

    private async Task SecretsAsync(HttpContext http)
    {
        if (world.State.Current.Find("keys", Answer.Name(http)) is not { } entry || !EntryRights.MaySee(Caller.Of(http), "keys", entry))
        {
            await Problem.WriteAsync(http, 404, "there is no such key");
            return;
        }

        var (key, note) = (JsonNode.Parse(entry.Value.Json.Span), KeyNote.Read(entry.Value.Note));
        http.Response.Headers.ETag = Answer.ETag(entry);
        await Answer.JsonAsync(http, writer =>
        {
            writer.WriteStartArray("items");
            Write("current", key?["sha256"], key?["expires"]);
            if (key?[Previous] is { } previous)
                Write(Previous, previous["sha256"], previous["until"]);
            writer.WriteEndArray();

            void Write(string which, JsonNode? hash, JsonNode? until)
            {
                writer.WriteStartObject();
                writer.WriteString("which", which);
                if (note.PrefixOf(Text(hash)) is { } prefix)
                    writer.WriteString("prefix", prefix);
                if (Text(until) is { } end)
                    writer.WriteString("until", end);
                writer.WriteEndObject();
            }
        });
    }

    private async Task WriteAsync(HttpContext http, string name, string? secret, int status, Func<EdgeDocument, WriteDecision> decide)
    {
        if (ApiWorld.Wait(http.Request) is not { } wait)
        {
            await Problem.WriteAsync(http, 400, "wait is all, and timeout a duration up to 60s");
            return;
        }

        var isDryRun = Difference.IsDryRun(http);
        var (seen, changes) = (world.State.Current, (IReadOnlyList<EntryChange>)[]);
        var outcome = await world.State.WriteAsync(document =>
        {
            var decision = decide(document).Dry(isDryRun);
            (seen, changes) = (document, decision.Changes);
            return decision;
        });
        if (outcome.Refusal is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        var planes = await world.PlanesAsync(http, outcome.Document.Generation, wait);
        if (outcome.Document.Find("keys", name) is { } entry)
            http.Response.Headers.ETag = Answer.ETag(entry);
        if (!isDryRun)
            http.Response.Headers.Location = "/api/v1/keys/" + Uri.EscapeDataString(name);
        await Answer.JsonAsync(
            http,
            writer =>
            {
                writer.WriteString("name", name);
                if (!isDryRun && Made(secret) is var (_, prefix))
                {
                    writer.WriteString("secret", secret);
                    writer.WriteString("prefix", prefix);
                }

                writer.WriteNumber("generation", outcome.Document.Generation);
                if (isDryRun)
                {
                    writer.WriteBoolean("dryRun", true);
                    Difference.Write(writer, changes, seen, secret is null ? null : "sha256");
                }

                ApiWorld.Write(writer, "warnings", outcome.Warnings);
                planes(writer);
            },
            isDryRun ? 200 : status);
    }

    private string Until(TimeSpan overlap) =>
        DateTimeOffset.FromUnixTimeMilliseconds(world.State.NowUnixMs()).Add(overlap).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static (string Sha256, string Prefix)? Made(string? secret) =>
        secret is null ? null : (NewSecret.Sha256(secret), secret[..(Word.Length + 4)]);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
