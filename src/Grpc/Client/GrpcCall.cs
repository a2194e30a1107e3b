using System.IO.Pipelines;
using AiEdge.Grpc.Wire;

namespace AiEdge.Grpc.Client;

/// <summary>
/// One call. Writes and reads may run side by side; writes wait for each other, reads are one at a time. A write ends when HTTP/2's
/// windows have taken the message, so a server that does not read stops its writer, and nothing is queued between.
/// </summary>
/// <typeparam name="TRequest">What goes up.</typeparam>
/// <typeparam name="TResponse">What comes down.</typeparam>
public sealed class GrpcCall<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class
    where TResponse : class
{
    /// <summary>Bytes that a read asks the connection for; a quiet call holds no block.</summary>
    private const int ReadBytes = 16 << 10;

    private readonly GrpcChannel _channel;
    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly CallEnd _end;
    private readonly CallContent _content;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Task<MessageReader<TResponse>?> _start;
    private TResponse? _current;
    private bool _isHalfClosed;

    internal GrpcCall(
        GrpcChannel channel, GrpcMethod<TRequest, TResponse> method, GrpcCallOptions options, TRequest? first, CancellationToken cancellation)
    {
        _channel = channel;
        _method = method;
        _end = new(channel.Options.Time, options.Timeout, cancellation);
        _content = new(_end);
        if (first is not null)
            SetOnly(first);
        _start = StartAsync(options);
    }

    /// <summary>The message of the last read.</summary>
    /// <exception cref="InvalidOperationException">It was none.</exception>
    public TResponse Current => _current ?? throw new InvalidOperationException("no message was read");

    /// <summary>How the call ended, as soon as it has.</summary>
    public Task<GrpcStatus> Completion => _end.Completion;

    /// <summary>What came with the end; empty before, and where the end was none of the server's.</summary>
    public GrpcMetadata Trailers { get; private set; } = [];

    /// <summary>Whether the server itself said how the call ended; else it was found out here: a lost connection, a deadline, a fault.</summary>
    public bool IsEndTold { get; private set; }

    /// <summary>What the server sent ahead of its first message; waits for it. Empty where the call ended without.</summary>
    public async ValueTask<GrpcMetadata> HeadersAsync()
    {
        await _start;
        return _end.Headers;
    }

    /// <summary>Sends a message; false, and it may not have arrived, if the call has ended: <see cref="Completion"/> says how.</summary>
    /// <exception cref="InvalidOperationException">After <see cref="CompleteAsync"/>.</exception>
    public async ValueTask<bool> WriteAsync(TRequest message)
    {
        await _writing.WaitAsync();
        try
        {
            if (_isHalfClosed)
                throw new InvalidOperationException("the call's requests have been completed");
            using var frame = FrameBuffer.Of(_method.Requests, message);
            if (IsTooLarge(frame))
                return false;
            return await _content.WriteAsync(frame.Frame);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Says that no more messages will be sent; answers may still come.</summary>
    public async ValueTask CompleteAsync()
    {
        await _writing.WaitAsync();
        _isHalfClosed = true;
        _content.Complete();
        _writing.Release();
    }

    /// <summary>The next message is <see cref="Current"/>; false at the end, which <see cref="Completion"/> tells by then.</summary>
    public ValueTask<bool> ReadAsync() => ReadCoreAsync();

    /// <summary>Completes the requests and waits for the one answer and the end.</summary>
    public async ValueTask<GrpcResult<TResponse>> FinishAsync()
    {
        if (!_isHalfClosed)
            await CompleteAsync();
        if (!await ReadCoreAsync())
        {
            var status = await _end.Completion;
            return status.IsOk ? new GrpcStatus(GrpcCode.Unimplemented, "the server ended without its one answer") : status;
        }

        var answer = Current;
        if (await ReadCoreAsync())
        {
            _end.Set(new(GrpcCode.Unimplemented, "the server sent more than its one answer"));
            return await _end.Completion;
        }

        var end = await _end.Completion;
        return end.IsOk ? answer : end;
    }

    /// <summary>Gives the call up: the server is told (RST_STREAM), and what was under way here ends.</summary>
    public void Cancel() => _end.Set(new(GrpcCode.Cancelled, "the call was given up"));

    /// <summary>Gives the call up unless it has ended, and its memory back. No read may be under way.</summary>
    public async ValueTask DisposeAsync()
    {
        Cancel();
        var reader = await _start;
        if (reader is not null)
            await reader.CompleteAsync();
        _end.Dispose();
    }

    private void SetOnly(TRequest message)
    {
        _isHalfClosed = true;
        using var frame = FrameBuffer.Of(_method.Requests, message);
        if (!IsTooLarge(frame))
            _content.SetOnly(frame.Frame.ToArray());
    }

    private bool IsTooLarge(FrameBuffer frame)
    {
        var max = _channel.Options.SendBytesMax;
        if (frame.MessageBytes <= max)
            return false;
        _end.Set(new(GrpcCode.ResourceExhausted, $"a message to be sent has {frame.MessageBytes} bytes, {max} at most"));
        return true;
    }

    private async ValueTask<bool> ReadCoreAsync()
    {
        _current = null;
        if (await _start is not { } reader || _end.HasEnded)
            return false;
        try
        {
            var (hasMessage, fault) = await reader.ReadAsync(_end.Cancellation);
            if (hasMessage)
            {
                _current = reader.Current;
                return true;
            }

            SetFromTrailers(fault);
        }
        catch (Exception e) when (CallFault.IsExpected(e))
        {
            _end.Set(CallFault.StatusOf(e));
        }

        return false;
    }

    /// <summary>Sends the head and waits for the answer's; null where there is nothing to read.</summary>
    private async Task<MessageReader<TResponse>?> StartAsync(GrpcCallOptions options)
    {
        if (_end.HasEnded)
            return null;
        try
        {
            var authorization = await AuthorizationAsync();
            if (_end.HasEnded)
                return null;
            var request = CallHead.Request(_channel.Options.Address, _method.Path, options, authorization, _content);
            var response = await _channel.Invoker.SendAsync(request, _end.Cancellation);
            if (!_end.TryOwn(response))
                return null;
            if (CallHead.Judge(response) is { } status)
            {
                Trailers = _end.Headers;
                _end.Headers = [];
                IsEndTold = true;
                _end.Set(status);
                return null;
            }

            var body = await response.Content.ReadAsStreamAsync(_end.Cancellation);
            var pipe = PipeReader.Create(body, new(bufferSize: ReadBytes, minimumReadSize: ReadBytes / 4, useZeroByteReads: true));
            return new(pipe, _method.Responses, _channel.Options.ReceiveBytesMax);
        }
        catch (Exception e) when (CallFault.IsExpected(e))
        {
            _end.Set(CallFault.StatusOf(e));
            return null;
        }
    }

    private async ValueTask<string?> AuthorizationAsync()
    {
        if (_channel.Options.Authorization is not { } ask)
            return null;
        try
        {
            return await ask(_end.Cancellation);
        }
        catch (Exception)
        {
            // What may fail there is not known here; without a credential there is no call.
            _end.Set(new(GrpcCode.Unauthenticated, "no credential could be had for the call"));
            return null;
        }
    }

    /// <summary>Ends the call as the server says, unless it claims success for an answer that has a fault.</summary>
    private void SetFromTrailers(GrpcStatus fault)
    {
        var trailers = _end.Response!.TrailingHeaders;
        Trailers = CallHead.Metadata(trailers);
        var status = CallHead.Status(trailers);
        if (!fault.IsOk && (status is null || status.Value.IsOk))
            status = fault;
        IsEndTold = fault.IsOk && status is not null;
        _end.Set(status ?? new(GrpcCode.Unknown, "the answer ended without a status"));
    }
}
