using System.Text.Json;

namespace AiEdge.AotSmoke.Tests;

/// <summary>What clients saw, held against what the journal says.</summary>
public sealed class CrashLedger(TimeSpan lossMax, TimeSpan progressMax)
{
    /// <summary>What a token costs by the configuration of <see cref="NativePlane"/>.</summary>
    private const long InputNanodollars = 1_250;
    private const long OutputNanodollars = 10_000;

    private readonly List<CrashSeen> _seen = [];
    private int _finished;
    private int _open;
    private int _lost;
    private TimeSpan _oldestLost;

    public void Note(List<CrashSeen> seen) => _seen.AddRange(seen);

    public void Check(string dump)
    {
        var records = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var line in dump.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var record = JsonElement.Parse(line);
            if (record.GetProperty("kind").GetString() == "exchange")
                Assert.True(records.TryAdd(record.GetProperty("requestId").GetString()!, record), "twice: " + line);
        }

        Assert.True(_seen.Count > 0);
        foreach (var one in _seen)
        {
            if (one.FinishedBeforeKill is { } finished && finished >= lossMax)
                CheckFinished(one, records.GetValueOrDefault(one.Id));
            else if (one.FinishedBeforeKill is { } age)
                CheckYoung(age, records.GetValueOrDefault(one.Id));
            else if (one.FinishedBeforeKill is null && one.IsStream)
                CheckOpen(one, records);
        }

        _seen.Clear();
    }

    /// <summary>
    /// Limits have used what the records bill, to the token and the nanodollar, and each bill is its tokens' price, also of streams that a crash
    /// ended: a restart forgets nothing and counts nothing twice.
    /// </summary>
    public static void CheckLimits(string dump, string limits)
    {
        long tokens = 0, requests = 0, spent = 0;
        foreach (var line in dump.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var record = JsonElement.Parse(line);
            if (record.GetProperty("kind").GetString() != "exchange" || record.GetProperty("attempts").GetInt32() == 0)
                continue;
            requests++;
            tokens += Number(record, "inputTokens") + Number(record, "outputTokens");
            var cost = Money(record, "costNanodollars");
            Assert.True(cost == Number(record, "inputTokens") * InputNanodollars + Number(record, "outputTokens") * OutputNanodollars, line);
            spent += cost;
        }

        Assert.True(tokens > 0);
        Assert.Equal(tokens, Used(limits, "tokens"));
        Assert.Equal(requests, Used(limits, "asked"));
        Assert.Equal(spent, Used(limits, "spent"));
    }

    /// <summary>A run in which nothing was put to the test proves nothing.</summary>
    public void CheckWorth()
    {
        Assert.True(_finished > 0, "no finished exchange was looked at");
        Assert.True(_open > 0, "no open stream was looked at");
        Console.WriteLine($"crashes: {_finished} finished exchanges found, {_open} open streams billed, {_lost} younger than the bound lost, at most {_oldestLost.TotalMilliseconds:F1} ms old");
    }

    private static long Number(JsonElement record, string name) =>
        record.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : 0;

    private static long Money(JsonElement one, string name) =>
        one.TryGetProperty(name, out var text) && text.GetString() is { } digits ? long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) : 0;

    private static long Used(string limits, string name)
    {
        var bucket = JsonElement.Parse(limits).GetProperty("buckets").EnumerateArray().Single(bucket => bucket.GetProperty("name").GetString() == name);
        return bucket.GetProperty("used").ValueKind == JsonValueKind.String ? Money(bucket, "used") : Number(bucket, "used");
    }

    private void CheckYoung(TimeSpan age, JsonElement record)
    {
        if (record.ValueKind == JsonValueKind.Object && record.GetProperty("end").GetString() == "done")
            return;
        _lost++;
        _oldestLost = age > _oldestLost ? age : _oldestLost;
    }

    private void CheckFinished(CrashSeen one, JsonElement record)
    {
        _finished++;
        Assert.True(record.ValueKind == JsonValueKind.Object, $"lost: {one.Id}, finished {one.FinishedBeforeKill} before the kill");
        var end = record.GetProperty("end").GetString();
        Assert.True(end == "done", $"{one.Id} was finished for its client and is {end}");
    }

    /// <summary>A stream under way is billed to its last progress: no older than one interval, and nothing that was not sent.</summary>
    private void CheckOpen(CrashSeen one, Dictionary<string, JsonElement> records)
    {
        var sure = one.EventsBeforeKill.Count(before => before >= progressMax);
        if (!records.TryGetValue(one.Id, out var record))
        {
            Assert.True(sure == 0, $"lost: the open stream {one.Id} with {sure} events");
            return;
        }

        _open += sure > 0 ? 1 : 0;
        // It may have been over on our side: its last bytes were under way, or were held until the commit that came just before the end.
        Assert.True(record.GetProperty("end").GetString() is "crashed" or "done", record.ToString());
        Assert.True(record.GetProperty("events").GetInt64() >= sure, $"{one.Id}: {record.GetProperty("events")} of at least {sure}");
        Assert.Equal("smoke", record.GetProperty("key").GetString());
    }
}
