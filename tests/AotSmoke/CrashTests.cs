using System.Globalization;

namespace AiEdge.AotSmoke.Tests;

/// <summary>
/// The process is killed at random moments under load, again and again, on one journal. What clients saw is held against what
/// the journal says afterwards, and what the limits say against the journal. AIEDGE_CRASHES sets how often, AIEDGE_CRASH_SLACK_MS
/// how busy the machine may be.
/// </summary>
public sealed class CrashTests
{
    private static readonly int Crashes = int.Parse(Environment.GetEnvironmentVariable("AIEDGE_CRASHES") ?? "10", CultureInfo.InvariantCulture);

    /// <summary>
    /// How long a committed record may take beyond its interval: the disk's time, and what else the machine does. The oldest that was lost is
    /// printed; docs/reliability.md says what it is on a machine of its own.
    /// </summary>
    private static readonly TimeSpan Slack =
        TimeSpan.FromMilliseconds(int.Parse(Environment.GetEnvironmentVariable("AIEDGE_CRASH_SLACK_MS") ?? "250", CultureInfo.InvariantCulture));

    /// <summary>Wide enough never to refuse: what counts is what they have used.</summary>
    private const string Limits = """
        limits:
          - { name: tokens, per: key, tokens: 1000000000/month }
          - { name: asked, per: global, requests: 100000000/month }
          - { name: spent, per: key, cost: $1000000/month }

        """;

    [NativeFact]
    public async Task In_sync_mode_no_record_of_an_answer_that_a_client_saw_finish_is_lost() =>
        await RunAsync("mode: sync, progress: 100ms", lossMax: TimeSpan.Zero, steps: 1500);

    [NativeFact]
    public async Task In_group_mode_no_record_older_than_the_interval_is_lost() =>
        await RunAsync("mode: group, progress: 100ms", lossMax: TimeSpan.FromMilliseconds(20) + Slack, steps: 3_000);

    private static async Task RunAsync(string journal, TimeSpan lossMax, int steps)
    {
        var random = new Random(steps);
        var ledger = new CrashLedger(lossMax, progressMax: TimeSpan.FromMilliseconds(120) + Slack);
        for (var left = Crashes; left > 0;)
        {
            // A folder lives for some crashes: each must bear what the ones before it left behind.
            await using var plane = await NativePlane.StartAsync(journal: journal, limits: Limits);
            var crashes = Math.Min(left, 25);
            for (var i = 0; i < crashes; i++)
            {
                if (i > 0)
                    await plane.RestartAsync();
                using var load = CrashLoad.Begin(plane, clients: 8, prefix: $"{left}-{i}");
                await load.UntilAsync(steps: random.Next(5, steps));
                if (i == 0)
                    await load.UntilLongAsync();
                plane.KillHard();
                ledger.Note(await load.EndAsync());
            }

            await plane.RestartAsync();
            var dump = await plane.DumpAsync();
            ledger.Check(dump);
            using var limits = await plane.Admin.GetAsync("/limits");
            CrashLedger.CheckLimits(dump, await limits.Content.ReadAsStringAsync());
            plane.SignalStop();
            await plane.EndsWellAsync();
            var (code, text) = await plane.JournalAsync("verify");
            Assert.True(code == 0, text);
            Assert.Contains(" 0 exchanges open", text, StringComparison.Ordinal);
            left -= crashes;
        }

        ledger.CheckWorth();
    }
}
