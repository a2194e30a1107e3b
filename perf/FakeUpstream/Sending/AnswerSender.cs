using System.Diagnostics;

namespace AiEdge.FakeUpstream;

/// <summary>What becomes of a connection behind an answer.</summary>
internal enum AfterAnswer
{
    KeepAlive,

    /// <summary>FIN, then wait for the client's.</summary>
    Finish,

    /// <summary>The script broke the connection.</summary>
    Broken,

    ClientLeft,
}

/// <summary>Sends one answer as its script wants it: the story of pace, cuts and stalls.</summary>
internal sealed class AnswerSender(Transport transport, PaceWaiter waiter, Task clientGone)
{
    private readonly PartSender _parts = new(transport, waiter);
    private readonly ByteWriter _head = new();
    private readonly ByteWriter _payload = new();
    private string _failEvent = "";

    /// <summary>Events of the present answer that were handed to the socket.</summary>
    public int EventsSent { get; private set; }

    /// <summary>Ends the stall of a stream; without it only the client's leaving does.</summary>
    public Task? Resumed { get; set; }

    /// <summary>Sends <paramref name="answer"/>; <paramref name="withoutBody"/> is what a HEAD request asks for.</summary>
    public async ValueTask<AfterAnswer> SendAsync(Answer answer, FakeScript script, long number, bool withoutBody)
    {
        EventsSent = 0;
        _failEvent = answer.FailEvent;
        _payload.Clear();
        if (await TryDivertAsync(script) is { } diverted)
            return diverted;
        if (answer.Events is null && !await _parts.TryWaitAsync(script.FirstUs))
            return AfterAnswer.ClientLeft;
        if (!await _parts.TryWaitAsync(script.HeadUs))
            return AfterAnswer.ClientLeft;
        if (withoutBody || answer.Status is 204 or 304)
            return await SendBareAsync(answer, script, number);
        var after = answer.Events is null ? await SendWholeAsync(answer, script, number) : await SendStreamAsync(answer, script, number);
        return after == AfterAnswer.KeepAlive && (script.Close || script.Framing == Framing.Eof) ? AfterAnswer.Finish : after;
    }

    /// <summary>The script may put something else in the place of an answer.</summary>
    private async ValueTask<AfterAnswer?> TryDivertAsync(FakeScript script)
    {
        if (script.Interim > 0)
        {
            var fields = script.Interim == 103 ? "Link: </x>; rel=preload\r\n" : "";
            await transport.SendAsync(_head.Reset().Add($"HTTP/1.1 {script.Interim} Interim\r\n{fields}\r\n").Memory);
        }

        if (script.HeadFault.Length > 0)
        {
            await transport.SendAsync(HeadFaults.Bytes(script.HeadFault));
            return AfterAnswer.Finish;
        }

        return script.NoAnswer == NoAnswer.None ? null : await GiveNoAnswerAsync(script.NoAnswer);
    }

    /// <summary>Ends the connection, or keeps silent until the client ends it.</summary>
    public async ValueTask<AfterAnswer> GiveNoAnswerAsync(NoAnswer how)
    {
        if (how == NoAnswer.Hang)
        {
            await clientGone;
            return AfterAnswer.ClientLeft;
        }

        if (how == NoAnswer.Fin)
            return AfterAnswer.Finish;
        transport.Reset();
        return AfterAnswer.Broken;
    }

    /// <summary>Waits; false if the client left meanwhile. What it sends in that time is not read.</summary>
    public ValueTask<bool> IdleAsync(long microseconds) => _parts.TryWaitAsync(microseconds);

    private async ValueTask<AfterAnswer> SendBareAsync(Answer answer, FakeScript script, long number)
    {
        HeadWriter.Write(_head.Reset(), answer, script, number, null, 0);
        await transport.SendAsync(_head.Memory);
        return script.Close ? AfterAnswer.Finish : AfterAnswer.KeepAlive;
    }

