using System.Globalization;
using System.Net;
using System.Text;

namespace AiEdge.Load;

/// <summary>The summary as one self-contained HTML page with inline SVG charts.</summary>
internal static class HtmlReport
{
    public static string Write(LoadSummary run)
    {
        var page = new StringBuilder();
        page.Append("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Load run</title>
            <style>
            body { font: 14px/1.5 system-ui, sans-serif; max-width: 920px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff }
            pre { background: #f5f5f5; padding: 1em; overflow-x: auto } svg { width: 100%; height: auto } text { font-size: 11px; fill: #555 }
            .grid { stroke: #ddd } .axis { stroke: #888 } h2 { font-size: 16px; margin-top: 2em }
            </style></head><body><h1>Load run</h1>
            """);
        page.Append("<pre>").Append(WebUtility.HtmlEncode(TextReport.Write(run))).Append("</pre>");
        page.Append("<h2>Latency by percentile</h2>").Append(Percentiles(run));
        var seconds = run.Seconds;
        page.Append("<h2>Calls per second</h2>").Append(SvgChart.OverTime(seconds, [
            new("ok", "#1f77b4", [.. seconds.Select(second => second.Ok / second.Length)]),
            new("failed", "#d62728", [.. seconds.Select(second => second.Failed / second.Length)])], "/s"));
        page.Append("<h2>Latency over time</h2>").Append(SvgChart.OverTime(seconds, [
            new("p50", "#2ca02c", [.. seconds.Select(second => second.P50 / 1e6)]),
            new("p99", "#ff7f0e", [.. seconds.Select(second => second.P99 / 1e6)])], "ms"));
        if (run.Events > 0)
            page.Append("<h2>Events per second</h2>").Append(SvgChart.OverTime(seconds, [new("events", "#9467bd", [.. seconds.Select(second => second.Events / second.Length)])], "/s"));
        return page.Append("</body></html>\n").ToString();
    }

    private static string Percentiles(LoadSummary run)
    {
        var lines = new List<SvgLine>();
        void Add(string name, string colour, Spread spread)
        {
            if (spread.Count > 0)
                lines.Add(new SvgLine(name, colour, [.. spread.Curve.Select(us => us / 1000)]));
        }

        Add("from schedule", "#d62728", run.Latency);
        Add("from send", "#1f77b4", run.Service);
        Add("first event", "#2ca02c", run.FirstEvent);
        Add("between events", "#9467bd", run.EventGap);
        var ticks = new[] { 0, 0.9, 0.99, 0.999, 0.9999, 0.99999 }
            .Select(fraction => (-Math.Log10(1 - fraction) / 5, (fraction * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %")).ToArray();
        return SvgChart.Draw(lines, ticks, "ms", logarithmic: true);
    }
}
