namespace AiEdge.FakeUpstream;

/// <summary>One limit of one credential. Whoever uses it holds its account's lock.</summary>
internal sealed class KeptLimit(long size, ProviderLimits limits)
{
    private readonly double _periodMs = limits.Period.TotalMilliseconds;
    private double _left = size * limits.Begin;
    private double _atMs = -1;

    public long Size => size;

    public long Remaining => (long)_left;

    /// <summary>What comes back until then comes back.</summary>
    public void Move(double nowMs)
    {
        if (_atMs < 0)
            _atMs = nowMs;
        if (!limits.IsWindow)
            _left = Math.Min(size, _left + ((nowMs - _atMs) * size / _periodMs));
        else if ((long)(nowMs / _periodMs) > (long)(_atMs / _periodMs))
            _left = size;
        _atMs = nowMs;
    }

    public bool Has(long cost) => size == 0 || _left >= cost;

    public void Take(long cost) => _left -= size == 0 ? 0 : cost;

    /// <summary>When all of it is back, from now.</summary>
    public double ResetMs => limits.IsWindow ? _periodMs - (_atMs % _periodMs) : (size - _left) * _periodMs / size;

    /// <summary>When so much of it is back, from now.</summary>
    public double WaitMs(long cost) => Has(cost) ? 0 : limits.IsWindow ? ResetMs : (cost - _left) * _periodMs / size;
}
