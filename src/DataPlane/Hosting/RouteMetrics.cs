using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Hosting;

/// <summary>What is known of targets, for the metrics.</summary>
internal static class RouteMetrics
{
    public static void Write(StringBuilder text, RouteStates routes, long nowMs)
    {
        var targets = routes.Targets;
        PerTarget("aiedge_target_ejected", "gauge", "1 while a target is not asked because it failed, or is being probed.",
            target => target.Health.Phase == HealthPhase.Closed ? 0 : 1);
        PerTarget("aiedge_target_ejections_total", "counter", "Times that a target was ejected.", static target => target.Health.Ejections);
        PerTarget("aiedge_target_failures_total", "counter", "Attempts that failed for their target's sake.", static target => target.Health.Failures);
        PerTarget("aiedge_target_pending", "gauge", "Requests under way at a target.", static target => target.Load.Pending);
        PerTarget("aiedge_target_latency_us", "gauge", "Peak average of a target's time to the first token, in us.", target => target.Load.LatencyUs(nowMs));
        PerTarget("aiedge_target_paused_ms", "gauge", "How long a target's account is left alone.", target => target.Account.PauseLeftMs(nowMs));
        MetricsText.Family(text, "aiedge_retry_budget_total", "counter", "Retries by model, and whether the budget allowed them.");
        foreach (var (model, budget) in routes.Budgets)
        {
            var label = "gen_ai_request_model=\"" + MetricsText.Escape(model) + "\"";
            MetricsText.Sample(text, "aiedge_retry_budget_total", label + ",outcome=\"granted\"", budget.Granted);
            MetricsText.Sample(text, "aiedge_retry_budget_total", label + ",outcome=\"refused\"", budget.Refused);
        }

        void PerTarget(string name, string type, string help, Func<TargetView, long> value)
        {
            MetricsText.Family(text, name, type, help);
            foreach (var target in targets)
                MetricsText.Sample(text, name, Labels(target), value(target));
        }
    }

    private static string Labels(TargetView target) =>
        "gen_ai_provider_name=\"" + MetricsText.Escape(target.Provider) + "\",target=\"" + MetricsText.Escape(target.Model) + "\"";
}
