using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Forward;

/// <summary>What one of a server's metrics says of how busy it is.</summary>
internal enum LoadSignal : byte
{
    Waiting,
    Running,
    CacheUse,
}

/// <summary>
/// What one reading of a server's metrics says, by the model that they are labelled with. Of several series of one model requests add up, and of
/// caches the fullest counts.
/// </summary>
internal sealed class ReportedLoads
{
    /// <summary>Models that are told apart; series of others only count among all.</summary>
    public const int ModelsMax = 64;

    /// <summary>No server has so many requests: what says so says that it has no room.</summary>
    private const double RequestsMax = 1_000_000_000;

    private readonly List<(byte[] Model, ReportedLoad Load)> _models = [];
    private ReportedLoad _all = ReportedLoad.Nothing;

    /// <summary>Whether anything was read.</summary>
    public bool IsAny => _all.IsAny;

    public void Clear()
    {
        _models.Clear();
        _all = ReportedLoad.Nothing;
    }

    /// <summary>One series.</summary>
    /// <param name="signal">What it says.</param>
    /// <param name="model">Of which model; empty where it does not say.</param>
    /// <param name="value">Requests, or a part of one; not below zero, and finite.</param>
    public void Add(LoadSignal signal, ReadOnlySpan<byte> model, double value)
    {
        var number = signal == LoadSignal.CacheUse
            ? (long)(Math.Min(value, 1) * ReportedLoad.WholePpm) : (long)Math.Min(Math.Ceiling(value), RequestsMax);
        _all = With(_all, signal, number);
        if (model.IsEmpty)
            return;
        for (var i = 0; i < _models.Count; i++)
        {
            if (!_models[i].Model.AsSpan().SequenceEqual(model))
                continue;
            _models[i] = (_models[i].Model, With(_models[i].Load, signal, number));
            return;
        }

        if (_models.Count < ModelsMax)
            _models.Add((model.ToArray(), With(ReportedLoad.Nothing, signal, number)));
    }

    /// <summary>What is said of a model; of all together where nothing is said of it by its name, for they share the server.</summary>
    public ReportedLoad Of(ReadOnlySpan<byte> model)
    {
        foreach (var (name, load) in _models)
        {
            if (name.AsSpan().SequenceEqual(model))
                return load;
        }

        return _all;
    }

    private static ReportedLoad With(in ReportedLoad load, LoadSignal signal, long number) => signal switch
    {
        LoadSignal.Waiting => load with { Waiting = Math.Max(0, load.Waiting) + number },
        LoadSignal.Running => load with { Running = Math.Max(0, load.Running) + number },
        _ => load with { CachePpm = Math.Max(load.CachePpm, number) },
    };
}
