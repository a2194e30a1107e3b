using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Snapshot;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Hosting;

/// <summary>The process's metrics as Prometheus text (exposition format 0.0.4); docs/operations.md lists them.</summary>
internal static class MetricsText
{
    public static string Write(EdgeServices services, IConfigFeed feed, PlaneLink? link)
    {
        var text = new StringBuilder(8192);
        WriteTargets(text, services.Metrics);
        WriteErrors(text, services.Metrics);
        WriteStages(text, services.Metrics.Stages);
        RouteMetrics.Write(text, services.Routes, services.Clock.CoarseMs);
        RouteMetrics.Write(text, services.Watch);
        RouteMetrics.Write(text, services.Capacity);
        WriteProcess(text, services);
        LimitMetrics.Write(text, services.Limits);
        if (services.Journal is { } journal)
            WriteJournal(text, journal);
        Family(text, "aiedge_config_rejected_total", "counter", "Configurations that were refused.");
        Sample(text, "aiedge_config_rejected_total", "", feed.Rejections);
        if (link is not null)
            LinkMetrics.Write(text, link);
        return text.ToString();
    }

    private static void WriteTargets(StringBuilder text, EdgeMetrics metrics)
    {
        var targets = metrics.Targets;
        Family(text, "aiedge_requests_total", "counter", "Exchanges by how they ended; without labels of a target those that had none by then.");
        foreach (var end in Enum.GetValues<EndReason>())
        {
            var outcome = "outcome=\"" + Encoding.ASCII.GetString(RecordWriter.EndName(end)) + "\"";
            if (metrics.Untargeted(end) is var untargeted and > 0)
                Sample(text, "aiedge_requests_total", outcome, untargeted);
            foreach (var target in targets)
            {
                if (target.Requests(end) > 0)
                    Sample(text, "aiedge_requests_total", Labels(target) + "," + outcome, target.Requests(end));
            }
        }

        Family(text, "aiedge_attempts_total", "counter", "Requests sent to providers.");
        foreach (var target in targets)
            Sample(text, "aiedge_attempts_total", Labels(target), target.Attempts);
        PerTarget(text, targets, "aiedge_retries_total", "Attempts in vain that were followed by another, wherever.", static t => t.Retries);
        Family(text, "aiedge_answers_without_usage_total", "counter", "Answers with status 200 whose provider reported no usage.");
        foreach (var target in targets)
            Sample(text, "aiedge_answers_without_usage_total", Labels(target), target.WithoutUsage);
        WriteTokens(text, targets);
        WriteCounts(text, targets);
        WriteHistograms(text, targets);
    }

    private static void WriteTokens(StringBuilder text, ICollection<TargetState> targets)
    {
        Family(text, "gen_ai_client_token_usage", "histogram", "Tokens of a request and of its answer, as providers reported them.");
        foreach (var target in targets)
        {
            Histogram(text, "gen_ai_client_token_usage", Labels(target) + ",gen_ai_token_type=\"input\"", target.InputUsage, 1);
            Histogram(text, "gen_ai_client_token_usage", Labels(target) + ",gen_ai_token_type=\"output\"", target.OutputUsage, 1);
        }

        PerTarget(text, targets, "aiedge_cached_input_tokens_total", "Those of the input tokens that a provider's cache had.", static t => t.CachedTokens);
        PerTarget(text, targets, "aiedge_reasoning_tokens_total", "Those of the output tokens that were thought.", static t => t.ReasoningTokens);

        Family(text, "aiedge_cost_dollars_total", "counter", "What all attempts have cost, in US dollars.");
        foreach (var target in targets)
            Begin(text, "aiedge_cost_dollars_total", Labels(target)).Append(Dollars(target.CostNanodollars)).Append('\n');
    }

    /// <summary>How far our own counts and the providers' reports are apart, and what no count was there for.</summary>
    private static void WriteCounts(StringBuilder text, ICollection<TargetState> targets)
    {
        PerTarget(text, targets, "aiedge_counted_tokens_total", "Output tokens of whole streams, as they were counted here.", static t => t.CountedTokens);
        PerTarget(
            text, targets, "aiedge_counted_tokens_reported_total", "The same tokens as their providers reported them.", static t => t.ReportedOfCounted);
        PerTarget(
            text, targets, "aiedge_hidden_tokens_total", "Output tokens reported beyond the cap that a limit put on an answer.", static t => t.HiddenTokens);
        PerTarget(text, targets, "aiedge_bills_estimated_total", "Bills with a number in them that is no count.", static t => t.EstimatedBills);
        Family(text, "aiedge_runaways_total", "counter", "Streams that would not have ended by themselves, by what was done.");
        foreach (var target in targets)
        {
            Sample(text, "aiedge_runaways_total", Labels(target) + ",action=\"cut\"", target.Runaways);
            Sample(text, "aiedge_runaways_total", Labels(target) + ",action=\"shadow\"", target.RunawaysSeen);
        }
    }

