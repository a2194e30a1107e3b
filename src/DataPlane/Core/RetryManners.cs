using System.Diagnostics;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// What a connection has shown of how its client retries: whether who was refused waits as long as he was told. It says of a request
/// whether it certainly is a new one, which has to leave alone what was promised to those who were refused before it.
/// </summary>
/// <remarks>
/// A request that waited must never be taken for a new one. So it is one only where all of these hold: the request before it on the
/// connection was served, for the same key, and had ended less than <see cref="RestMs"/> before; somebody was refused on this connection
/// and came again after his time; and nobody ever came before it. A pool or a proxy that many clients share is found out by the last: the next
/// of them does not wait for the one that was refused.
/// </remarks>
internal struct RetryManners
{
    /// <summary>Who rests longer between two requests may be another client of the same pool.</summary>
    public const int RestMs = 10;

    private string? _served;
    private long _endedAt;
    private long _toldUntil;
    private bool _waits;
    private bool _isShared;

    /// <summary>A request begins; the time is <see cref="Stopwatch"/>'s.</summary>
    public void OnBegin(long startedAt)
    {
        if (_toldUntil == 0)
            return;
        if (startedAt < _toldUntil)
            _isShared = true;
        else
            _waits = true;
        _toldUntil = 0;
    }

    /// <summary>Whether the request of a key that began at a time cannot be one that was refused before.</summary>
    public readonly bool IsNewcomer(string key, long startedAt) =>
        _waits && !_isShared && _served == key && startedAt - _endedAt < RestMs * (Stopwatch.Frequency / 1000);

    /// <summary>A request ends.</summary>
    /// <param name="key">Whose it was; null where nobody knows.</param>
    /// <param name="startedAt">When it began.</param>
    /// <param name="endedAt">The present.</param>
    /// <param name="toldNs">How long it was told to wait, in nanoseconds; 0 where no limit refused it.</param>
    public void OnEnd(string? key, long startedAt, long endedAt, long toldNs)
    {
        _served = toldNs == 0 ? key : null;
        _endedAt = endedAt;

        // From its beginning on: the answer was written later, and who comes a wait after that has waited.
        _toldUntil = toldNs == 0 ? 0 : startedAt + (long)(Math.Min(toldNs, 1e15) / 1e9 * Stopwatch.Frequency);
    }
}
