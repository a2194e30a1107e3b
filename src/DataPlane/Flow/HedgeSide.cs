using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;

namespace AiEdge.DataPlane.Flow;

/// <summary>One of two attempts at the same request: it is being opened, or its answer's beginning is read. None of that touches the exchange.</summary>
internal sealed class HedgeSide
{
    private readonly OpeningLease? _opening;
    private UpstreamConnection? _upstream;
    private long _lease;
    private int _stopped;
    private readonly Task<(UpstreamConnection? Connection, EdgeError Error)>? _opened;
    private Task<FirstBytes>? _read;

    /// <summary>An attempt whose connection is being opened.</summary>
    public HedgeSide(OpeningLease opening, Task<(UpstreamConnection? Connection, EdgeError Error)> opened) => (_opening, _opened) = (opening, opened);

    /// <summary>An attempt that has its connection.</summary>
    public HedgeSide(UpstreamConnection upstream) => (_upstream, _lease) = (upstream, upstream.Lease);

    /// <summary>Its connection, once there is one.</summary>
    public UpstreamConnection? Upstream => Volatile.Read(ref _upstream);

    /// <summary>What is under way of it.</summary>
    public Task Task => _read ?? (Task?)_opened ?? Task.CompletedTask;

    /// <summary>Whether its connection is there, or known not to come, and its request has not been sent yet.</summary>
    public bool IsToBeSent => _read is null && (_opened is null || _opened.IsCompleted);

    /// <summary>Whether nothing of it is under way any more.</summary>
    public bool IsOver => _read is { IsCompleted: true };

    /// <summary>Whether it was over before it was made to end.</summary>
    public bool WasOver { get; private set; }

    /// <summary>How its answer has begun; of meaning once it is over.</summary>
    public FirstBytes Outcome { get; private set; }

    /// <summary>Whether its provider has the whole request.</summary>
    public bool IsSentWhole { get; set; }

    /// <summary>Whether the stream's usage was asked for by us.</summary>
    public bool StripsUsage { get; set; }

    /// <summary>Whether its answer, which is relayed if so, has begun.</summary>
    public bool IsBegun => IsOver && Outcome is { Error.IsError: false, IsBroken: false } && Upstream?.HeadReader.Head.Status is >= 200 and < 300;

    /// <summary>Takes the connection that has been opened. Null, and the outcome says why, where there is none, or it is of no use any more.</summary>
    public async ValueTask<UpstreamConnection?> TakeAsync(ClientLink link)
    {
        if (_opened is not null)
        {
            var (connection, error) = await _opened;
            if (connection is null)
            {
                Fail(AttemptSender.Unopened(link, null, error));
                return null;
            }

            _lease = connection.Lease;
            Interlocked.Exchange(ref _upstream, connection);
        }

        if (Volatile.Read(ref _stopped) == 0 && !link.HasLeft)
            return _upstream;
        Fail(AttemptLoop.Stopped(link));
        return null;
    }

    /// <summary>It will have no answer.</summary>
    public void Fail(EdgeError error) => _read = Task.FromResult(new FirstBytes(error, 0, false));

    /// <summary>Its request is written: sends it, and reads until its answer has begun.</summary>
    public void Send(ClientLink link, StreamBeginning beginning, TimeoutsModel timeouts, long since) =>
        _read = SendAsync(link, beginning, timeouts, since);

    /// <summary>Its request has been sent: reads until its answer has begun, within what it is given from <paramref name="since"/> on.</summary>
    public void Read(ClientLink link, StreamBeginning beginning, TimeoutsModel timeouts, long since) =>
        _read = AttemptSender.ReadFirstAsync(link, _upstream!, beginning, timeouts, since).AsTask();

    /// <summary>Looks at what it has come to; it must be over.</summary>
    public async ValueTask LookAsync() => Outcome = await _read!;

    /// <summary>Makes it end, wherever it is. From any thread.</summary>
    public void Abort()
    {
        Interlocked.Exchange(ref _stopped, 1);
        _opening?.Abort(_opening.Number);
        Upstream?.Abort(_lease);
    }

    /// <summary>Makes it end, and waits until nothing of it is under way.</summary>
    public async ValueTask EndAsync(ClientLink link)
    {
        WasOver = IsOver;
        Abort();
        if (_read is null)
            await TakeAsync(link);
        await LookAsync();
    }

    private async Task<FirstBytes> SendAsync(ClientLink link, StreamBeginning beginning, TimeoutsModel timeouts, long since)
    {
        var upstream = _upstream!;
        await upstream.Output.FlushAsync();
        IsSentWhole = !upstream.Output.IsCut;
        upstream.EndUpload();
        return await AttemptSender.ReadFirstAsync(link, upstream, beginning, timeouts, since);
    }
}