    private static void PerTarget(StringBuilder text, ICollection<TargetState> targets, string name, string help, Func<TargetState, long> value)
    {
        Family(text, name, "counter", help);
        foreach (var target in targets)
            Sample(text, name, Labels(target), value(target));
    }

    private static void WriteHistograms(StringBuilder text, ICollection<TargetState> targets)
    {
        Family(text, "gen_ai_server_request_duration_seconds", "histogram", "From a request's first byte to its answer's last.");
        foreach (var target in targets)
            Histogram(text, "gen_ai_server_request_duration_seconds", Labels(target), target.Duration, 1000);
        Family(text, "gen_ai_server_time_to_first_token_seconds", "histogram", "From a request's first byte to the first token of its answer.");
        foreach (var target in targets)
            Histogram(text, "gen_ai_server_time_to_first_token_seconds", Labels(target), target.FirstToken, 1000);
        Family(text, "gen_ai_server_time_per_output_token_seconds", "histogram", "From a stream's first token to its end, for each token behind the first.");
        foreach (var target in targets)
            Histogram(text, "gen_ai_server_time_per_output_token_seconds", Labels(target), target.PerToken, 1_000_000);
        Family(text, "aiedge_overhead_us", "histogram", "What the data plane itself adds, in microseconds.");
        foreach (var target in targets)
            Histogram(text, "aiedge_overhead_us", Labels(target), target.Overhead, 1);
    }

    private static void WriteStages(StringBuilder text, StageTimes stages)
    {
        Family(text, "aiedge_stage_us", "histogram", "What exchanges took from stage to stage, in microseconds.");
        foreach (var stage in Enum.GetValues<ExchangeStage>())
            Histogram(text, "aiedge_stage_us", "stage=\"" + StageTimes.NameOf(stage) + "\"", stages.Of(stage), 1);
    }

    private static void WriteErrors(StringBuilder text, EdgeMetrics metrics)
    {
        Family(text, "aiedge_errors_total", "counter", "Exchanges that ended in an error, by kind.");
        foreach (var kind in Enum.GetValues<ErrorKind>())
        {
            if (metrics.Errors(kind) > 0)
                Sample(text, "aiedge_errors_total", "kind=\"" + kind + "\"", metrics.Errors(kind));
        }
    }

    private static void WriteProcess(StringBuilder text, EdgeServices services)
    {
        var metrics = services.Metrics;
        services.Items.Forget();
        Gauge(text, "aiedge_connections_open", "Connections of clients that are open.", metrics.ConnectionsOpen);
        Counter(text, "aiedge_connections_total", "Connections of clients since the start.", metrics.Connections);
        Counter(text, "aiedge_connections_refused_total", "Connections beyond connectionsMax.", metrics.ConnectionsRefused);
        Gauge(text, "aiedge_exchanges_open", "Exchanges under way.", metrics.ExchangesOpen);
        Gauge(text, "aiedge_streams_open", "Streamed exchanges under way.", metrics.StreamsOpen);
        Gauge(text, "aiedge_buffered_bytes", "Bytes of bodies held against bufferedBytesMax.", services.Bodies.Held);
        Gauge(text, "aiedge_kept_items", "Items of translated answers that requests may refer to.", services.Items.Count);
        Gauge(text, "aiedge_kept_item_bytes", "Bytes that they take.", services.Items.Bytes);
        Gauge(text, "aiedge_config_generation", "The configuration in force.", services.Snapshots.Current.Generation);
        Counter(text, "aiedge_records_total", "Records written.", services.Records.Written);
        Counter(text, "aiedge_records_dropped_total", "Records that found the log full.", services.Records.Dropped);
        Counter(text, "aiedge_io_stalls_total", "Steps on an I/O thread of 20 ms or longer.", IoGuard.Stalls);
        Gauge(text, "aiedge_io_longest_us", "The longest step on an I/O thread, in microseconds.", IoGuard.LongestUs);
        Family(text, "aiedge_upstream_connections", "gauge", "Connections to providers, by state.");
        foreach (var pool in services.Upstreams.All)
        {
            var name = "provider=\"" + Escape(pool.Provider.Name) + "\"";
            Sample(text, "aiedge_upstream_connections", name + ",state=\"idle\"", pool.Idle);
            Sample(text, "aiedge_upstream_connections", name + ",state=\"open\"", pool.Open);
        }

        Family(text, "aiedge_upstream_connections_opened_total", "counter", "Connections to providers since the start.");
        foreach (var pool in services.Upstreams.All)
            Sample(text, "aiedge_upstream_connections_opened_total", "provider=\"" + Escape(pool.Provider.Name) + "\"", pool.Opened);
    }

