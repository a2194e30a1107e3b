using System.Text.Json;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Publish;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>Data planes and the audit.</summary>
internal sealed class PlaneRoutes(ApiWorld world)
{
    public IEnumerable<ApiRoute> Routes()
    {
        yield return new("GET", "/dataplanes", "Data planes: what each serves, and since when", ApiRoute.Readers, ListAsync) { AnswerSchema = "DataPlanes" };
        yield return new("GET", "/dataplanes/{id}", "One data plane, with the faults of what it rejected", ApiRoute.Readers, GetAsync)
        {
            AnswerSchema = "DataPlane",
            Headers = ["ETag"],
        };
        yield return new("DELETE", "/dataplanes/{id}", "Revokes a data plane's credential; its streams end", ApiRoute.Admins, DeleteAsync)
        {
            AnswerSchema = "Named",
        };
        yield return new("GET", "/audit", "Changes, newest first", ApiRoute.Readers, AuditAsync)
        {
            Query = ["limit", "before", "actor", "target"],
            AnswerSchema = "Audit",
        };
    }

    private Task ListAsync(HttpContext http) => Answer.JsonAsync(http, writer =>
    {
        writer.WriteStartArray("items");
        foreach (var entry in world.State.Current.Section(Sections.DataPlanes).Values)
        {
            writer.WriteStartObject();
            Write(writer, entry);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private async Task GetAsync(HttpContext http)
    {
        if (world.State.Current.Find(Sections.DataPlanes, Answer.Name(http, "id")) is not { } entry)
        {
            await Problem.WriteAsync(http, 404, "there is no such data plane");
            return;
        }

        http.Response.Headers.ETag = Answer.ETag(entry);
        await Answer.JsonAsync(http, writer => Write(writer, entry));
    }

    private async Task DeleteAsync(HttpContext http)
    {
        var id = Answer.Name(http, "id");
        var outcome = await world.State.WriteAsync(document => document.Find(Sections.DataPlanes, id) is not { } before
            ? WriteDecision.Refuse(RefusalKind.NotFound, "there is no such data plane")
            : Answer.Stale(http.Request, before) is { } stale ? WriteDecision.Refuse(stale)
            : WriteDecision.Change(world.Audit(http, "delete", $"dataplanes/{id}"), new EntryChange(Sections.DataPlanes, id, null)));
        if (outcome.Refusal is { } refusal)
            await Problem.WriteAsync(http, refusal);
        else
            await Answer.JsonAsync(http, writer => writer.WriteString("name", id));
    }

    private async Task AuditAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var before = ulong.MaxValue;
        if (Answer.Page(http.Request) is not { } page || ((string?)query["before"] is { } text && !ulong.TryParse(text, out before)))
        {
            await Problem.WriteAsync(http, 400, "limit is between 1 and 1000, and before a version");
            return;
        }

        var (actor, target) = ((string?)query["actor"], (string?)query["target"]);
        var lines = world.State.Audit().Where(l => l.Version < before && (actor is null || l.Record.Actor == actor)
            && (target is null || l.Record.Target.StartsWith(target, StringComparison.Ordinal))).Take(page.Limit);
        await Answer.JsonAsync(http, writer =>
        {
            writer.WriteStartArray("items");
            foreach (var line in lines)
            {
                writer.WriteStartObject();
                writer.WriteNumber("version", line.Version);
                writer.WriteString("at", ApiWorld.Time(line.Record.AtUnixMs));
                writer.WriteString("actor", line.Record.Actor);
                writer.WriteString("from", line.Record.From);
                writer.WriteString("action", line.Record.Action);
                writer.WriteString("target", line.Record.Target);
                if (line.Generation > 0)
                    writer.WriteNumber("generation", line.Generation);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }

    private void Write(Utf8JsonWriter writer, EdgeEntry entry)
    {
        writer.WriteString("id", entry.Name);
        if (PlaneCredential.Read(entry) is { } credential)
        {
            writer.WriteString("joined", ApiWorld.Time(credential.JoinedUnixMs));
            writer.WriteString("joinToken", credential.JoinToken);
            if (credential.Host.Length > 0)
                writer.WriteString("host", credential.Host);
        }

        var live = world.Planes.Find(entry.Name);
        writer.WriteBoolean("connected", live is { IsConnected: true });
        if (live is null)
            return;
        writer.WriteString("version", live.Start.Version);
        writer.WriteStartArray("features");
        foreach (var feature in live.Start.Features)
            writer.WriteStringValue(feature);
        writer.WriteEndArray();
        writer.WriteString("lastSeen", ApiWorld.Time(live.SeenUnixMs));
        writer.WriteNumber("generation", live.Applied);
        writer.WriteNumber("lag", world.State.Current.Generation - Math.Min(live.Applied, world.State.Current.Generation));
        if (world.JournalAgeMs(entry.Name) is { } ageMs)
            writer.WriteNumber("journalAgeMs", ageMs);
        if (live.Rejected > 0)
            Write(writer, live);
    }

    private static void Write(Utf8JsonWriter writer, LivePlane live)
    {
        writer.WriteNumber("rejected", live.Rejected);
        writer.WriteNumber("faultCount", live.FaultCount);
        writer.WriteStartArray("faults");
        foreach (var fault in live.Faults)
        {
            writer.WriteStartObject();
            writer.WriteString("path", fault.Path);
            writer.WriteString("message", fault.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
