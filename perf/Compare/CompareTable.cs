using System.Globalization;
using System.Text;

namespace AiEdge.Compare;

/// <summary>The result as tables: medians over the rounds, and the median of the ratios to nginx of the same round.</summary>
internal static class CompareTable
{
    public static string Write(CompareResult result, IReadOnlyList<CompareTest> tests)
    {
        var text = new StringBuilder();
        if (!result.Pinned)
            text.AppendLine("Not pinned to processors (that needs Linux, taskset and two of them): figures are rough.");
        foreach (var skipped in result.Skipped)
            text.AppendLine(CultureInfo.InvariantCulture, $"skipped {skipped}");
        text.AppendLine().AppendLine("| gateway | first answer, ms | PSS before load, MiB |").AppendLine("| --- | ---: | ---: |");
        foreach (var start in result.Starts)
            text.AppendLine(CultureInfo.InvariantCulture, $"| {start.Peer} | {start.StartMs:0} | {start.PssKib / 1024.0:0.0} |");
        foreach (var test in tests)
            Table(text, test, [.. result.Measurements.Where(one => one.Test == test.Name)]);
        return text.ToString();
    }

    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The median over the rounds of one peer's figure divided by another's in the same round; NaN without a common round.</summary>
    internal static double Ratio(IReadOnlyList<Measurement> all, string peer, string to) =>
        Median(all.Where(one => one.Peer == peer).SelectMany(
            one => all.Where(other => other.Peer == to && other.Round == one.Round && other.CpuUs > 0).Select(other => one.CpuUs / other.CpuUs)));

    private static void Table(StringBuilder text, CompareTest test, IReadOnlyList<Measurement> all)
    {
        if (all.Count == 0)
            return;
        var unit = test.Stream ? "event" : "request";
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{test.Name}: {test.Title}");
        var last = test.Stream ? "first event p50 us" : "p50 over direct us";
        text.AppendLine(CultureInfo.InvariantCulture,
            $"| gateway | CPU us/{unit}, min · median | ÷ nginx | {unit}s/s | p50 us | p99 us | {last} | errors | PSS MiB |");
        text.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var peer in all.Select(one => one.Peer).Distinct())
        {
            var own = all.Where(one => one.Peer == peer).ToArray();
            double Mid(Func<Measurement, double> of) => Median(own.Select(of));
            var overDirect = Median(own.SelectMany(
                one => all.Where(other => other.Peer == "direct" && other.Round == one.Round).Select(other => one.P50Us - other.P50Us)));
            string[] cells =
            [
                peer,
                $"{Number(own.Min(one => one.CpuUs), "0.0")} · {Number(Mid(one => one.CpuUs), "0.0")}",
                Number(Ratio(all, peer, "nginx"), "0.00"),
                Number(Mid(one => test.Stream ? one.EventsPerSecond : one.CallsPerSecond), "0"),
                Number(Mid(one => one.P50Us), "0"),
                Number(Mid(one => one.P99Us), "0"),
                Number(test.Stream ? Mid(one => one.FirstEventP50Us) : overDirect, "0"),
                own.Sum(one => one.Errors).ToString(CultureInfo.InvariantCulture),
                Number(own.Max(one => one.PssKib) / 1024.0, "0.0"),
            ];
            text.AppendLine("| " + string.Join(" | ", cells) + " |");
        }

        foreach (var peer in PeerCatalog.ToAiEdge)
        {
            if (Ratio(all, peer, "aiedge") is var ratio && !double.IsNaN(ratio))
                text.AppendLine(CultureInfo.InvariantCulture, $"{peer} ÷ aiedge, CPU per {unit}, median of the rounds: {ratio:0.00}");
        }

        foreach (var bad in all.Where(one => one.Errors > 0).DistinctBy(one => one.Peer))
            text.AppendLine(CultureInfo.InvariantCulture, $"{bad.Peer} failed: {bad.FirstError}");
    }

    private static string Number(double value, string format) => double.IsNaN(value) ? "-" : value.ToString(format, CultureInfo.InvariantCulture);
}
