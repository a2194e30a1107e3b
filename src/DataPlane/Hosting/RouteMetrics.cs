using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
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
        PerTarget("aiedge_target_full_total", "counter", "Requests that a target was passed over for because it was full.", static target => target.Load.Full);
        PerTarget("aiedge_target_latency_us", "gauge", "Peak average of a target's time to the first token, in us.", target => target.Load.LatencyUs(nowMs));
        PerTarget("aiedge_target_input_tokens_total", "counter", "Tokens of prompts that a target reported.", static target => target.Load.InputTokens);
        PerTarget("aiedge_target_cached_tokens_total", "counter", "Those of them that its cache had.", static target => target.Load.CachedTokens);
        MetricsText.Family(text, "aiedge_target_cached_ratio", "gauge", "Part of its prompts' tokens that a target's cache had, since the start.");
        foreach (var target in targets)
        {
            if (target.Load.InputTokens is > 0 and var input)
                MetricsText.Sample(text, "aiedge_target_cached_ratio", Labels(target), (double)target.Load.CachedTokens / input);
        }

        WriteSignals(text, targets, nowMs);
        PerTarget("aiedge_target_paused_ms", "gauge", "How long a target, or its account, is left alone.",
            target => Math.Max(target.Pause.LeftMs(nowMs), Accounts.PauseLeftMs(target.Asked, nowMs)));
        PerAccount("aiedge_account_paused_ms", "gauge", "How long an account is left alone.", account => account.PauseLeftMs(nowMs));
        PerAccount("aiedge_account_paced_total", "counter", "Times that an account had too little left for a request.", static account => account.Paced);
        PerLimit("aiedge_account_remaining", "What is left of this plane's part of an account's limits with its provider, as far as that is known.",
            limit => limit.Left(nowMs));
        PerLimit("aiedge_account_part_ratio", "This plane's part of an account's limits; 1 for all.",
            static limit => limit.PartPpm / (double)AccountLimit.WholePpm);
        MetricsText.Family(text, "aiedge_retry_budget_total", "counter", "Retries by model, and whether the budget allowed them.");
        foreach (var (model, budget) in routes.Budgets)
        {
            var label = "gen_ai_request_model=\"" + MetricsText.Escape(model) + "\"";
            MetricsText.Sample(text, "aiedge_retry_budget_total", label + ",outcome=\"granted\"", budget.Granted);
            MetricsText.Sample(text, "aiedge_retry_budget_total", label + ",outcome=\"refused\"", budget.Refused);
        }

        WriteHedges(text, routes);
        WriteCascades(text, routes);
        WriteDegrades(text, routes);
        WriteEnsembles(text, routes);

        void PerAccount(string name, string type, string help, Func<AccountState, long> value)
        {
            MetricsText.Family(text, name, type, help);
            foreach (var (its, account) in routes.Accounts)
                MetricsText.Sample(text, name, Labels(its), value(account));
        }

        void PerLimit(string name, string help, Func<AccountLimit, double> value)
        {
            MetricsText.Family(text, name, "gauge", help);
            foreach (var ((provider, account, model), limits) in routes.AllLimits())
            {
                var labels = Labels((provider, account)) + ",target=\"" + MetricsText.Escape(model) + "\",unit=\"";
                foreach (var (unit, limit) in ((string, AccountLimit)[])[("requests", limits.Requests), ("tokens", limits.Tokens),
                    ("input_tokens", limits.InputTokens), ("output_tokens", limits.OutputTokens)])
                {
                    if (limit.Limit > 0)
                        MetricsText.Sample(text, name, labels + unit + "\"", value(limit));
                }
            }
        }

        void PerTarget(string name, string type, string help, Func<TargetView, long> value)
        {
            MetricsText.Family(text, name, type, help);
            foreach (var target in targets)
                MetricsText.Sample(text, name, Labels(target), value(target));
        }
    }

    private static void WriteDegrades(StringBuilder text, RouteStates routes)
    {
        MetricsText.Family(text, "aiedge_model_degraded_total", "counter", "Requests that a model's capacity turned to another model or capped.");
        foreach (var (model, degrades) in routes.Degrades)
            MetricsText.Sample(text, "aiedge_model_degraded_total", "gen_ai_request_model=\"" + MetricsText.Escape(model) + "\"", degrades.Degraded);
    }

    /// <summary>What providers answered that are asked whether they are there.</summary>
    public static void Write(StringBuilder text, ProviderWatch watch)
    {
        MetricsText.Family(text, "aiedge_provider_probe_up", "gauge", "0 while a provider's targets are not asked because its probe failed.");
        foreach (var one in watch.All)
            MetricsText.Sample(text, "aiedge_provider_probe_up", Label(one), one.State.IsGone ? 0 : 1);
        MetricsText.Family(text, "aiedge_provider_probes_total", "counter", "Times that a provider was asked whether it is there.");
        foreach (var one in watch.All)
        {
            MetricsText.Sample(text, "aiedge_provider_probes_total", Label(one) + ",outcome=\"answered\"", Volatile.Read(ref one.State.Answered));
            MetricsText.Sample(text, "aiedge_provider_probes_total", Label(one) + ",outcome=\"failed\"", Volatile.Read(ref one.State.Failed));
        }

        static string Label(ProviderWatch.Watched one) => "gen_ai_provider_name=\"" + MetricsText.Escape(one.Provider.Name) + "\"";
    }

    /// <summary>What became of the readings of providers' own metrics.</summary>
    public static void Write(StringBuilder text, CapacityWatch watch)
    {
        MetricsText.Family(text, "aiedge_provider_capacity_readings_total", "counter", "Times that a provider's metrics were read, by what became of it.");
        foreach (var one in watch.All)
        {
            var label = "gen_ai_provider_name=\"" + MetricsText.Escape(one.Provider.Name) + "\",outcome=\"";
            MetricsText.Sample(text, "aiedge_provider_capacity_readings_total", label + "read\"", Volatile.Read(ref one.State.Read));
            MetricsText.Sample(text, "aiedge_provider_capacity_readings_total", label + "failed\"", Volatile.Read(ref one.State.Failed));
            MetricsText.Sample(text, "aiedge_provider_capacity_readings_total", label + "unknown\"", Volatile.Read(ref one.State.Unknown));
        }
    }

    /// <summary>What servers say of themselves, as long as it holds.</summary>
    private static void WriteSignals(StringBuilder text, IReadOnlyCollection<TargetView> targets, long nowMs)
    {
        Reported("aiedge_target_reported_waiting", "Requests that wait at a target, by its own word.", 1, static load => load.Waiting);
        Reported("aiedge_target_reported_running", "Requests that a target works at, by its own word.", 1, static load => load.Running);
        Reported(
            "aiedge_target_reported_cache_ratio", "Part of its key-value cache that a target has in use, by its own word.", ReportedLoad.WholePpm,
            static load => load.CachePpm);

        void Reported(string name, string help, double unit, Func<ReportedLoad, long> value)
        {
            MetricsText.Family(text, name, "gauge", help);
            foreach (var target in targets)
            {
                if (target.Signals is { } signals && value(signals.Reported(nowMs)) is not ReportedLoad.Unknown and var known)
                    MetricsText.Sample(text, name, Labels(target), known / unit);
            }
        }
    }

    private static void WriteHedges(StringBuilder text, RouteStates routes)
    {
        MetricsText.Family(text, "aiedge_hedge_total", "counter", "Second targets by model: asked, of these sooner, or not asked and why.");
        foreach (var (model, hedges) in routes.Hedges)
        {
            var label = "gen_ai_request_model=\"" + MetricsText.Escape(model) + "\"";
            MetricsText.Sample(text, "aiedge_hedge_total", label + ",outcome=\"sent\"", hedges.Budget.Granted);
            MetricsText.Sample(text, "aiedge_hedge_total", label + ",outcome=\"won\"", hedges.Won);
            MetricsText.Sample(text, "aiedge_hedge_total", label + ",outcome=\"refused\"", hedges.Budget.Refused);
            MetricsText.Sample(text, "aiedge_hedge_total", label + ",outcome=\"barred\"", hedges.Barred);
        }
    }

    private static void WriteCascades(StringBuilder text, RouteStates routes)
    {
        MetricsText.Family(text, "aiedge_cascade_total", "counter", "Cheaper models asked first, by model: kept, or given up for what.");
        foreach (var (model, cascades) in routes.Cascades)
        {
            var label = "gen_ai_request_model=\"" + MetricsText.Escape(model) + "\"";
            foreach (var outcome in Enum.GetValues<CascadeOutcome>())
                MetricsText.Sample(text, "aiedge_cascade_total", label + ",outcome=\"" + CascadeState.Word(outcome) + "\"", cascades.Of(outcome));
        }
    }

    private static void WriteEnsembles(StringBuilder text, RouteStates routes)
    {
        MetricsText.Family(text, "aiedge_ensemble_total", "counter", "Attempts of requests that are sent several times at once, by model: what came of them.");
        foreach (var (model, ensembles) in routes.Ensembles)
        {
            var label = "gen_ai_request_model=\"" + MetricsText.Escape(model) + "\"";
            foreach (var outcome in Enum.GetValues<EnsembleOutcome>())
                MetricsText.Sample(text, "aiedge_ensemble_total", label + ",outcome=\"" + EnsembleState.Word(outcome) + "\"", ensembles.Of(outcome));
        }
    }

    private static string Labels((string Provider, string Account) its) =>
        "gen_ai_provider_name=\"" + MetricsText.Escape(its.Provider) + "\",account=\"" + MetricsText.Escape(its.Account) + "\"";

    private static string Labels(TargetView target) =>
        "gen_ai_provider_name=\"" + MetricsText.Escape(target.Provider) + "\",target=\"" + MetricsText.Escape(target.Model) + "\"";
}
