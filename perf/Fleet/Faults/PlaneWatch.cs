using System.Globalization;

namespace AiEdge.FleetTest.Faults;

/// <summary>What the data plane's metrics say of the bad target and of retries, looked at again and again.</summary>
internal sealed class PlaneWatch(StandalonePlane plane, Caller caller)
{
    /// <summary>The span that a budget of ten seconds, kept by whole seconds, has always in view.</summary>
    private const double BudgetMs = 9_000;

    private const int BudgetFloor = 10;
    private const string Bad = "gen_ai_provider_name=\"bad\"";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly List<(double AtMs, double Failures, double Ejections, double Granted, int Begun)> _seen = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var text = await plane.MetricsAsync();
            var (failures, ejections) = (Value(text, "aiedge_target_failures_total", Bad), Value(text, "aiedge_target_ejections_total", Bad));
            _seen.Add((caller.Now, failures, ejections, Value(text, "aiedge_retry_budget_total", "outcome=\"granted\""), caller.Begun));
            if (Ejections > 0)
                EjectedAt ??= TimeProvider.System.GetUtcNow();
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    /// <summary>When it was first seen to be ejected, to within the pause between looks; null where it was not.</summary>
    public DateTimeOffset? EjectedAt { get; private set; }

    public double Failures => _seen[^1].Failures;

    public double Ejections => _seen[^1].Ejections;

    public double Retries => _seen[^1].Granted;

    /// <summary>The most that was used of the retries' budget, in any ten seconds: retries, and what they might have been.</summary>
    public (double Retries, double Most) MostRetries(int percent)
    {
        var (worst, last) = ((Retries: 0.0, Most: (double)BudgetFloor), 0);
        for (var i = 0; i < _seen.Count; i++)
        {
            while (_seen[i].AtMs - _seen[last].AtMs > BudgetMs)
                last++;
            var retries = _seen[i].Granted - _seen[last].Granted;
            var most = ((_seen[i].Begun - _seen[last].Begun) * percent / 100.0) + BudgetFloor;
            if (retries / most > worst.Retries / worst.Most)
                worst = (retries, most);
        }

        return worst;
    }

    private static double Value(string metrics, string family, string label)
    {
        foreach (var line in metrics.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(family) && line.Contains(label, StringComparison.Ordinal))
                return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
