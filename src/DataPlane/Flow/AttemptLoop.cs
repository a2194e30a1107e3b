using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Picks a connection, sends the request, waits for the answer's head, and hands over to the relay. Tries once more only
/// where the provider cannot have begun to work: the connection was reused and turned out stale before any byte of an answer
/// (docs/adr/0003).
/// </summary>
internal sealed class AttemptLoop(
    EdgeServices services, JournalHold journal, AdmissionGate gate, IOutputCredit credit, ExchangeMeter meter, Settlement settlement)
{
    /// <summary>Interim answers (1xx) of one exchange; more is a fault.</summary>
    public const int InterimMax = 64;

    private readonly ResponseRelay _relay = new(journal, credit, meter, settlement);
    private UpstreamConnection? _inHand;

    /// <summary>Whether some of the answer has reached the client's connection.</summary>
    public bool AnswerIsStarted => _relay.IsStarted;

    /// <summary>A new exchange, of which nothing has been answered.</summary>
    public void Begin() => _relay.Forget();

    /// <summary>Ends an attempt that a defect of ours broke off: nobody knows in what state its connection is.</summary>
    public void Abandon()
    {
        _inHand?.Close();
        _inHand = null;
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public async ValueTask<EdgeError> RunAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        var pool = services.Upstreams.Of(exchange.Target!.Provider);
        link.SetTotal(exchange.Target.Timeouts.Total);
        if (!link.WatchClient())
            return Stopped(link);
        var fresh = false;
        while (true)
        {
            if (await gate.AdmitTargetAsync(exchange, link, body) is { IsError: true } refused)
                return refused;
            if (!fresh && journal.Open(exchange) is { IsError: true } full)
                return full;
            _relay.Begin(link, exchange, Patch(exchange, body.Intake!));
            exchange.Attempts++;
            var upstream = fresh ? null : pool.TryTake();
            if (upstream is null)
            {
                (upstream, var failure) = await OpenAsync(link, exchange, pool);
                if (upstream is null)
                    return link.Reason == StopReason.None ? failure : Stopped(link);
            }

            _inHand = upstream;
            var error = await TryAsync(link, exchange, body, upstream);
            if (!error.IsError)
            {
                link.ClearStep();
                error = await _relay.RunAsync(upstream, body);
                link.Detach();
                _inHand = null;
                Finish(pool, upstream);
                return error;
            }

            link.Detach();
            var again = error.Retry == RetryPermission.IfReused && upstream.IsReused && !fresh
                && pool.Provider.RetryReused && link.Reason == StopReason.None && !link.HasLeft;
            _inHand = null;
            upstream.Close();
            if (!again)
                return link.Reason == StopReason.None && !link.HasLeft ? error : Stopped(link);
            journal.Attempt(exchange, error);
            gate.GiveBackTarget();
            fresh = true;
        }
    }

    /// <summary>What an exchange that was told to stop ends with.</summary>
    public static EdgeError Stopped(ClientLink link) => link.Reason switch
    {
        _ when link.HasLeft => EdgeError.Client(ErrorKind.ClientClosed),
        StopReason.ClientLeft or StopReason.ClientStalled => EdgeError.Client(ErrorKind.ClientClosed),
        StopReason.Drain => EdgeError.Edge(ErrorKind.Draining),
        StopReason.Revoked => EdgeError.Client(ErrorKind.Revoked),
        StopReason.ConnectTimeout => EdgeError.Upstream(ErrorKind.UpstreamTimeout, "The connection to the provider took too long."),
        StopReason.None => EdgeError.Edge(ErrorKind.Internal),
        _ => EdgeError.Upstream(ErrorKind.UpstreamTimeout),
    };

    /// <summary>Changes what must change on the way to the target; true if the stream's usage was asked for by us.</summary>
    private bool Patch(Exchange exchange, Intake intake)
    {
        var target = exchange.Target!;
        var inject = target.Provider.UsageChunk == UsageChunkMode.Inject;
        return OpenAiPatch.Build(
            intake.Scan.Facts, exchange.Endpoint!.Shape, target.UpstreamModelJson, inject, intake.Patch, gate.Clamp(exchange));
    }

    private void Finish(UpstreamPool pool, UpstreamConnection upstream)
    {
        if (_relay.UpstreamIsReusable)
            pool.Return(upstream);
        else
            upstream.Close();
    }

    /// <summary>Sends the request and reads the answer's head.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private static async ValueTask<EdgeError> TryAsync(
        ClientLink link, Exchange exchange, RequestBody body, UpstreamConnection upstream)
    {
        link.DrainOnLeave(exchange.Key!.OnDisconnect.DrainFor);
        if (!link.Attach(upstream, upstream.Lease) || link.HasLeft)
            return Stopped(link);
        upstream.WatchUpload();
        var intake = body.Intake!;
        UpstreamRequestWriter.WriteHead(upstream.Output, intake.HeadReader.Head, exchange, intake.Patch.PatchedLength(body.Bytes.Length));
        BodySender.Write(body.Bytes, intake.Patch, upstream.Output);
        exchange.SentAt = Stopwatch.GetTimestamp();
        if (exchange.Stream)
            link.SetStep(Step.FirstByte, exchange.Target!.Timeouts.FirstByte);
        var flush = upstream.Output.FlushAsync();
        if (!flush.IsCompleted)
            await flush;
        upstream.EndUpload();
        return await ReadHeadAsync(link, exchange, upstream);
    }

    /// <summary>Reads to the final answer's head. A broken send is no error by itself: the answer may have come before it.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private static async ValueTask<EdgeError> ReadHeadAsync(ClientLink link, Exchange exchange, UpstreamConnection upstream)
    {
        var interim = 0;
        while (true)
        {
            var result = await upstream.Input.ReadAsync();
            if (link.Reason != StopReason.None)
                return Stopped(link);
            var buffer = result.Buffer;
            if (exchange.FirstByteAt == 0 && !buffer.IsEmpty)
                exchange.FirstByteAt = Stopwatch.GetTimestamp();
            switch (upstream.HeadReader.Read(buffer, requestWasHead: false))
            {
                case HeadStatus.Rejected:
                    return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
                case HeadStatus.Complete when upstream.HeadReader.Head.IsInterim:
                    if (upstream.HeadReader.Head.Status == 101 || ++interim > InterimMax)
                        return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
                    upstream.Input.AdvanceTo(buffer.GetPosition(upstream.HeadReader.Head.Length));
                    upstream.HeadReader.Reset();
                    continue;
                case HeadStatus.Complete:
                    upstream.AfterHead = buffer.GetPosition(upstream.HeadReader.Head.Length);
                    return default;
            }

            if (result.IsCompleted)
            {
                var nothingCame = buffer.IsEmpty && interim == 0;
                return EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, nothingCame ? "The provider closed the connection without an answer." : null,
                    nothingCame ? RetryPermission.IfReused : RetryPermission.Never);
            }

            upstream.Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private static async ValueTask<(UpstreamConnection? Connection, EdgeError Error)> OpenAsync(ClientLink link, Exchange exchange, UpstreamPool pool)
    {
        using var opening = new OpeningLease();
        if (!link.Attach(opening, OpeningLease.Number))
            return (null, default);
        link.SetStep(Step.Connect, exchange.Target!.Timeouts.Connect);
        var result = await pool.OpenAsync(opening.Token);
        link.ClearStep();
        link.Detach();
        return result;
    }

    /// <summary>A connection that is being opened: stopping it cancels the attempt.</summary>
    private sealed class OpeningLease : IUpstreamLease, IDisposable
    {
        public const long Number = 1;
        private readonly CancellationTokenSource _cancel = new();

        public CancellationToken Token => _cancel.Token;

        public void Abort(long lease)
        {
            try
            {
                _cancel.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It was open before the stop arrived; the exchange sees the reason by itself.
            }
        }

        public void Wake(long lease)
        {
        }

        public void Dispose() => _cancel.Dispose();
    }
}
