using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>How a stream ends: whole, broken, cut by a limit, or by a defect of ours; each in the stream's own way.</summary>
internal sealed partial class StreamRelay
{
    /// <summary>Gives back what a stream held that a defect of ours broke off.</summary>
    public void Abandon()
    {
        _frames.Release();
        if (!client.IsOpen)
            _prelude.Release();
    }

    /// <summary>
    /// Tells the client of a stream, which has seen nothing of it but signs of life, what it ends with: nobody else is asked.
    /// </summary>
    public ValueTask<EdgeError> TellAsync(Exchange exchange, EdgeError error)
    {
        WriteOnly(exchange, error);
        return client.FinishAsync(error);
    }

    /// <summary>
    /// Ends a stream that a defect of ours broke off, with <paramref name="error"/> in the stream's own way. False where that cannot be said: the client has
    /// nothing of it yet, or has left, or the end is written.
    /// </summary>
    public bool TryTell(EdgeError error)
    {
        if (!_isOpen)
            return TryTellBetween(error);
        _isOpen = false;
        _link.ClearHeartbeat();
        _exchange.SetReported(_reader.Usage, _reader.ServedTier);
        _exchange.Events = _reader.Events;
        _guard.End(isWhole: false);
        var isTold = client.IsOpen && !_link.HasLeft && error.Kind != ErrorKind.ClientClosed;
        if (isTold)
        {
            BeginAnswer();
            if (_isTranslated)
            {
                _translation.Keep(items, _exchange);
                Send(_translation.Whole);
            }

            WriteError(error);
            client.WriteEnd();
        }

        _prelude.Release();
        _reader.Release();
        if (_isTranslated)
            _translation.Release();
        return isTold;
    }

    /// <summary>The same while nobody is asked, of a stream that has been opened by signs of life.</summary>
    private bool TryTellBetween(EdgeError error)
    {
        if (!client.IsOpen || client.IsStarted || _link.HasLeft || error.Kind == ErrorKind.ClientClosed)
            return false;
        _link.Output.Discard();
        WriteOnly(_exchange, error);
        return true;
    }

    /// <summary>An error as the only event of a stream, and its end.</summary>
    private void WriteOnly(Exchange exchange, EdgeError error)
    {
        var reader = ReaderOf(exchange.Dialect);
        reader.Reset(exchange.Endpoint!.Shape, stripUsage: false);
        exchange.KeepAlive = false;

        // What it costs depends on what the last one that was asked has answered, and not on what the client was told at the beginning.
        settlement.Complete(error);
        exchange.Status = 200;
        client.Write(DialectTable.Of(exchange.Dialect).StreamError(exchange, error, reader, passes: true));
        client.WriteEnd();
    }

    /// <summary>
    /// Ends the stream in its own way in the place of an event, or behind it if <paramref name="action"/> lets it pass. The events that
    /// end it are written, and nothing of the provider's is read any more.
    /// </summary>
    private void Cut(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, EventAction action, int cutStart, int cutLength)
    {
        _isCut = true;
        var passes = action != EventAction.Drop;
        if (passes)
        {
            Write(frame, action, cutStart, cutLength);
            _reader.Keep(data);
        }

        _guard.Freeze();
        Settle();
        Send(_form.StreamCut(_exchange, _reader, data, passes, meter.Output.Reasoning));
    }

    /// <summary>Nothing that comes can change the bill of a stream that is cut: it is made now, so that the stream's end says what is billed.</summary>
    private void Settle()
    {
        _exchange.SetReported(_reader.Usage, _reader.ServedTier);
        settlement.Complete(default);
    }

    /// <summary>The provider is told at once; the client has its end, properly framed, and may go on with its connection.</summary>
    private ValueTask<EdgeError> CutOffAsync(UpstreamConnection upstream)
    {
        _link.Detach();
        if (body.State == BodyState.Open)
            upstream.Abort(upstream.Lease);
        return EndAsync(default);
    }

    /// <summary>What it has to stop for does not matter to a stream whose last event has passed, unless the client is gone.</summary>
    private ValueTask<EdgeError> StopAsync()
    {
        var error = AttemptLoop.Stopped(_link);
        return EndAsync(_reader.IsTerminal && error.Kind != ErrorKind.ClientClosed ? default : error);
    }

    /// <summary>
    /// Says how the stream ended, in the stream's own way, and sends what is left. Where nothing of the stream was passed on yet the error is the
    /// exchange's: somebody else may be asked.
    /// </summary>
    private async ValueTask<EdgeError> EndAsync(EdgeError error)
    {
        // What is held for a long event is held until the client has taken it.
        error = await TellEndAsync(error);
        _frames.Release();
        return error;
    }

    private ValueTask<EdgeError> TellEndAsync(EdgeError error)
    {
        if (_link.HasLeft)
            _guard.Freeze();
        _link.ClearStep();
        _link.ClearHeartbeat();
        _exchange.SetReported(_reader.Usage, _reader.ServedTier);
        _exchange.Events = _reader.Events;
        // The client has read it in the provider's own words; to all others it is a stream that broke.
        var isFailed = !error.IsError && !_isCut && _reader.EndedInError;
        var told = _isTranslated && !error.IsError ? ToldUsage() : default;
        _guard.End(isWhole: !error.IsError && !_isCut && !isFailed);
        _reader.Release();
        if (!error.IsError)
            BeginAnswer();
        _prelude.Release();
        if (_isTranslated)
            EndTranslation(ref error, told);

        // Up to here a defect of ours, as in what writes the end of a translation, can still be told in the stream.
        _isOpen = false;
        if (_link.HasLeft)
            return new(EdgeError.Client(ErrorKind.ClientClosed));
        if (error.Kind == ErrorKind.ClientClosed)
            return new(error);
        if (error.IsError && !_isBegun)
        {
            _link.Output.Discard();
            return new(error);
        }

        WriteError(error);

        // The provider is through: a client that leaves on the last event takes no connection with it.
        if (body.State == BodyState.Ended)
            _link.Detach();
        client.WriteEnd();
        if (isFailed && !error.IsError)
            error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer, "The provider's stream ended in an error.");
        return client.FinishAsync(error);
    }

    /// <summary>What the stream ends with in its own way, if it ends in an error; and the end of an array.</summary>
    private void WriteError(EdgeError error)
    {
        if (error.IsError)
            _exchange.KeepAlive = false;
        var reader = _isTranslated ? _translation.Seen : _reader;
        var told = error.IsError ? _form.StreamError(_exchange, error, reader, passes: _isTranslated || !_isUnsent) : default;
        if (_exchange.IsArray)
            _array.End(client, told);
        else
            Send(told);
    }

    /// <summary>A whole stream gets what the client's dialect ends with; one that was cut has it, and one that broke gets its error.</summary>
    private void EndTranslation(ref EdgeError error, in Usage told)
    {
        if (!error.IsError && !_isCut && !_translation.End(told))
            error = EdgeError.Upstream(ErrorKind.UpstreamBadAnswer);
        if (_isBegun)
        {
            KeepItems();
            Send(_translation.Written);
        }

        _translation.Release();
    }

    /// <summary>What the client has of a translated answer may be referred to; a client that has left has no more of it.</summary>
    private void KeepItems()
    {
        if (!_link.HasLeft)
            _translation.Keep(items, _exchange);
    }
}
