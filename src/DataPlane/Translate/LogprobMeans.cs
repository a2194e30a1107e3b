namespace AiEdge.DataPlane.Translate;

/// <summary>Means of the log-probabilities that the tokens of an answer's choices have.</summary>
internal sealed class LogprobMeans
{
    private readonly List<(double Sum, long Tokens)> _choices = [];

    /// <summary>The mean of the choice whose tokens are the least probable; 0, which is certainty, where none is told.</summary>
    public double Lowest
    {
        get
        {
            var lowest = 0.0;
            foreach (var (sum, tokens) in _choices)
                lowest = tokens > 0 ? Math.Min(lowest, sum / tokens) : lowest;
            return lowest;
        }
    }

    public void Reset() => _choices.Clear();

    /// <summary>Adds what tokens of a choice sum up to.</summary>
    public void Add(int choice, double sum, long tokens)
    {
        while (_choices.Count <= choice)
            _choices.Add(default);
        var known = _choices[choice];
        _choices[choice] = (known.Sum + sum, known.Tokens + tokens);
    }
}
