using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>One attempt up to its answer's head: opens a connection, sends the request, reads the head.</summary>
internal static class AttemptSender
{
    /// <summary>Interim answers (1xx) of one exchange; more is a fault.</summary>
    public const int InterimMax = 64;

    /// <summary>Opens a connection; the error says why if it is null.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public static async ValueTask<(UpstreamConnection? Connection, EdgeError Error)> OpenAsync(ClientLink link, Exchange exchange, UpstreamPool pool)
    {
        using var opening = new OpeningLease();
        if (!link.Attach(opening, opening.Number))
            return (null, AttemptLoop.Stopped(link));
        link.SetStep(Step.Connect, exchange.Target!.Timeouts.Connect);
        var (connection, error) = await pool.OpenAsync(opening.Token);
        link.ClearStep();
        link.Detach();
        if (error.Kind == ErrorKind.UpstreamTimeout)
            error = EdgeError.Upstream(ErrorKind.UpstreamTimeout, "The connection to the provider took too long.", error.Retry);
        return (connection, connection is null && link.Reason != StopReason.None ? AttemptLoop.Stopped(link) : error);
    }

    /// <summary>Sends the request and reads the answer's head.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public static async ValueTask<EdgeError> SendAsync(ClientLink link, Exchange exchange, RequestBody body, UpstreamConnection upstream)
    {
        link.DrainOnLeave(exchange.Key!.OnDisconnect.DrainFor);
        if (!link.Attach(upstream, upstream.Lease) || link.HasLeft)
            return AttemptLoop.Stopped(link);
        upstream.WatchUpload();
        var intake = body.Intake!;
        if (exchange.UpstreamEndpoint is not null)
        {
            var translated = intake.Translation.Body;
            UpstreamRequestWriter.WriteHead(upstream.Output, intake.HeadReader.Head, exchange, translated.Length);
            upstream.Output.Write(translated.Span);
        }
        else
        {
            UpstreamRequestWriter.WriteHead(upstream.Output, intake.HeadReader.Head, exchange, intake.Patch.PatchedLength(body.Bytes.Length));
            BodySender.Write(body.Bytes, intake.Patch, upstream.Output);
        }

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
            if (link.IsStopped)
                return AttemptLoop.Stopped(link);
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
                    nothingCame ? RetryPermission.IfReused : RetryPermission.Elsewhere);
            }

            upstream.Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>A connection that is being opened: stopping it cancels the attempt.</summary>
    private sealed class OpeningLease : IUpstreamLease, IDisposable
    {
        private static long _last = -1;
        private readonly CancellationTokenSource _cancel = new();

        /// <summary>Below all numbers that connections have.</summary>
        public long Number { get; } = Interlocked.Decrement(ref _last);

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
