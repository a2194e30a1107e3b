using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace AiEdge.AotSmoke.Tests;

/// <summary>What may happen to a process besides a kill: it is stopped, dies again and again, finds its disk full or its journal damaged.</summary>
public sealed class HardshipTests
{
    private const int Burst = 10;
    private const int PerMinute = 60;
    private const int Allowed = 30;

    /// <summary>AIEDGE_HALT_SECONDS sets for how long a process is stopped.</summary>
    private static readonly TimeSpan Halt =
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("AIEDGE_HALT_SECONDS") ?? "3", CultureInfo.InvariantCulture));

    private static readonly string Rate = $$"""
        limits:
          - { name: rate, per: key, requests: {{PerMinute}}/min, burst: {{Burst}} }

        """;

    private static readonly string Window = $$"""
        limits:
          - { name: day, per: key, requests: {{Allowed}}/day }

        """;

    [NativeFact]
    public async Task A_process_that_was_stopped_for_a_while_grants_nothing_extra_and_its_journal_goes_on()
    {
        await using var plane = await NativePlane.StartAsync(journal: "mode: group", limits: Rate);
        var clock = Stopwatch.StartNew();
        var before = await AskAsync(plane, 2 * Burst);
        Assert.InRange(before, Burst, Most(clock));
        plane.SignalHalt();
        // The time itself is what is tried.
        await Task.Delay(Halt);
        plane.SignalGoOn();
        var since = Stopwatch.StartNew();
        var after = await AskAsync(plane, 3 * Burst);
        // What was earned meanwhile counts up to the burst, and no further.
        Assert.InRange(after, 1, Math.Min(Most(since), Most(clock) - before));
        Assert.Equal(before + after, await EndAsync(plane));
    }

    [NativeFact]
    public async Task A_process_that_dies_again_and_again_grants_no_more_than_one_that_lives()
    {
        foreach (var limits in (string[])[Rate, Window])
        {
            await using var plane = await NativePlane.StartAsync(journal: "mode: sync", limits: limits);
            var clock = Stopwatch.StartNew();
            var granted = await AskAsync(plane, 2);
            for (var death = 0; death < 20; death++)
            {
                plane.KillHard();
                await plane.RestartAsync();
                granted += await AskAsync(plane, 2);
            }

            // A rate begins without its burst each time, a window where it was.
            Assert.InRange(granted, 2, limits == Rate ? Most(clock) : Allowed);
            if (limits == Window)
                Assert.Equal(Allowed, granted);
            Assert.Equal(granted, await EndAsync(plane));
        }
    }

    [TmpfsFact]
    public async Task A_full_disk_refuses_and_is_noticed_to_be_free_again()
    {
        Tmpfs? disk = null;
        await using var plane = await NativePlane.StartAsync(journal: "mode: sync, full: refuse", prepare: data => disk = Full(data));
        using var held = disk;
        var answered = 0;
        for (var isFull = false; !isFull; Assert.True(answered < 100_000))
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => StatusAsync(plane)));
            Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, status.ToString()));
            answered += statuses.Count(status => status == HttpStatusCode.OK);
            isFull = statuses.Contains(HttpStatusCode.ServiceUnavailable);
        }

        disk!.Free();
        Assert.True(await plane.BecomesAsync(async () => await StatusAsync(plane) == HttpStatusCode.OK));
        // Everything that a client has seen is there, and nothing else.
        Assert.Equal(answered + 1, await EndAsync(plane));
    }

    [TmpfsFact]
    public async Task A_full_disk_that_is_to_hold_up_nobody_is_counted()
    {
        Tmpfs? disk = null;
        await using var plane = await NativePlane.StartAsync(
            journal: "mode: group, full: continue-and-count", limits: "limits: [ { name: day, per: key, requests: 1000000/day } ]\n",
            prepare: data => disk = Full(data));
        using var held = disk;
        var answered = 0;
        for (; await SmokeTests.MetricAsync(plane, "aiedge_journal_dropped_total") == 0; answered += 64)
        {
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => StatusAsync(plane))), status => Assert.Equal(HttpStatusCode.OK, status));
            Assert.True(answered < 100_000);
        }

        // One exchange more whose records are sure to have met the full disk: what was dropped before may have been first records alone.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(plane));
        answered++;
        Assert.True(await plane.BecomesAsync(async () => await SmokeTests.MetricAsync(plane, "aiedge_journal_lag_ms") == 0));
        disk!.Free();
        var records = await SmokeTests.MetricAsync(plane, "aiedge_journal_records_total");
        Assert.True(await plane.BecomesAsync(async () =>
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(plane));
            answered++;
            return await SmokeTests.MetricAsync(plane, "aiedge_journal_records_total") > records;
        }));
        // What was not written was used all the same.
        using var limits = await plane.Admin.GetAsync("/limits");
        var bucket = JsonElement.Parse(await limits.Content.ReadAsStringAsync()).GetProperty("buckets")[0];
        Assert.Equal(answered, bucket.GetProperty("used").GetInt64());
        Assert.InRange(await EndAsync(plane), 1, answered - 1);
    }

    [NativeFact]
    public async Task Each_damage_is_named_by_verify_and_by_the_start_that_it_prevents()
    {
        await using var plane = await NativePlane.StartAsync(journal: "mode: sync");
        for (var i = 0; i < 100; i++)
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(plane));
        plane.KillHard();
        (string Name, string File, Action<string> Damage, string Named)[] damages =
        [
            ("a flipped bit", "journal.log.0", file => Change(file, 700, b => (byte)(b ^ 16)), "checksum is wrong at journal.log.0 byte"),
            ("a cut page", "journal.log.0", file => Cut(file, 5000), "a page is cut at journal.log.0 byte 5000"),
            ("no segment", "journal.log.0", File.Delete, "the file journal.log.0 is missing"),
            ("no commit", "journal.commit", File.Delete, "journal.commit is missing"),
            ("no mark", "journal.mark", File.Delete, "journal.mark is missing"),
            ("an empty commit", "journal.commit", file => Cut(file, 0), "journal.commit is damaged"),
        ];
        foreach (var (name, file, damage, named) in damages)
        {
            var path = Path.Combine(plane.DataDir, file);
            // The process that wrote it may still be on its way out.
            await plane.ExitAsync();
            var good = await File.ReadAllBytesAsync(path);
            damage(path);
            foreach (var (code, text) in ((int, string)[])[await plane.JournalAsync("verify"), await plane.RefusalAsync()])
            {
                Assert.True(code == 1, name + ": " + text);
                Assert.Contains(named, text, StringComparison.Ordinal);
            }

            await File.WriteAllBytesAsync(path, good);
        }

        await plane.RestartAsync();
        Assert.Equal(100, await EndAsync(plane));
    }

    /// <summary>What a rate may have granted since the clock began: its burst and what it earned.</summary>
    private static int Most(Stopwatch clock) => Burst + Earned(clock.Elapsed);

    private static int Earned(TimeSpan time) => (int)Math.Ceiling(time.TotalMinutes * PerMinute);

    /// <summary>A disk on which the journal finds room for its first segment alone.</summary>
    private static Tmpfs Full(string data)
    {
        var disk = Tmpfs.Mount(data, 10 << 20);
        disk.Fill(5 << 20);
        return disk;
    }

    private static async Task<int> AskAsync(NativePlane plane, int count)
    {
        var granted = 0;
        for (var i = 0; i < count; i++)
        {
            var status = await StatusAsync(plane);
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, status.ToString());
            granted += status == HttpStatusCode.OK ? 1 : 0;
        }

        return granted;
    }

    private static async Task<HttpStatusCode> StatusAsync(NativePlane plane)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = NativePlane.Chat("fake-n3", stream: false) };
        // As long as an id may be: it makes the records larger.
        request.Headers.Add("x-request-id", new string('r', 128));
        using var answer = await plane.Client.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
        return answer.StatusCode;
    }

    /// <summary>Ends the process in good order and returns how many answers its journal has, which must be whole.</summary>
    private static async Task<int> EndAsync(NativePlane plane)
    {
        plane.SignalStop();
        await plane.EndsWellAsync();
        var (code, text) = await plane.JournalAsync("verify");
        Assert.True(code == 0, text);
        return (await plane.DumpAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))
            .Count(r => r.GetProperty("kind").GetString() == "exchange" && r.GetProperty("end").GetString() == "done");
    }

    private static void Cut(string file, long length)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.SetLength(length);
    }

    private static void Change(string file, long at, Func<byte, byte> change)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Position = at;
        var old = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte(change((byte)old));
    }
}
