using System.Diagnostics;
using System.Globalization;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Usage;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>
/// Measures, not asserts: how many records the ledger takes in, durably and with their sums, from the bytes of a batch on, and how long questions
/// over thirty days take. Run as a program of its own; docs/store.md has the command.
/// </summary>
internal static class UsageLoad
{
    private const int BatchRecords = 1_000;
    private const int Planes = 4;
    private const int Days = 30;

    public static async Task<int> RunAsync(string folder, int records, int series)
    {
        await using var store = await FasterStore.OpenAsync(folder);
        await using var book = UsageBook.Open(store, folder);
        var report = new UsageReport(store, _ => null, TimeProvider.System);
        var template = Template(series);
        Tell($"a record has {template[0].Batch.Records.Average(r => r.CalculateSize()):0} bytes; {series} series, {Days} days");
        var bytes = template.Select(t => t.ToByteArray()).ToArray();
        template = [];
        Stages(report, bytes, folder);
        await IngestAsync(store, report, bytes, Math.Min(records, 200_000), epoch: 1);
        var process = Process.GetCurrentProcess();
        var (cpu, watch) = (process.TotalProcessorTime, Stopwatch.StartNew());
        await IngestAsync(store, report, bytes, records, epoch: 2);
        await store.Ledger.ReleaseAsync(0, default);
        watch.Stop();
        process.Refresh();
        cpu = process.TotalProcessorTime - cpu;
        Tell($"ingest: {records / watch.Elapsed.TotalSeconds:0} records/s, {cpu.TotalSeconds / records * 1e6:0.00} µs of processor each, {records / cpu.TotalSeconds:0} a core and second");
        var checkpoint = Stopwatch.StartNew();
        await book.CheckpointAsync();
        Tell($"checkpoint of the sums: {checkpoint.Elapsed.TotalMilliseconds:0} ms, {new FileInfo(Path.Combine(folder, "rollups.state")).Length / 1e6:0.0} MB");
        (UsageStep, string)[] questions = [(UsageStep.Day, "key,model"), (UsageStep.Day, "key"), (UsageStep.Day, "team,provider"), (UsageStep.Hour, "team,model"), (UsageStep.Hour, "key")];
        foreach (var title in (string[])["first", "then"])
        {
            Tell($"{title}:");
            foreach (var (step, groupBy) in questions)
                Ask(book, step, groupBy);
        }

        Tell($"resident: {Process.GetCurrentProcess().WorkingSet64 / 1e6:0} MB");
        return 0;
    }

    /// <summary>The first questions of a process, so long behind its start.</summary>
    public static async Task<int> AskAsync(string folder, int waitMs)
    {
        var watch = Stopwatch.StartNew();
        await using var store = await FasterStore.OpenAsync(folder);
        await using var book = UsageBook.Open(store, folder);
        Tell($"open after {watch.Elapsed.TotalMilliseconds:0} ms");
        await Task.Delay(waitMs);
        for (var i = 0; i < 3; i++)
            Ask(book, UsageStep.Day, "key,model", times: 1);
        Ask(book, UsageStep.Day, "key", times: 1);
        Ask(book, UsageStep.Hour, "team,model", times: 1);
        Tell($"resident: {Process.GetCurrentProcess().WorkingSet64 / 1e6:0} MB");
        return 0;
    }

    /// <summary>What each stage costs by itself.</summary>
    private static void Stages(UsageReport report, byte[][] bytes, string folder)
    {
        using var rollups = Rollups.Open(Directory.CreateDirectory(Path.Combine(folder, "stages")).FullName);
        var buffer = new byte[1 << 20];
        var (parse, convert, item, sum) = (new Stopwatch(), new Stopwatch(), new Stopwatch(), new Stopwatch());
        for (var round = 0; round < 2; round++)
        {
            foreach (var watch in (Stopwatch[])[parse, convert, item, sum])
                watch.Reset();
            for (var i = 0; i < bytes.Length; i++)
            {
                parse.Start();
                var up = UsageUp.Parser.ParseFrom(bytes[i]).Batch;
                up.Epoch = ByteString.CopyFrom(new byte[16]);
                parse.Stop();
                convert.Start();
                var batch = report.Batch("plane", up);
                convert.Stop();
                item.Start();
                LedgerItem.Write(ref buffer, batch, 0);
                item.Stop();
                sum.Start();
                rollups.Take(new((ulong)((round * bytes.Length) + i + 1), batch));
                sum.Stop();
            }
        }

        double Each(Stopwatch watch) => watch.Elapsed.TotalMicroseconds / bytes.Length / BatchRecords;
        Tell($"of a record: read {Each(parse):0.00} µs, converted {Each(convert):0.00}, written as an item {Each(item):0.00}, added to its sums {Each(sum):0.00}");
    }

