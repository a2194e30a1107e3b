using System.Globalization;
using System.Text.Json;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Quota;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>What limits have granted, and what an administrator may do about it. The audit has it before it is done.</summary>
internal sealed class QuotaRoutes(ApiWorld world, QuotaService quota)
{
    /// <summary>One at a time: the same request twice at once is done once.</summary>
    private readonly SemaphoreSlim _doing = new(1, 1);

    public IEnumerable<ApiRoute> Routes()
    {
        yield return new("GET", "/limits/{name}/state", "What a limit has granted, used and held", ApiRoute.ReadersAndOwners, StateAsync)
        {
            AnswerSchema = "LimitState",
        };
        yield return new(
            "POST", "/limits/{name}/reset", "Forgets what was used of a limit; what is in planes' hands stays out", ApiRoute.Admins, ResetAsync)
        {
            AnswerSchema = "LimitState",
        };
        yield return new(
            "POST", "/dataplanes/{id}/write-off", "Gives back what is held for starts of a plane that are over", ApiRoute.Admins, WriteOffAsync)
        {
            AnswerSchema = "Released",
        };
        yield return new("POST", "/explain", "What would become of a request, and why", ApiRoute.ReadersAndOwners, ExplainAsync)
        {
            HasBody = true,
            BodySchema = "Question",
            AnswerSchema = "Explanation",
        };
    }

    private async Task StateAsync(HttpContext http)
    {
        var name = Answer.Name(http);
        if (world.State.Current.Find("limits", name) is { } limit && EntryRights.MaySee(Caller.Of(http), "limits", limit))
            await AnswerAsync(http, name);
        else
            await NoLimitAsync(http);
    }

    private Task ResetAsync(HttpContext http)
    {
        var name = Answer.Name(http);
        return DoAsync(
            http, "reset", $"limits/{name}",
            document => document.Find("limits", name) is { } limit
                ? Answer.Stale(http.Request, limit) : new(RefusalKind.NotFound, "there is no such limit"),
            async () =>
            {
                await quota.ResetAsync(name);
                return () => AnswerAsync(http, name);
            });
    }

    private Task WriteOffAsync(HttpContext http)
    {
        var id = Answer.Name(http, "id");
        return DoAsync(
            http, "write-off", $"dataplanes/{id}",
            document => document.Find(Sections.DataPlanes, id) is null && world.Planes.Find(id) is null
                ? new(RefusalKind.NotFound, "there is no such data plane") : null,
            async () =>
            {
                var released = await quota.WriteOffAsync(id);
                return () => Answer.JsonAsync(http, writer => Write(writer, id, released));
            });
    }

    /// <summary>
    /// Does what leaves the document as it is. The audit has it before it is done, and its <c>Idempotency-Key</c> is kept once it is: what failed
    /// is done by the next try.
    /// </summary>
    private async Task DoAsync(
        HttpContext http, string action, string target, Func<EdgeDocument, WriteRefusal?> judge, Func<Task<Func<Task>>> act)
    {
        await _doing.WaitAsync(http.RequestAborted);
        Func<Task> answer;
        try
        {
            List<EntryChange> replays = [];
            var outcome = await world.State.WriteAsync(document =>
            {
                (var replay, replays) = Replay.Judge(http, document, target, world.State.NowUnixMs());
                return (replay ?? judge(document)) is { } refused ? WriteDecision.Refuse(refused) : WriteDecision.Note(world.Audit(http, action, target));
            });
            if (outcome.Refusal is { } refusal)
            {
                await Problem.WriteAsync(http, refusal);
                return;
            }

            answer = await act();
            if (replays.Count > 0
                && (await world.State.WriteAsync(_ => WriteDecision.Change(world.Audit(http, "done", target), replays))).Refusal is { } unkept)
            {
                await Problem.WriteAsync(
                    http, StatusCodes.Status503ServiceUnavailable, "it is done, and its Idempotency-Key could not be kept: " + unkept.Detail);
                return;
            }
        }
        catch (IOException)
        {
            await Problem.WriteAsync(http, StatusCodes.Status503ServiceUnavailable, "the store could not take what this has to remember");
            return;
        }
        finally
        {
            _doing.Release();
        }

        await answer();
    }

    private static void Write(Utf8JsonWriter writer, string id, List<(BucketId Bucket, long Amount)> released)
    {
        writer.WriteString("id", id);
        writer.WriteStartArray("released");
        foreach (var (bucket, amount) in released)
        {
            writer.WriteStartObject();
            writer.WriteString("limit", bucket.Limit);
            writer.WriteString("unit", QuotaText.Unit(bucket.Unit));
            writer.WriteString("value", bucket.Value);
            writer.WriteString("amount", amount.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private async Task ExplainAsync(HttpContext http)
    {
        if (await Body.JsonAsync(http) is not { } node)
            return;
        var faults = new Contracts.Faults.FaultList();
        if (ExplainAsk.Read(node, faults) is not { } ask || faults.Count > 0)
        {
            await Problem.WriteAsync(http, 422, "the question has faults", faults.ToList());
            return;
        }

        var (document, caller) = (world.State.Current, Caller.Of(http));
        if (document.Find("keys", ask.Key) is not { } key || !EntryRights.MaySee(caller, "keys", key))
        {
            await Problem.WriteAsync(http, StatusCodes.Status404NotFound, "there is no such key");
            return;
        }

        var answer = new Explanation(document, world.State.NowUnixMs(), ask, key);
        await Answer.JsonAsync(http, writer => answer.Write(writer, quota.View, name =>
            document.Find("limits", name) is { } limit && EntryRights.MaySee(caller, "limits", limit)));
    }

    private async Task AnswerAsync(HttpContext http, string limit)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text))
            QuotaText.Write(writer, limit, quota.View(limit));
        await Answer.BytesAsync(http, text.ToArray(), "application/json");
    }

    private static Task NoLimitAsync(HttpContext http) => Problem.WriteAsync(http, StatusCodes.Status404NotFound, "there is no such limit");
}
