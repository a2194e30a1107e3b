using System.Diagnostics;
using System.Globalization;
using AiEdge.FakeUpstream;

namespace AiEdge.FleetTest;

/// <summary>When requests were offered to the planes, and when they came to the provider: seconds since the load began, by plane.</summary>
internal sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly List<(double At, int Plane)> _offered = [];
    private readonly List<(double At, int Plane)> _admitted = [];
    private long _began = long.MaxValue;

    /// <summary>Asked by the provider for each request; its model says by which plane it came.</summary>
    public string? OnRequest(ReceivedRequest request)
    {
        var now = Stopwatch.GetTimestamp();
        if (request.Model is { } model && model.StartsWith("plane-", StringComparison.Ordinal)
            && int.TryParse(model.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var plane))
        {
            lock (_gate)
                _admitted.Add((Seconds(now), plane));
        }

        return null;
    }

    /// <summary>From now on time runs, and what came before is forgotten. Before the first request, so that the bucket is never older.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _admitted.Clear();
            _began = Stopwatch.GetTimestamp();
        }
    }

    public double Now => Seconds(Stopwatch.GetTimestamp());

    public void Offer(int plane)
    {
        lock (_gate)
            _offered.Add((Now, plane));
    }

    public int Offered(double from, double to, int plane = -1) => Count(_offered, from, to, plane);

    public int Admitted(double from, double to, int plane = -1) => Count(_admitted, from, to, plane);

    /// <summary>The most by which burst + rate × time since the begin was exceeded at any moment; below 0 where it never was.</summary>
    public double Over(double rate, double burst)
    {
        var over = double.NegativeInfinity;
        lock (_gate)
        {
            _admitted.Sort();
            for (var i = 0; i < _admitted.Count; i++)
                over = Math.Max(over, i + 1 - burst - rate * _admitted[i].At);
        }

        return over;
    }

    /// <summary>The most that came beyond rate × time in any span, wherever it begins. What was on its way to the provider longer counts as at once.</summary>
    public double Peak(double rate)
    {
        double level = 0, peak = 0, last = 0;
        lock (_gate)
        {
            _admitted.Sort();
            foreach (var (at, _) in _admitted)
            {
                level = Math.Max(0, level - (at - last) * rate) + 1;
                last = at;
                peak = Math.Max(peak, level);
            }
        }

        return peak;
    }

    private double Seconds(long at) => (at - _began) / (double)Stopwatch.Frequency;

    private int Count(List<(double At, int Plane)> events, double from, double to, int plane)
    {
        lock (_gate)
            return events.Count(e => e.At >= from && e.At < to && (plane < 0 || e.Plane == plane));
    }
}