    private async ValueTask<AfterAnswer> SendWholeAsync(Answer answer, FakeScript script, long number)
    {
        answer.Body!(_payload);
        using (var encoder = BodyEncoder.Open(script.Encoding))
            encoder?.Encode(_payload, last: true);
        var framing = script.Framing != Framing.Default ? script.Framing : answer.Binary ? Framing.Chunked : Framing.Length;
        var declared = _payload.Length + script.Length switch { "short" => -5, "long" => 5, _ => 0 };
        HeadWriter.Write(_head.Reset(), answer, script, number, framing, Math.Max(0, declared));
        if (!await _parts.TryBeginAsync(script, framing, _head, holdHead: true))
            return AfterAnswer.ClientLeft;
        var stop = script.CutAt >= 0 ? script.CutAt : script.StallAt;
        if (stop >= 0)
        {
            var rest = _payload.Memory[Math.Min(stop, _payload.Length)..].ToArray();
            _payload.Truncate(stop);
            if (await StopAsync(script) is { } after)
                return after;
            _payload.Reset().Add(rest);
        }

        if (!await _parts.TrySendAsync(_payload, last: true))
            return AfterAnswer.ClientLeft;
        return script.Length == "long" ? AfterAnswer.Finish : AfterAnswer.KeepAlive;
    }

    private async ValueTask<AfterAnswer> SendStreamAsync(Answer answer, FakeScript script, long number)
    {
        var framing = script.Framing is Framing.Default or Framing.Length ? Framing.Chunked : script.Framing;
        HeadWriter.Write(_head.Reset(), answer, script, number, framing, 0);
        if (!await _parts.TryBeginAsync(script, framing, _head, holdHead: false))
            return AfterAnswer.ClientLeft;
        using var encoder = BodyEncoder.Open(script.Encoding);
        _parts.Use(encoder);
        var due = Stopwatch.GetTimestamp();
        if (script.FirstUs > 0 && !await waiter.UntilAsync(due += PacingClock.TicksOfMicroseconds(script.FirstUs)))
            return AfterAnswer.ClientLeft;
        if (script.FirstUs > 0 && script.PaceUs == 0)
            await Task.Yield(); // an unpaced stream must not run on the clock's thread
        if (IsStop(script) && await StopAsync(script) is { } after)
            return after;
        if (script.ByteOrderMark)
            _payload.Add("\ufeff"u8);
        return await SendEventsAsync(answer.Events!, script, due);
    }

    private async ValueTask<AfterAnswer> SendEventsAsync(Func<ByteWriter, IEnumerable<EventKind>> make, FakeScript script, long due)
    {
        using var events = make(_payload).GetEnumerator();
        var pace = PacingClock.TicksOfMicroseconds(script.PaceUs);
        var contents = 0;
        for (var more = events.MoveNext(); more;)
        {
            var start = _payload.Length;
            contents += events.Current == EventKind.Content ? 1 : 0;
            more = events.MoveNext();
            EventsSent++;
            EventDress.Apply(_payload, start, script, EventsSent);
            if (IsStop(script) && await StopAsync(script) is { } after)
                return after;
            var isFull = script.Batch == 0 || (contents >= script.Batch && more && events.Current != EventKind.Tail);
            if (!more || !isFull)
                continue;
            if (!await _parts.TrySendAsync(_payload, last: false))
                return AfterAnswer.ClientLeft;
            if (pace > 0 && contents > 0 && !await waiter.UntilAsync(due = NextDue(due, pace)))
                return AfterAnswer.ClientLeft;
            contents = 0;
        }

        return await _parts.TrySendAsync(_payload, last: true) ? AfterAnswer.KeepAlive : AfterAnswer.ClientLeft;
    }

    private bool IsStop(FakeScript script) => EventsSent == script.CutAt || EventsSent == script.StallAt || EventsSent == script.FailAt;

    /// <summary>Null if the answer goes on.</summary>
    private async ValueTask<AfterAnswer?> StopAsync(FakeScript script)
    {
        if (script.FailAt >= 0 && script.FailAt == EventsSent)
        {
            _payload.Add(_failEvent);
            return await _parts.TrySendAsync(_payload, last: true) ? AfterAnswer.KeepAlive : AfterAnswer.ClientLeft;
        }

        if (script.CutAt >= 0)
        {
            await _parts.CutAsync(_payload);
            return AfterAnswer.Broken;
        }

        if (!await _parts.TrySendAsync(_payload, last: false))
            return AfterAnswer.ClientLeft;
        if (Resumed is { } resumed && await Task.WhenAny(clientGone, resumed) == resumed)
            return null;
        await clientGone;
        return AfterAnswer.ClientLeft;
    }

    /// <summary>The pace is absolute, so that lateness does not add up; after more than a second's delay it starts anew.</summary>
    private static long NextDue(long due, long pace)
    {
        var now = Stopwatch.GetTimestamp();
        return due + pace + Stopwatch.Frequency < now ? now : due + pace;
    }
}
