using System.Text.Json;

namespace AiEdge.Micro;

/// <summary>
/// Compares what each stage allocates with what it may. Bytes are counted, not sampled, so the gate is exact and does not
/// depend on the machine; times are for the benchmarks and gate nothing.
/// </summary>
internal static class AllocationGate
{
    private const int WarmUps = 2_000;
    private const int Operations = 2_000;
    private const int Rounds = 10;

    /// <summary>0 if no stage allocates more than its baseline and each has one.</summary>
    public static int Run(string path, bool update)
    {
        var measured = Stages.All.ToDictionary(s => s.Name, Measure, StringComparer.Ordinal);
        if (update)
        {
            Write(path, measured);
            Console.WriteLine($"Wrote {measured.Count} baselines.");
            return 0;
        }
        var failed = 0;
        var allowed = Read(path);
        foreach (var (name, bytes) in measured)
        {
            var isKnown = allowed.Remove(name, out var bytesMax);
            var isFine = isKnown && bytes <= bytesMax;
            if (!isFine) failed++;
            var limit = isKnown ? $"at most {bytesMax}" : "no baseline";
            Console.WriteLine($"{(isFine ? "ok  " : "FAIL")} {name}: {bytes:0.##} bytes per operation ({limit})");
        }
        foreach (var name in allowed.Keys) Console.WriteLine($"FAIL {name}: a baseline without a stage");
        failed += allowed.Count;
        Console.WriteLine(failed == 0 ? $"{measured.Count} stages, none over its baseline." : $"{failed} failed.");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Bytes per operation once everything that is made once has been made.</summary>
    public static double Measure(Stage stage)
    {
        var operation = stage.Begin();
        for (var i = 0; i < WarmUps; i++) operation();
        // What is made once, such as an entry of the log when its thread lags, shows in a round; what each operation makes, in all.
        var least = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = Allocated(stage);
            for (var i = 0; i < Operations / Rounds; i++) operation();
            least = Math.Min(least, (Allocated(stage) - before) / (double)(Operations / Rounds));
        }
        // A process ticks and sweeps by the second, beside its operations: less than a byte of each is that, for an object has 24.
        return stage.IsProcess ? Math.Floor(least) : least;
    }

    private static long Allocated(Stage stage) => stage.IsProcess ? GC.GetTotalAllocatedBytes(precise: true) : GC.GetAllocatedBytesForCurrentThread();

    private static Dictionary<string, double> Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble(), StringComparer.Ordinal);
    }

    private static void Write(string path, Dictionary<string, double> baselines)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        foreach (var (name, bytes) in baselines.OrderBy(b => b.Key, StringComparer.Ordinal)) json.WriteNumber(name, bytes);
        json.WriteEndObject();
        json.Flush();
        file.WriteByte((byte)0x0A);
    }
}
