using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>The document as a whole: read, replaced, its generations, and the way back to one.</summary>
internal sealed class ConfigRoutes(ApiWorld world)
{
    private const string Yaml = "application/yaml";
    private const string GenerationHeader = "x-aiedge-config";

    public IEnumerable<ApiRoute> Routes()
    {
        yield return new("GET", "/config", "The whole document, in JSON, or YAML by Accept", ApiRoute.Readers, GetAsync)
        {
            AnswerSchema = EntrySchemas.Config,
            OtherAnswerType = Yaml,
            Headers = ["ETag", GenerationHeader],
        };
        yield return new("PUT", "/config", "Replaces all entries of an owner at once", ApiRoute.Admins, PutAsync)
        {
            HasBody = true,
            BodySchema = EntrySchemas.Config,
            OtherBodyType = Yaml,
            Query = ["owner", "dryRun", "wait", "timeout"],
            AnswerSchema = "ConfigWritten",
            Headers = ["ETag"],
        };
        yield return new("GET", "/config/generations", "The generations that are still known, newest first", ApiRoute.Readers, GenerationsAsync)
        {
            AnswerSchema = "Generations",
        };
        yield return new("GET", "/config/generations/{generation}", "What a generation changed", ApiRoute.Readers, GenerationAsync)
        {
            AnswerSchema = "GenerationChanges",
        };
        yield return new(
            "POST", "/config/generations/{generation}/rollback", "Makes the document what it was; revoked keys stay revoked", ApiRoute.Admins, RollbackAsync)
        {
            Query = ["dryRun", "wait", "timeout"],
            AnswerSchema = "ConfigWritten",
            Headers = ["ETag"],
        };
    }

    private async Task GetAsync(HttpContext http)
    {
        var document = world.State.Current;
        var root = DocumentTree.Of(document);
        http.Response.Headers[GenerationHeader] = document.Generation.ToString(CultureInfo.InvariantCulture);
        var isYaml = http.Request.Headers.Accept.ToString().Contains("yaml", StringComparison.OrdinalIgnoreCase);
        http.Response.Headers.ETag = Tags(document)[isYaml ? 1 : 0];
        http.Response.Headers.Vary = "Accept";
        if (isYaml)
        {
            await Answer.BytesAsync(http, Encoding.UTF8.GetBytes(TreeYaml.Write(root)), Yaml);
            return;
        }

        await Answer.BytesAsync(http, JsonBytes.Of(root), "application/json");
    }

    private async Task PutAsync(HttpContext http)
    {
        var owner = (string?)http.Request.Query["owner"] ?? "api";
        if (owner is not ("api" or "git"))
        {
            await Problem.WriteAsync(http, 400, "owner is git or api");
            return;
        }

        if (await Body.DocumentAsync(http) is not { } root)
            return;
        var faults = new FaultList();
        var entries = DocumentTree.Entries(root, faults);
        if (faults.Count > 0)
        {
            await Problem.WriteAsync(http, 422, "the document has faults", faults.ToList());
            return;
        }

        await WriteAsync(http, document => DocumentReplacement.Decide(
            world, document, entries, owner == "git" ? EntryOwner.Git : EntryOwner.Api, world.Audit(http, "put", $"config?owner={owner}")));
    }

    private async Task RollbackAsync(HttpContext http)
    {
        if (Generation(http) is not { } generation || world.State.At(generation) is not { } then)
        {
            await Problem.WriteAsync(http, 404, "the generation is not known");
            return;
        }

        var target = $"config/generations/{generation}";
        await WriteAsync(http, document =>
        {
            var (replay, changes) = Replay.Judge(http, document, target, world.State.NowUnixMs());
            return replay is not null ? WriteDecision.Refuse(replay)
                : DocumentReplacement.Back(document, then, world.Audit(http, "rollback", target)).With(changes);
        });
    }

    /// <summary>
    /// What stands for the document as it is, in JSON and in YAML: it changes with each generation, and is told apart by when that was made, since the same
    /// numbers come again after a backup was restored.
    /// </summary>
    private string[] Tags(EdgeDocument document)
    {
        var made = world.State.Generations().FirstOrDefault(r => r.Generation == document.Generation)?.Line.Record.AtUnixMs ?? 0;
        var tag = string.Create(CultureInfo.InvariantCulture, $"g{document.Generation}-{made:x}");
        return [$"\"{tag}\"", $"\"{tag}-yaml\""];
    }

    private async Task WriteAsync(HttpContext http, Func<EdgeDocument, WriteDecision> decide)
    {
        if (ApiWorld.Wait(http.Request) is not { } wait)
        {
            await Problem.WriteAsync(http, 400, "wait is all, and timeout a duration up to 60s");
            return;
        }

        var isDryRun = Difference.IsDryRun(http);
        IReadOnlyList<EntryChange> changes = [];
        var before = world.State.Current;
        var outcome = await world.State.WriteAsync(document =>
        {
            before = document;
            if (Answer.StaleOf(http.Request, Tags(document)) is { } stale)
                return WriteDecision.Refuse(stale);
            var decision = decide(document).Dry(isDryRun);
            changes = decision.Changes;
            return decision;
        });
        if (outcome.Refusal is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        var planes = await world.PlanesAsync(http, outcome.Document.Generation, wait);
        http.Response.Headers.ETag = Tags(outcome.Document)[0];
        await Answer.JsonAsync(http, writer =>
        {
            writer.WriteNumber("generation", outcome.Document.Generation);
            if (isDryRun)
                writer.WriteBoolean("dryRun", true);
            Difference.Write(writer, changes, before);
            ApiWorld.Write(writer, "warnings", outcome.Warnings);
            planes(writer);
        });
    }

    private Task GenerationsAsync(HttpContext http) => Answer.JsonAsync(http, writer =>
    {
        writer.WriteStartArray("items");
        foreach (var record in world.State.Generations())
        {
            writer.WriteStartObject();
            Describe(writer, record);
            writer.WriteNumber("changes", record.Changes.Count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private async Task GenerationAsync(HttpContext http)
    {
        if (Generation(http) is not { } generation || world.State.Generations().FirstOrDefault(r => r.Generation == generation) is not { } record)
        {
            await Problem.WriteAsync(http, 404, "the generation is not known");
            return;
        }

        await Answer.JsonAsync(http, writer =>
        {
            Describe(writer, record);
            writer.WriteStartArray("changes");
            for (var i = 0; i < record.Changes.Count; i++)
                Difference.Write(writer, record.Changes[i], record.Undo[i].Value);
            writer.WriteEndArray();
        });
    }

    private static void Describe(Utf8JsonWriter writer, GenerationRecord record)
    {
        writer.WriteNumber("generation", record.Generation);
        writer.WriteString("at", ApiWorld.Time(record.Line.Record.AtUnixMs));
        writer.WriteString("actor", record.Line.Record.Actor);
        writer.WriteString("action", record.Line.Record.Action);
        writer.WriteString("target", record.Line.Record.Target);
    }

    private static ulong? Generation(HttpContext http) =>
        ulong.TryParse((string?)http.Request.RouteValues["generation"], NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? generation : null;
}
