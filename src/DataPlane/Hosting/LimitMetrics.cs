using System.Text;
using AiEdge.DataPlane.Admit;

namespace AiEdge.DataPlane.Hosting;

/// <summary>What limits have done, as Prometheus text. The label is the limit's name, out of the configuration.</summary>
internal static class LimitMetrics
{
    public static void Write(StringBuilder text, LimitStates limits)
    {
        Family(text, limits, "aiedge_limit_refusals_total", "Requests that a limit refused.", static c => c.Refused);
        Family(
            text, limits, "aiedge_limit_shadow_refusals_total", "Requests and streams that a shadow would have stopped.", static c => c.WouldHaveRefused);
        Family(text, limits, "aiedge_limit_clamps_total", "Requests whose output was capped at a limit's credit.", static c => c.Clamped);
        Family(text, limits, "aiedge_limit_degraded_total", "Requests that a limit turned to another model or capped.", static c => c.Degraded);
        Family(text, limits, "aiedge_limit_cuts_total", "Streams that a limit ended.", static c => c.Cut);
        Family(text, limits, "aiedge_limit_overdraws_total", "Slices of output that were taken beyond a limit, into debt.", static c => c.Overdrawn);
        Family(text, limits, "aiedge_limit_queued_total", "Requests that waited for a limit.", static c => c.Queued);
        Family(text, limits, "aiedge_limit_queue_served_total", "Requests that waited for a limit and were admitted.", static c => c.Served);
        Family(text, limits, "aiedge_limit_waiting", "Requests that wait for a limit now.", static c => c.Waiting, "gauge");
        MetricsText.Family(text, "aiedge_limit_buckets", "gauge", "Buckets of limits that are kept by key, team, address, tag or the like.");
        var buckets = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var part in limits.Parts)
            buckets[part.Part.Limit.Name] = buckets.GetValueOrDefault(part.Part.Limit.Name) + part.Count;
        foreach (var (name, count) in buckets)
            MetricsText.Sample(text, "aiedge_limit_buckets", Label(name), count);
        MetricsText.Gauge(text, "aiedge_reservations_open", "Reservations of credit that are not settled yet.", limits.Reservations.Count);
        MetricsText.Counter(
            text, "aiedge_reservation_expired_total", "Reservations that nobody settled in time: their credit went back.", limits.Reservations.Expired);
        MetricsText.Counter(
            text, "aiedge_reservation_late_total", "Exchanges that ended after their reservation had expired, and were charged then.", limits.LateSettlements);
    }

    private static void Family(StringBuilder text, LimitStates limits, string name, string help, Func<LimitCounters, long> value, string type = "counter")
    {
        MetricsText.Family(text, name, type, help);
        foreach (var (limit, counters) in limits.Counters)
            MetricsText.Sample(text, name, Label(limit), value(counters));
    }

    private static string Label(string limit) => "limit=\"" + MetricsText.Escape(limit) + "\"";
}
