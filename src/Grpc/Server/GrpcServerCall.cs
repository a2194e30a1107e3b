using AiEdge.Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace AiEdge.Grpc.Server;

/// <summary>
/// A call's messages as a server sees them. Writes and reads may run side by side; writes wait for each other, reads are one at a
/// time. A write ends when the connection has taken the message, so a client that does not read stops its writer.
/// </summary>
/// <typeparam name="TRequest">What comes up.</typeparam>
/// <typeparam name="TResponse">What goes down.</typeparam>
public sealed class GrpcServerCall<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    private readonly HttpContext _http;
    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly int _sendBytesMax;
    private readonly MessageReader<TRequest> _reader;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _reading = new(1, 1);
    private TRequest? _current;
    private volatile bool _isClosed;

    internal GrpcServerCall(HttpContext http, GrpcMethod<TRequest, TResponse> method, GrpcServerContext context, GrpcServerOptions options)
    {
        _http = http;
        _method = method;
        _sendBytesMax = options.SendBytesMax;
        Context = context;
        _reader = new(http.Request.BodyReader, method.Requests, options.ReceiveBytesMax);
    }

    /// <summary>
    /// Asked with the bytes of each message that begins to come, before more of it is taken from the client or any of it is read: what is not OK ends
    /// the call. Null takes all.
    /// </summary>
    public Func<int, GrpcStatus>? Admit
    {
        get => _reader.Admit;
        set => _reader.Admit = value;
    }

    /// <summary>The call without its messages.</summary>
    public GrpcServerContext Context { get; }

    /// <summary>The message of the last read.</summary>
    /// <exception cref="InvalidOperationException">It was none.</exception>
    public TRequest Current => _current ?? throw new InvalidOperationException("no message was read");

    /// <summary>What is wrong with what the client sent; the call's end, whatever the handler says.</summary>
    internal GrpcStatus? Fault { get; private set; }

    /// <summary>
    /// The next message is <see cref="Current"/>; false once the client has sent its last, or the call has been stopped, or what came
    /// is no message: then the call ends with a status of its own. False as well once the handler has ended.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another read of the call is under way.</exception>
    public ValueTask<bool> ReadAsync() => ReadCoreAsync();

    /// <summary>Sends a message; false if the call has been stopped: the client has gone, or its time is over.</summary>
    public async ValueTask<bool> WriteAsync(TResponse message)
    {
        if (!await EnterAsync())
            return false;
        try
        {
            using var frame = FrameBuffer.Of(_method.Responses, message);
            if (frame.MessageBytes <= _sendBytesMax)
                return await SendAsync(frame.Frame);
            Fault = new(GrpcCode.ResourceExhausted, $"a message to be sent has {frame.MessageBytes} bytes, {_sendBytesMax} at most");
            return false;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Lets the headers go ahead of the first message, for a client that waits for them; false if the call has been stopped.</summary>
    public async ValueTask<bool> SendHeadersAsync()
    {
        if (!await EnterAsync())
            return false;
        try
        {
            return await SendAsync(ReadOnlyMemory<byte>.Empty);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>
    /// No more messages: what a handler left running writes nothing behind the status, and takes nothing of the next call, which Kestrel
    /// serves from the same memory.
    /// </summary>
    internal async ValueTask CloseAsync()
    {
        // A write that hangs ends with the call's token, or with the reset that follows it.
        await _writing.WaitAsync();
        _isClosed = true;
        _writing.Release();

        // Never released: a read that comes later finds it taken.
        Context.Stop.Over();
        await _reading.WaitAsync();
    }

    /// <summary>Waits for the turn to write; false, and it is nobody's, if there is nothing to be written any more.</summary>
    private async ValueTask<bool> EnterAsync()
    {
        try
        {
            await _writing.WaitAsync(Context.Cancellation);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        if (!_isClosed && Fault is null && !Context.Cancellation.IsCancellationRequested)
            return true;
        _writing.Release();
        return false;
    }

    /// <summary>Sends a frame, or nothing but the headers if it is empty.</summary>
    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> frame)
    {
        if (!_http.Response.HasStarted)
            GrpcServerContext.Send(Context.Headers, _http.Response.Headers);
        try
        {
            // An empty write would not begin the answer; a flush does.
            var writer = _http.Response.BodyWriter;
            var flush = await (frame.IsEmpty ? writer.FlushAsync(Context.Cancellation) : writer.WriteAsync(frame, Context.Cancellation));
            return !flush.IsCompleted && !flush.IsCanceled;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private async ValueTask<bool> ReadCoreAsync()
    {
        _current = null;
        if (Fault is not null)
            return false;
        if (!_reading.Wait(0))
            return _isClosed ? false : throw new InvalidOperationException("a read of the call is under way");
        try
        {
            var (hasMessage, fault) = await _reader.ReadAsync(Context.Cancellation);
            _current = _reader.Current;
            if (!fault.IsOk)
                Fault = fault;
            return hasMessage;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // Gone; if nothing else has said why by now, the stream itself failed.
            if (!_isClosed)
                Context.Stop.Stop(new(GrpcCode.Cancelled, "the client's stream ended"));
            return false;
        }
        finally
        {
            _reading.Release();
        }
    }
}
