using System.Globalization;
using System.Text;

namespace AiEdge.Load;

/// <summary>The summary that a person reads in a terminal.</summary>
internal static class TextReport
{
    public static string Line(SecondOfRun second, Measures measures)
    {
        var rates = string.Create(CultureInfo.InvariantCulture,
            $"{second.At,5:0.0} s  ok {second.Ok / second.Length,8:0}/s  failed {second.Failed,5}  events {second.Events / second.Length,9:0}/s");
        return string.Create(CultureInfo.InvariantCulture,
            $"{rates}  p50 {Time(second.P50 / 1000.0),9}  p99 {Time(second.P99 / 1000.0),9}  in flight {measures.InFlight}");
    }

    public static string Write(LoadSummary run)
    {
        var text = new StringBuilder();
        var asked = run.RateAsked > 0 ? string.Create(CultureInfo.InvariantCulture, $"open loop, {run.RateAsked:0.##}/s") : "closed loop";
        text.AppendLine(CultureInfo.InvariantCulture, $"{run.Url}  {run.Model}  ({asked}, {run.Workers} workers, {run.WindowSeconds:0.00} s measured)");
        text.AppendLine(CultureInfo.InvariantCulture, $"calls {run.Calls} ok ({run.CallsPerSecond:0.0}/s), {run.ErrorsInAll} failed;  events {run.Events} ({run.EventsPerSecond:0}/s)");
        text.AppendLine("                       p50        p90        p99      p99.9        max       mean");
        Row(text, "latency (scheduled)", run.Latency);
        Row(text, "latency (sent)", run.Service);
        Row(text, "first event", run.FirstEvent);
        Row(text, "between events", run.EventGap);
        Row(text, "one way", run.OneWayDelay);
        if (run.RateAsked > 0)
            text.AppendLine(CultureInfo.InvariantCulture, $"latest start of a call behind its schedule: {Time(run.LatestStartUs)}");
        if (run.CpuSeconds is { } cpu)
        {
            var (perCall, perEvent) = (run.Calls > 0 ? cpu * 1e6 / run.Calls : 0, run.Events > 0 ? cpu * 1e6 / run.Events : 0);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"watched process: {cpu:0.00} s CPU, {perCall:0.0} us per call, {perEvent:0.00} us per event, {run.PssKib} KiB PSS");
        }

        foreach (var error in run.Errors)
            text.AppendLine(CultureInfo.InvariantCulture, $"failed: {error.Count} x {error.Class}{(error.Example.Length > 0 ? ": " + error.Example : "")}");
        return text.ToString();
    }

    private static void Row(StringBuilder text, string name, Spread spread)
    {
        if (spread.Count > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"  {name,-19} {Time(spread.P50),9} {Time(spread.P90),10} {Time(spread.P99),10} {Time(spread.P999),10} {Time(spread.Max),10} {Time(spread.Mean),10}");
        }
    }

    private static string Time(double microseconds) => microseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} us"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000:0.00} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1e6:0.00} s"),
    };
}
