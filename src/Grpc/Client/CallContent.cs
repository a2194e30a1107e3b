using System.Net;

namespace AiEdge.Grpc.Client;

/// <summary>
/// The requests of a call as the body of its HTTP request. The connection hands its stream over and waits; messages are written to
/// that stream directly.
/// </summary>
internal sealed class CallContent : HttpContent
{
    private readonly CallEnd _end;
    private readonly TaskCompletionSource<Stream?> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _only;

    public CallContent(CallEnd end)
    {
        _end = end;
        Headers.TryAddWithoutValidation("content-type", Wire.GrpcHeaders.ContentTypeProto);
        end.OnEnd = Abandon;
        if (end.HasEnded)
            Abandon();
    }

    /// <summary>The whole body is this one frame.</summary>
    public void SetOnly(byte[] frame) => _only = frame;

    /// <summary>Writes a frame; false if the stream takes no more.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> frame)
    {
        if (await _stream.Task is not { } stream || _end.HasEnded)
            return false;
        try
        {
            await stream.WriteAsync(frame, _end.Cancellation);
            await stream.FlushAsync(_end.Cancellation);
            return true;
        }
        catch (Exception e) when (CallFault.IsExpected(e))
        {
            // Why is told by the answer, which may lie there unread.
            return false;
        }
    }

    /// <summary>Ends the body.</summary>
    public void Complete() => _done.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_only is { } frame)
        {
            await stream.WriteAsync(frame, cancellationToken);
            return;
        }

        // A server that refused the stream is asked again with the same body; one that is being written is not the same any more.
        if (!_stream.TrySetResult(stream))
            throw new IOException("the requests of a call are sent once");

        // The head goes out now, not with the first message.
        await stream.FlushAsync(cancellationToken);
        await _done.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private void Abandon()
    {
        _stream.TrySetResult(null);
        _done.TrySetCanceled();
    }
}
