using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
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
        return (connection, Unopened(link, connection, error));
    }

    /// <summary>Why there is no connection.</summary>
    public static EdgeError Unopened(ClientLink link, UpstreamConnection? connection, EdgeError error)
    {
        if (connection is null && link.Reason != StopReason.None)
            return AttemptLoop.Stopped(link);
        return error.Kind == ErrorKind.UpstreamTimeout
            ? EdgeError.Upstream(ErrorKind.UpstreamTimeout, "The connection to the provider took too long.", error.Retry)
            : error;
    }

    /// <summary>Sends the request and reads the answer's head.</summary>
    /// <param name="link">Whose stop ends it.</param>
    /// <param name="exchange">The exchange.</param>
    /// <param name="body">Its request.</param>
    /// <param name="upstream">The connection.</param>
    /// <param name="settlement">Is told while nothing is to be done but to wait.</param>
    /// <param name="within">How long an answer in one piece may take; <see cref="Timeout.InfiniteTimeSpan"/> leaves it to the total.</param>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public static async ValueTask<EdgeError> SendAsync(
        ClientLink link, Exchange exchange, RequestBody body, UpstreamConnection upstream, Settlement settlement, TimeSpan within)
    {
        if (!TryBegin(link, exchange, upstream))
            return AttemptLoop.Stopped(link);
        Write(exchange, body, upstream);
        if (exchange.Stream)
            link.SetStep(Step.FirstByte, exchange.Target!.Timeouts.FirstByte);
        else if (within != Timeout.InfiniteTimeSpan)
            link.SetStep(Step.FirstByte, within);
        var flush = upstream.Output.FlushAsync();
        if (!flush.IsCompleted)
            await flush;
        exchange.IsSentWhole = !upstream.Output.IsCut;
        upstream.EndUpload();
        settlement.WhileWaiting();
        return await ReadHeadAsync(link, exchange, upstream);
    }

    /// <summary>From now on a stop reaches the connection, and its early answer ends the sending. False if there is a stop already.</summary>
    public static bool TryBegin(ClientLink link, Exchange exchange, UpstreamConnection upstream)
    {
        link.DrainOnLeave(exchange.Key!.OnDisconnect.DrainFor);
        if (!link.Attach(upstream, upstream.Lease) || link.HasLeft)
            return false;
        upstream.WatchUpload();
        return true;
    }

    /// <summary>Writes the request, as it goes to the exchange's target, into what the next flush sends.</summary>
    public static void Write(Exchange exchange, RequestBody body, UpstreamConnection upstream)
    {
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
    }

    /// <summary>
    /// Reads until an answer has begun: its head and the first event with content are there, or it is known that they do not come. The exchange is not
    /// touched, so that two can be waited for.
    /// </summary>
    /// <param name="link">Whose stop ends it.</param>
    /// <param name="upstream">The connection that the request was sent on.</param>
    /// <param name="beginning">Knows its dialect.</param>
    /// <param name="timeouts">
    /// How long its first event may take once the head is there; null leaves the deadline that runs, and says when it is late.
    /// </param>
    /// <param name="since">When that time began.</param>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public static async ValueTask<FirstBytes> ReadFirstAsync(
        ClientLink link, UpstreamConnection upstream, StreamBeginning beginning, TimeoutsModel? timeouts, long since)
    {
        var (interim, at, hasHead) = (0, 0L, false);
        while (true)
        {
            var result = await upstream.Input.ReadAsync();
            if (link.IsStopped)
                return new(AttemptLoop.Stopped(link), at, hasHead);
            if (at == 0 && !result.Buffer.IsEmpty)
                at = Stopwatch.GetTimestamp();
            if (IsRead(upstream, result, ref interim, out var error))
            {
                var head = upstream.HeadReader.Head;
                if (error.IsError || head.Status is < 200 or >= 300 || head.Framing.Kind == BodyKind.None)
                    return new(error, at, true);
                var state = beginning.Look(head, result.Buffer.Slice(head.Length));
                if (state == Beginning.Begun)
                    return new(error, at, true);
                if (state == Beginning.Over || result.IsCompleted)
                    return new(error, at, true) { IsBroken = AnswerKind.Of(head).IsEventStream };

                // The head alone, or no more behind it than that a stream begins: it is read once more with what comes.
                if (timeouts is null && link.IsLate)
                    return new(default, at, true) { IsLate = true, Received = result.Buffer };
                upstream.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                upstream.HeadReader.Reset();
                if (!hasHead && timeouts is not null)
                {
                    // The step is of both that are asked: one that has no time left ends alone.
                    var left = timeouts.FirstEvent(Stopwatch.GetElapsedTime(since), overdue: TimeSpan.Zero);
                    if (left == TimeSpan.Zero)
                        return new(EdgeError.Upstream(ErrorKind.UpstreamTimeout), at, true);
                    link.SetStep(Step.Idle, left);
                }

                hasHead = true;
            }
            else if (timeouts is null && link.IsLate)
            {
                return new(default, at, false) { IsLate = true };
            }
        }
    }

    /// <summary>The same, up to the final answer's head and without a deadline of its own.</summary>
    public static async ValueTask<(EdgeError Error, long At)> ReadHeadAsync(ClientLink link, UpstreamConnection upstream)
    {
        var (interim, at) = (0, 0L);
        while (true)
        {
            var result = await upstream.Input.ReadAsync();
            if (link.Reason != StopReason.None)
                return (AttemptLoop.Stopped(link), at);
            if (at == 0 && !result.Buffer.IsEmpty)
                at = Stopwatch.GetTimestamp();
            if (IsRead(upstream, result, ref interim, out var error))
                return (error, at);
        }
    }

    /// <summary>Reads to the final answer's head. A broken send is no error by itself: the answer may have come before it.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    public static async ValueTask<EdgeError> ReadHeadAsync(ClientLink link, Exchange exchange, UpstreamConnection upstream)
    {
        var interim = 0;
        while (true)
        {
            var result = await upstream.Input.ReadAsync();
            if (link.IsStopped)
                return AttemptLoop.Stopped(link);
            if (exchange.FirstByteAt == 0 && !result.Buffer.IsEmpty)
                exchange.FirstByteAt = Stopwatch.GetTimestamp();
            if (IsRead(upstream, result, ref interim, out var error))
                return error;
        }
    }

    /// <summary>Takes what has come. True where the final answer's head is read, or there will be none, which the error says.</summary>
    private static bool IsRead(UpstreamConnection upstream, ReadResult result, ref int interim, out EdgeError error)
    {
        error = default;
        var buffer = result.Buffer;
        var status = upstream.HeadReader.Read(buffer, requestWasHead: false);
        if (status == HeadStatus.Complete && upstream.HeadReader.Head.IsInterim)
        {
            if (upstream.HeadReader.Head.Status == 101 || ++interim > InterimMax)
            {
                error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
                return true;
            }

            upstream.Input.AdvanceTo(buffer.GetPosition(upstream.HeadReader.Head.Length));
            upstream.HeadReader.Reset();
            return false;
        }

        if (status == HeadStatus.Complete)
        {
            upstream.AfterHead = buffer.GetPosition(upstream.HeadReader.Head.Length);
            return true;
        }

        if (status == HeadStatus.Rejected)
        {
            error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
            return true;
        }

        if (result.IsCompleted)
        {
            var nothingCame = buffer.IsEmpty && interim == 0;
            error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, nothingCame ? "The provider closed the connection without an answer." : null,
                nothingCame ? RetryPermission.IfReused : RetryPermission.Elsewhere);
            return true;
        }

        upstream.Input.AdvanceTo(buffer.Start, buffer.End);
        return false;
    }
}

/// <summary>How an answer's beginning was come by.</summary>
/// <param name="Error">Why there is none, or will be none.</param>
/// <param name="At">When its first byte came; 0 where none did.</param>
/// <param name="HasHead">Whether its head is there.</param>
internal readonly record struct FirstBytes(EdgeError Error, long At, bool HasHead)
{
    /// <summary>Nothing has gone wrong yet: it is late, and may still come.</summary>
    public bool IsLate { get; init; }

    /// <summary>What has been received of one that is late and whose head is there; not given back.</summary>
    public ReadOnlySequence<byte> Received { get; init; }

    /// <summary>A stream that has ended without having begun.</summary>
    public bool IsBroken { get; init; }
}
