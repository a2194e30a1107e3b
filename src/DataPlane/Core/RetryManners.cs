namespace AiEdge.DataPlane.Core;

/// <summary>
/// What a connection has shown of how its client retries: whether who was refused waits as long as he was told. It says of a request
/// whether it certainly is a new one, which has to leave alone what was promised to those who were refused before it.
/// </summary>
/// <remarks>
/// A request that waited must never be taken for a new one. So it is one only where all of these hold: the request before it on the
/// connection was served, for the same key, and had ended less than <see cref="RestNs"/> before; somebody was refused on this connection
/// and came again after his time; and nobody ever came before it. A pool or a proxy that many clients share is found out by the last: the next
/// of them does not wait for the one that was refused.
/// </remarks>
internal struct RetryManners
{
    /// <summary>Who rests longer between two requests, in nanoseconds, may be another client of the same pool.</summary>
    public const long RestNs = 10_000_000;

    /// <summary>So much before his time, in nanoseconds, who waited may come: timers count in milliseconds and round as they like.</summary>
    public const long EarlyNs = 5_000_000;

    private string? _served;
    private long _beganNs;
    private long _endedNs;
    private long _toldUntilNs;
    private bool _waits;
    private bool _isShared;

    /// <summary>A request that limits bind asks to be admitted; says whether it cannot be one that was refused before.</summary>
    public bool OnAsked(string key, long nowNs)
    {
        _beganNs = nowNs;
        if (_toldUntilNs == 0)
            return _waits && !_isShared && _served == key && nowNs - _endedNs < RestNs;
        if (nowNs < _toldUntilNs - EarlyNs)
            _isShared = true;
        else
            _waits = true;
        _toldUntilNs = 0;
        return false;
    }

    /// <summary>The same request ends.</summary>
    /// <param name="key">Whose it was.</param>
    /// <param name="nowNs">The present.</param>
    /// <param name="toldNs">How long it was told to wait, in nanoseconds; 0 where no limit refused it.</param>
    public void OnEnded(string key, long nowNs, long toldNs)
    {
        (_served, _endedNs) = (toldNs == 0 ? key : null, nowNs);

        // From its question on: the answer was written later, and who comes a wait after that has waited.
        _toldUntilNs = toldNs == 0 ? 0 : _beganNs + Math.Min(toldNs, long.MaxValue / 4);
    }
}
