using System.Diagnostics;
using System.Globalization;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>
/// A process with a store is killed at random moments under appends, again and again on one folder. AIEDGE_STORE_CRASHES sets how often.
/// </summary>
public sealed class CrashTests
{
    private static readonly int Crashes = int.Parse(Environment.GetEnvironmentVariable("AIEDGE_STORE_CRASHES") ?? "8", CultureInfo.InvariantCulture);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Every_acknowledged_append_is_there_once_and_none_is_invented()
    {
        using var rig = new StoreRig();
        var told = new Dictionary<(string Log, int Run, int Task), List<(int Count, ulong Sequence)>>();
        var random = new Random();
        for (var run = 1; run <= Crashes; run++)
            await KillAsync(rig.Folder, run, lines: random.Next(1, 400), told);

        await using var store = await rig.OpenAsync();
        var kept = 0;
        foreach (var (letter, log) in (IEnumerable<(string, ICommandLog)>)[("c", store.Commands), ("q", store.Quota)])
        {
            var found = new Dictionary<ulong, byte[]>();
            await CrashChild.Content(log, found);
            Check(letter, found, told);
            kept += found.Count;
        }

        Assert.True(kept >= Crashes, "nothing was appended");
        CheckLedger(store.Ledger, told);
    }

    /// <summary>Each epoch's records from the first on without a gap, each once; all that were told, and one batch more at most.</summary>
    private static void CheckLedger(IUsageLedger ledger, Dictionary<(string Log, int Run, int Task), List<(int Count, ulong Sequence)>> told)
    {
        var kept = new Dictionary<UInt128, List<ulong>>();
        foreach (var (_, batch) in ledger.ReadBackwards(0, long.MaxValue))
        {
            if (!kept.TryGetValue(batch.Epoch, out var sequences))
                kept.Add(batch.Epoch, sequences = []);
            sequences.AddRange(batch.Records.Select(r => r.Sequence));
        }

        for (var run = 1; run <= Crashes; run++)
        {
            var last = told.GetValueOrDefault(("l", run, 0))?[^1].Sequence ?? 0;
            var found = kept.GetValueOrDefault((UInt128)run) ?? [];
            Assert.Equal(Enumerable.Range(1, found.Count).Select(i => (ulong)i), found.Order());
            Assert.InRange((ulong)found.Count, last, last + CrashChild.BatchRecords);
            Assert.Equal((ulong)found.Count, ledger.Through("plane", (UInt128)run));
        }
    }

    private static void Check(
        string letter, Dictionary<ulong, byte[]> found, Dictionary<(string Log, int Run, int Task), List<(int Count, ulong Sequence)>> told)
    {
        var names = found.ToDictionary(f => CrashChild.Read(f.Value), f => f.Key);
        Assert.Equal(found.Count, names.Count);
        foreach (var ((log, run, task), appends) in told)
        {
            if (log == letter)
                Assert.All(appends, a => Assert.Equal(a.Sequence, names.GetValueOrDefault((run, task, a.Count))));
        }

        // A task has one append under way at most: the one behind the last that was told may be there, no other.
        Assert.All(names.Keys, n => Assert.InRange(n.Count, 1, told.GetValueOrDefault((letter, n.Run, n.Task))?.Count + 1 ?? 1));
        Assert.Equal(Enumerable.Range(1, found.Count).Select(i => (ulong)i), found.Keys.Order());
    }

    /// <summary>Starts a child and kills it once it has told so many lines.</summary>
    private static async Task KillAsync(
        string folder, int run, int lines, Dictionary<(string Log, int Run, int Task), List<(int Count, ulong Sequence)>> told)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            ArgumentList = { "exec", typeof(CrashTests).Assembly.Location, "store-crash", folder, run.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var first = await child.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        Assert.True(first?.StartsWith("open ", StringComparison.Ordinal) == true, first ?? await errors);
        for (var i = 0; await child.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line; i++)
        {
            // A line without its end was cut by the kill; the parts that are left may say anything.
            if (line.Split(' ') is [var log, var sequence, _, var task, var count] && (i < lines || count.Length > 0))
                Note(told, log, run, task, count, sequence);
            if (i == lines)
                child.Kill();
        }

        await child.WaitForExitAsync().WaitAsync(Patience);
    }

    private static void Note(
        Dictionary<(string Log, int Run, int Task), List<(int Count, ulong Sequence)>> told, string log, int run, string task, string count, string sequence)
    {
        var key = (log, run, int.Parse(task, CultureInfo.InvariantCulture));
        if (!told.TryGetValue(key, out var list))
            told.Add(key, list = []);
        list.Add((int.Parse(count, CultureInfo.InvariantCulture), ulong.Parse(sequence, CultureInfo.InvariantCulture)));
        Assert.Equal(list.Count, list[^1].Count);
    }
}
