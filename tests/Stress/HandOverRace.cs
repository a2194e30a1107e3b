namespace AiEdge.Stress.Tests;

/// <summary>Rounds in which a receive arrives, a reader waits or watches, and somebody cancels, all at once; and what must come of each.</summary>
internal sealed class HandOverRace
{
    private readonly Func<IHandOver> _make;
    private IHandOver _input;
    private bool _watches;
    private bool _arrives;
    private bool _cancels;
    private bool _ends;
    private bool _isWatched;
    private bool _isReaderThrough;
    private bool _hasArrived;
    private bool _wasCanceled;
    private int _toldBefore;
    private int _kept;

    private HandOverRace(Func<IHandOver> make)
    {
        _make = make;
        _input = make();
    }

    /// <summary>The first fault that is found in the time given, or null.</summary>
    public static string? Find(Func<IHandOver> make, TimeSpan time)
    {
        var race = new HandOverRace(make);
        return Race.Rounds(time, race.Before, race.Judge, race.Reader, race.Wire, race.Canceller);
    }

    private void Before(Random random)
    {
        (_watches, _arrives, _cancels) = (random.Next(3) == 0, random.Next(4) > 0, random.Next(3) == 0);
        _ends = random.Next(40) == 0;
        (_isWatched, _isReaderThrough, _hasArrived) = (false, false, false);
        _toldBefore = _input.Told;
        _input.StopWatching();
    }

    private void Reader(Random random)
    {
        if (_watches)
            _isWatched = _input.Watch();
        else
            _input.BeginRead();
        Volatile.Write(ref _isReaderThrough, true);
    }

    private void Wire(Random random)
    {
        if (!_arrives)
            return;
        var spin = default(SpinWait);
        while (!_input.IsReceiving && !Volatile.Read(ref _isReaderThrough))
            spin.SpinOnce(sleep1Threshold: -1);
        if (!_input.IsReceiving)
            return;
        _hasArrived = true;
        _input.Arrive(_ends ? 0 : random.Next(1, 40));
    }

    private void Canceller(Random random)
    {
        if (_cancels)
            _input.Cancel();
    }

    private string? Judge(Random random)
    {
        var fault = _watches ? JudgeWatch() : JudgeRead(random);
        if (fault is not null)
            return fault;
        if (!_watches && _cancels)
            return JudgeCancel();
        if (_watches && _cancels)
        {
            _input.BeginRead();
            return _input.IsReadDone && ReadAll().IsCanceled ? Renew() : "a cancellation before a read was lost";
        }

        return Renew();
    }

    private string? JudgeWatch()
    {
        var told = _input.Told - _toldBefore;
        if (told > (_hasArrived ? 1 : 0))
            return $"the watcher was told {told} times";
        return _isWatched && _hasArrived && told == 0 ? "the watcher was not told" : null;
    }

    private string? JudgeRead(Random random)
    {
        if (!_input.IsReadDone)
        {
            if (_hasArrived || _cancels)
                return _hasArrived ? "an arrival woke nobody" : "a cancellation woke nobody";

            // Nothing happened: end the round by a cancellation, which must end the wait.
            _input.Cancel();
            return _input.IsReadDone && ReadAll().IsCanceled ? null : "a cancellation of a waiting read was lost";
        }

        var before = _kept;
        var keep = random.Next(2) == 0 ? 0 : random.Next(8);
        var heard = _input.EndRead(keep);
        _kept = Math.Min(keep, heard.Count);
        _wasCanceled = heard.IsCanceled;
        if (heard.IsEnded && !(_ends && _hasArrived))
            return "the connection ended by itself";
        if (heard.IsCanceled && !_cancels)
            return "a read was cancelled by nobody";
        if (_hasArrived && !_ends && heard.IsCanceled && heard.Count == before)
            return JudgeKept();
        return heard is { Count: 0, IsCanceled: false, IsEnded: false } ? "a read brought nothing" : null;
    }

    // What arrived while a cancellation ended the read is there for the next one.
    private string? JudgeKept()
    {
        _input.BeginRead();
        if (!_input.IsReadDone)
            return "what arrived beside a cancellation was lost";
        var before = _kept;
        var next = ReadAll();
        return next.Count > before && !next.IsCanceled ? null : "what arrived beside a cancellation was not read";
    }

    // A cancellation that found the read ended by an arrival is kept for the next one.
    private string? JudgeCancel()
    {
        if (_wasCanceled)
            return Renew();
        _input.BeginRead();
        return _input.IsReadDone && ReadAll().IsCanceled ? Renew() : "a cancellation was lost";
    }

    private Heard ReadAll()
    {
        _kept = 0;
        return _input.EndRead(0);
    }

    private string? Renew()
    {
        _wasCanceled = false;
        if (!_ends || !_hasArrived)
            return null;

        // The end has come: it is there to be read, and nothing can come after it.
        _input.BeginRead();
        if (!_input.IsReadDone || !ReadAll().IsEnded)
            return "the end was lost";
        _input.Complete();
        _input = _make();
        return null;
    }
}
