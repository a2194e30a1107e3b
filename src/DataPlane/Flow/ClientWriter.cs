using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>How an answer's end is told to the client.</summary>
internal enum AnswerFraming : byte
{
    /// <summary>No body at all.</summary>
    None,
    Length,
    Chunked,

    /// <summary>For HTTP/1.0 clients: the connection's end is the body's.</summary>
    UntilClose,
}

/// <summary>
/// Writes an answer's body to the client in its framing, and flushes under the client's own deadline. While a flush is
/// awaited nothing is read from the provider: that is back-pressure.
/// </summary>
internal sealed class ClientWriter(JournalHold journal, Action onStarted)
{
    private ClientLink _link = null!;
    private Exchange _exchange = null!;

    public AnswerFraming Framing { get; private set; }

    /// <summary>Some of the answer has left for the client: nothing can replace it any more.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>
    /// The head of a stream has left, with signs of life behind it and nothing else where <see cref="IsStarted"/> is not true: the client waits for events,
    /// whoever they come from.
    /// </summary>
    public bool IsOpen { get; private set; }

    public void Begin(ClientLink link, Exchange exchange)
    {
        _link = link;
        _exchange = exchange;
        IsStarted = false;
        if (!IsOpen)
            Framing = AnswerFraming.None;
    }

    public void Forget() => IsStarted = IsOpen = false;

    public void UseFraming(AnswerFraming framing) => Framing = framing;

    /// <summary>Body bytes, framed as one chunk where chunks are spoken.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || _exchange.IsHead || _link.HasLeft)
            return;
        var writer = new ByteWriter(_link.Output);
        if (Framing == AnswerFraming.Chunked)
            writer.WriteChunkHeader(bytes.Length);
        writer.Write(bytes);
        if (Framing == AnswerFraming.Chunked)
            writer.WriteCrlf();
        writer.Commit();
        _exchange.BytesOut += bytes.Length;
    }

    /// <summary>Two pieces that belong together, as one chunk.</summary>
    public void Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (_link.HasLeft)
            return;
        var writer = new ByteWriter(_link.Output);
        if (Framing == AnswerFraming.Chunked)
            writer.WriteChunkHeader(first.Length + second.Length);
        writer.Write(first);
        writer.Write(second);
        if (Framing == AnswerFraming.Chunked)
            writer.WriteCrlf();
        writer.Commit();
        _exchange.BytesOut += first.Length + second.Length;
    }

    /// <summary>The body is whole: says so where the framing can.</summary>
    public void WriteEnd()
    {
        if (Framing != AnswerFraming.Chunked || _link.HasLeft)
            return;
        var writer = new ByteWriter(_link.Output);
        writer.Write("0\r\n\r\n"u8);
        writer.Commit();
    }

    /// <summary>
    /// Sends what was written. False if the client is gone or does not take it; of one that is gone and whose answer is read to its end all
    /// the same, nothing is sent and all is well.
    /// </summary>
    /// <param name="isAnswer">Whether it is anything of the answer, and not signs of life alone.</param>
    public ValueTask<bool> FlushAsync(bool isAnswer = true)
    {
        IsOpen = true;
        if (isAnswer && !IsStarted)
        {
            IsStarted = true;
            onStarted();
        }

        if (_link.HasLeft)
        {
            _link.Output.Discard();
            return new ValueTask<bool>(true);
        }

        var flush = _link.Output.FlushAsync();
        return flush.IsCompletedSuccessfully ? new ValueTask<bool>(!flush.Result.IsCompleted || _link.TryLeave()) : AwaitFlush(flush);
    }

    /// <summary>
    /// Sends the last of the answer, of an exchange that ends with <paramref name="error"/>: where records are committed first, after
    /// that. What the exchange ends with then may be worse.
    /// </summary>
    public ValueTask<EdgeError> FinishAsync(EdgeError error)
    {
        _exchange.AnsweredAt = Stopwatch.GetTimestamp();
        if (_link.HasLeft)
            error = EdgeError.Client(ErrorKind.ClientClosed);
        if (journal.IsNeeded)
            return CommitAndFlushAsync(error);
        var flush = FlushAsync();
        return flush.IsCompletedSuccessfully ? new(Judge(flush.Result, error)) : AwaitLast(flush, error);
    }

    private EdgeError Judge(bool isTaken, EdgeError error) =>
        (isTaken && !_link.HasLeft) || error.IsError ? error : EdgeError.Client(ErrorKind.ClientClosed);

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AwaitLast(ValueTask<bool> flush, EdgeError error) => Judge(await flush, error);

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> CommitAndFlushAsync(EdgeError error)
    {
        if (await journal.CommitAsync(_exchange, error))
            return Judge(await FlushAsync(), error);
        // What the client sees end is on disk, always: it is cut off or, if nothing has left yet, told the reason.
        _link.Output.Discard();
        return EdgeError.Edge(ErrorKind.Overloaded, "The gateway's usage journal cannot be written.");
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitFlush(ValueTask<System.IO.Pipelines.FlushResult> flush)
    {
        _link.SetStep(Step.ClientIdle, _exchange.Config.Server.ClientIdle);
        var result = await flush;
        _link.ClearStep();
        return !result.IsCompleted || _link.TryLeave();
    }
}
