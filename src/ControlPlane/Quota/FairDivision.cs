using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Quota;

/// <summary>Somebody who wants a part: in the allocator, a key with the demand of its requests of one class on all planes together.</summary>
internal sealed class Claimant(string name)
{
    private readonly List<double> _asked = [];

    public string Name { get; } = name;

    /// <summary>Units, or units a second; at least 0.</summary>
    public double Demand { get; set; }

    /// <summary>What it gets of it.</summary>
    public double Given { get; set; }

    public Priority Priority { get; set; } = Priority.Normal;

    /// <summary>Its guaranteed share; -1 for none.</summary>
    public int Share { get; set; } = -1;

    /// <summary>What each plane that it has demand on gets at most of that; known once it is spread.</summary>
    public double Level { get; private set; }

    /// <summary>A plane has so much of its demand; before it is spread.</summary>
    public void OnPlane(double demand)
    {
        if (Given < Demand)
            _asked.Add(demand);
    }

    /// <summary>Divides what it was given between its planes, as between keys: none gets more while one with less wants more.</summary>
    public void Spread()
    {
        Level = double.MaxValue;
        if (Given >= Demand)
            return;
        _asked.Sort();
        var left = Given;
        for (var i = 0; i < _asked.Count; i++)
        {
            Level = left / (_asked.Count - i);
            if (_asked[i] >= Level)
                break;
            left -= _asked[i];
        }

        _asked.Clear();
    }
}

/// <summary>
/// Who gets how much: guaranteed shares first, then classes from high to low with a floor of 5 % each, and max-min fair within a class:
/// nobody gets more while somebody with less wants more.
/// </summary>
internal sealed class FairDivision
{
    /// <summary>What a class is sure of while it has demand, whatever those above it want.</summary>
    public const double ClassFloor = 0.05;

    private readonly List<Claimant> _some = [];
    private readonly double[] _demand = new double[3];
    private readonly double[] _given = new double[3];

    /// <summary>Sets what each gets of <paramref name="capacity"/>; together never more than that, and less only if they want less.</summary>
    public void Divide(IReadOnlyList<Claimant> all, double capacity, IReadOnlyList<int> shares)
    {
        double demand = 0;
        foreach (var claimant in all)
        {
            demand += claimant.Demand;
            claimant.Given = 0;
        }

        if (demand <= capacity)
        {
            foreach (var claimant in all)
                claimant.Given = claimant.Demand;
            return;
        }

        var rest = Math.Max(0, capacity);
        for (var share = 0; share < shares.Count; share++)
            rest -= DivideClasses(all, share, Math.Min(rest, Math.Max(0, capacity) * shares[share] / 100));
        DivideClasses(all, -1, rest);
    }

    private static int Rank(Priority priority) => priority switch
    {
        Priority.High => 0,
        Priority.Low => 2,
        _ => 1,
    };

    /// <summary>Divides among those of a share, or all for -1; says how much it gave.</summary>
    private double DivideClasses(IReadOnlyList<Claimant> all, int share, double amount)
    {
        Array.Clear(_demand);
        foreach (var claimant in all)
        {
            if (share < 0 || claimant.Share == share)
                _demand[Rank(claimant.Priority)] += claimant.Demand - claimant.Given;
        }

        var left = amount;
        for (var rank = 0; rank < 3; rank++)
        {
            _given[rank] = Math.Min(_demand[rank], amount * ClassFloor);
            left -= _given[rank];
        }

        for (var rank = 0; rank < 3; rank++)
        {
            var more = Math.Max(0, Math.Min(_demand[rank] - _given[rank], left));
            _given[rank] += more;
            left -= more;
        }

        double sum = 0;
        for (var rank = 0; rank < 3; rank++)
        {
            Fill(all, share, rank, _given[rank]);
            sum += _given[rank];
        }

        return sum;
    }

    private void Fill(IReadOnlyList<Claimant> all, int share, int rank, double amount)
    {
        if (amount <= 0)
            return;
        _some.Clear();
        foreach (var claimant in all)
        {
            if ((share < 0 || claimant.Share == share) && Rank(claimant.Priority) == rank && claimant.Demand > claimant.Given)
                _some.Add(claimant);
        }

        // Whoever wants no more than an even part of what is left gets it, which leaves more for the others, until nobody does. Not sorted:
        // a few rounds over a thousand are a tenth of the work.
        var left = amount;
        for (var before = -1; before != _some.Count && _some.Count > 0;)
        {
            before = _some.Count;
            var even = left / before;
            for (var i = _some.Count - 1; i >= 0; i--)
            {
                var wanted = _some[i].Demand - _some[i].Given;
                if (wanted > even)
                    continue;
                _some[i].Given += wanted;
                left -= wanted;
                _some[i] = _some[^1];
                _some.RemoveAt(_some.Count - 1);
            }
        }

        foreach (var claimant in _some)
            claimant.Given += Math.Max(0, left) / _some.Count;
    }
}