    private static void Ask(UsageBook book, UsageStep step, string groupBy, int times = 7)
    {
        var now = DateTimeOffset.UtcNow;
        var took = new List<double>();
        var rows = 0;
        for (var i = 0; i < times; i++)
        {
            var watch = Stopwatch.StartNew();
            rows = UsageAnswer.Of(book.Rollups, new()
            {
                FromUnixMs = now.AddDays(-Days).ToUnixTimeMilliseconds(),
                ToUnixMs = now.AddDays(1).ToUnixTimeMilliseconds(),
                Step = step,
                GroupBy = [.. groupBy.Split(',').Select(g => new UsageDimension(g))],
            })?.Count ?? -1;
            took.Add(watch.Elapsed.TotalMilliseconds);
        }

        took.Sort();
        Tell($"{Days} days by {step} and {groupBy}: {rows} rows, {took[0]:0} to {took[^1]:0} ms, median {took[took.Count / 2]:0}");
    }

    private static async Task IngestAsync(FasterStore store, UsageReport report, byte[][] batches, int records, ulong epoch)
    {
        await Task.WhenAll(Enumerable.Range(0, Planes).Select(plane => Task.Run(async () =>
        {
            var under = new Queue<Task>();
            for (var i = 0; i < records / BatchRecords / Planes; i++)
            {
                var batch = UsageUp.Parser.ParseFrom(batches[((i * Planes) + plane) % batches.Length]).Batch;
                for (var r = 0; r < batch.Records.Count; r++)
                    batch.Records[r].Sequence = (ulong)((i * BatchRecords) + r + 1);
                batch.ThroughSequence = (ulong)((i + 1) * BatchRecords);
                batch.Epoch = ByteString.CopyFrom([.. BitConverter.GetBytes(epoch), .. new byte[8]]);
                under.Enqueue(store.Ledger.AppendAsync(report.Batch($"plane-{plane}", batch), default).AsTask());
                if (under.Count == UsageReport.BatchesMax)
                    await under.Dequeue();
            }

            await Task.WhenAll(under);
        })));
    }

    /// <summary>Batches as they come from planes: in the order of time, their series at random.</summary>
    private static UsageUp[] Template(int series)
    {
        var random = new Random(1);
        var start = DateTimeOffset.UtcNow.AddDays(-Days).ToUnixTimeMilliseconds();
        var batches = new UsageUp[Days * 8];
        for (var b = 0; b < batches.Length; b++)
        {
            var batch = new UsageBatch();
            for (var r = 0; r < BatchRecords; r++)
            {
                var one = random.Next(series);
                var record = UsageRig.Record(
                    DateTimeOffset.FromUnixTimeMilliseconds(start + (b * (86_400_000L / 8)) + random.Next(86_400_000 / 8)),
                    $"customer-{one / 5}", $"team-{one % 40}", $"claude-sonnet-4-{one % 5}", $"provider-{one % 3}", random.Next(1_000_000));
                record.Sequence = (ulong)r + 1;
                record.ModelAsked = record.Model;
                record.Target = "anthropic/claude-sonnet";
                record.DialectIn = record.DialectOut = "anthropic";
                record.Tags.Add("env", "prod");
                record.PriceVersion = "2026-11-01";
                record.Attempts = 1;
                record.Counted = record.Billed.Clone();
                record.Reported = record.Billed.Clone();
                record.FirstTokenMs = 400;
                record.TotalMs = 4_000;
                record.ClientRequestId = "client-" + record.RequestId[..20];
                record.ConfigGeneration = 17;
                batch.Records.Add(record);
            }

            batches[b] = new() { Batch = batch };
        }

        return batches;
    }

    private static void Tell(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
