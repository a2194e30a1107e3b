using System.Text;
using AiEdge.DataPlane.Link;

namespace AiEdge.DataPlane.Hosting;

/// <summary>What is measured of the way to the control plane.</summary>
internal static class LinkMetrics
{
    public static string Write(PlaneLink link)
    {
        var text = new StringBuilder(1024);
        Write(text, link);
        return text.ToString();
    }

    public static void Write(StringBuilder text, PlaneLink link)
    {
        var (config, feed) = (link.Config, link.Feed);
        Gauge("aiedge_control_plane_connected", "Whether there is a stream of configurations from the control plane.", config.IsConnected ? 1 : 0);
        var silenceMs = (long)feed.Silence.TotalMilliseconds;
        Gauge("aiedge_control_plane_lag_ms", "Since the control plane was last heard, in milliseconds; 0 while connected.", silenceMs);
        MetricsText.Counter(text, "aiedge_control_plane_connections_total", "Streams of configurations since the start.", config.Connections);
        Gauge("aiedge_control_plane_generation", "The newest configuration that came, in force or refused.", config.GenerationSeen);
        Gauge("aiedge_config_apply_ms", "From the last configuration's last byte to its being in force, in milliseconds.", config.ApplyMs);
        MetricsText.Counter(text, "aiedge_config_store_failures_total", "Configurations that could not be kept on disk.", feed.StoreFailures);
        if (link.Quota is { } quota)
        {
            Gauge("aiedge_quota_connected", "Whether there is a stream of credit from the control plane.", quota.IsConnected ? 1 : 0);
            MetricsText.Counter(text, "aiedge_quota_answers_total", "Answers of the control plane to asks for credit.", quota.Answers);
            MetricsText.Counter(
                text,
                "aiedge_quota_outage_admitted_total",
                "Units admitted by outage policies: requests, tokens and nanodollars together.",
                link.Desk.OutageAdmitted);
        }

        if (link.Usage is not { } usage)
            return;
        Gauge("aiedge_usage_unacknowledged_records", "Records of the journal that the control plane has not acknowledged.", usage.Unacknowledged);
        Gauge("aiedge_usage_age_ms", "Age of the oldest record that was sent and is not acknowledged, in milliseconds.", usage.AgeMs);

        void Gauge(string name, string help, long value) => MetricsText.Gauge(text, name, help, value);
    }
}
