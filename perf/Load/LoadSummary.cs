namespace AiEdge.Load;

/// <summary>A run's figures, ready to be written out. Times are in microseconds unless their name says otherwise.</summary>
public sealed record LoadSummary
{
    public required string Url { get; init; }

    public required string Model { get; init; }

    /// <summary>0 stands for a closed loop.</summary>
    public required double RateAsked { get; init; }

    public required int Workers { get; init; }

    public required double WindowSeconds { get; init; }

    public required long Calls { get; init; }

    public required long Failed { get; init; }

    public required long Events { get; init; }

    public required double LatestStartUs { get; init; }

    public required Spread Latency { get; init; }

    public required Spread Service { get; init; }

    public required Spread FirstEvent { get; init; }

    public required Spread EventGap { get; init; }

    public required Spread OneWayDelay { get; init; }

    public required IReadOnlyList<ErrorCount> Errors { get; init; }

    public required IReadOnlyList<SecondOfRun> Seconds { get; init; }

    /// <summary>Processor seconds of the watched process in the window, and its memory at the window's end; null if none was watched.</summary>
    public double? CpuSeconds { get; init; }

    public long? PssKib { get; init; }

    public double CallsPerSecond => WindowSeconds > 0 ? Calls / WindowSeconds : 0;

    public double EventsPerSecond => WindowSeconds > 0 ? Events / WindowSeconds : 0;

    public long ErrorsInAll => Errors.Sum(error => error.Count);

    internal static LoadSummary Of(LoadTarget target, LoadPlan plan, Measures measures) => new()
    {
        Url = target.Url.ToString(),
        Model = target.Model,
        RateAsked = plan.Rate,
        Workers = plan.Workers,
        WindowSeconds = measures.WindowSeconds,
        Calls = measures.Calls,
        Failed = measures.Failed,
        Events = measures.Events,
        LatestStartUs = measures.LatestStart / 1000.0,
        Latency = Spread.Of(measures.Latency),
        Service = Spread.Of(measures.Service),
        FirstEvent = Spread.Of(measures.FirstEvent),
        EventGap = Spread.Of(measures.EventGap),
        OneWayDelay = Spread.Of(measures.OneWayDelay),
        Errors = [.. measures.Errors.Select(error => new ErrorCount(error.Class, error.Count, error.Example))],
        Seconds = measures.Seconds,
    };
}

/// <summary>One class of errors, with what the first of them looked like.</summary>
public sealed record ErrorCount(string Class, long Count, string Example);

/// <summary>A histogram's summary in microseconds, with the points that its curve is drawn from.</summary>
public sealed record Spread(long Count, double Mean, double P50, double P90, double P99, double P999, double Max, IReadOnlyList<double> Curve)
{
    /// <summary>The fractions at which <see cref="Curve"/> is read: evenly spaced in the number of nines.</summary>
    public static IReadOnlyList<double> Fractions { get; } = [.. Enumerable.Range(0, 61).Select(step => 1 - Math.Pow(10, -step / 12.0))];

    public static Spread Of(Histogram of)
    {
        double At(double fraction) => of.Percentile(fraction) / 1000.0;
        return new Spread(of.Count, of.Mean / 1000, At(0.5), At(0.9), At(0.99), At(0.999), of.Max / 1000.0, [.. Fractions.Select(At)]);
    }
}