    private static void WriteJournal(StringBuilder text, UsageJournal journal)
    {
        Counter(text, "aiedge_journal_records_total", "Records committed to the usage journal.", journal.Records);
        Gauge(text, "aiedge_journal_bytes", "Bytes from the usage journal's oldest record to its newest.", journal.Bytes);
        Gauge(text, "aiedge_journal_bytes_max", "Bytes beyond which the usage journal is full.", journal.BytesMax);
        Gauge(text, "aiedge_journal_lag_ms", "Age of the oldest record that is not committed, in milliseconds.", journal.LagMs);
        Counter(text, "aiedge_journal_dropped_early_total", "Records of the usage journal that went before keep was over, to make room.", journal.DroppedEarly);
        Counter(text, "aiedge_journal_left_out_total", "Records of exchanges without an attempt that were not written, there being so many.", journal.LeftOut);
        Counter(text, "aiedge_journal_dropped_total", "Records that the usage journal lost: it was full, or its disk failed.", journal.Dropped);
        Counter(text, "aiedge_journal_commit_failures_total", "Commits that failed.", journal.CommitFailures);
        Counter(text, "aiedge_journal_checkpoint_failures_total", "Times that what limits have used could not be stored.", journal.CheckpointFailures);
    }

    /// <summary>To the last nanodollar.</summary>
    private static string Dollars(long nanodollars) => (nanodollars / 1_000_000_000m).ToString("0.000000000", CultureInfo.InvariantCulture);

    private static string Labels(TargetState target) =>
        "gen_ai_request_model=\"" + Escape(target.Model) + "\",gen_ai_provider_name=\"" + Escape(target.Provider) + "\""
        + (target.Variant is { } variant ? ",variant=\"" + Escape(variant) + "\"" : "");

    internal static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    internal static void Gauge(StringBuilder text, string name, string help, long value)
    {
        Family(text, name, "gauge", help);
        Sample(text, name, "", value);
    }

    internal static void Counter(StringBuilder text, string name, string help, long value)
    {
        Family(text, name, "counter", help);
        Sample(text, name, "", value);
    }

    internal static void Family(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    internal static void Sample(StringBuilder text, string name, string labels, long value) =>
        Begin(text, name, labels).Append(CultureInfo.InvariantCulture, $"{value}").Append('\n');

    /// <summary>The same of a ratio.</summary>
    internal static void Sample(StringBuilder text, string name, string labels, double value) =>
        Begin(text, name, labels).Append(CultureInfo.InvariantCulture, $"{value:0.####}").Append('\n');

    private static StringBuilder Begin(StringBuilder text, string name, string labels)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        return text.Append(' ');
    }

    internal static void Histogram(StringBuilder text, string name, string labels, Histogram histogram, double scale)
    {
        var total = 0L;
        for (var i = 0; i <= histogram.Bounds.Length; i++)
        {
            total += histogram.Count(i);
            var bound = i < histogram.Bounds.Length ? (histogram.Bounds[i] / scale).ToString(CultureInfo.InvariantCulture) : "+Inf";
            Sample(text, name + "_bucket", labels + ",le=\"" + bound + "\"", total);
        }

        // Microseconds of a second, and never an exponent.
        var sum = (histogram.Sum / scale).ToString("0.######", CultureInfo.InvariantCulture);
        text.Append(name).Append("_sum{").Append(labels).Append("} ").Append(sum).Append('\n');
        Sample(text, name + "_count", labels, total);
    }
}
