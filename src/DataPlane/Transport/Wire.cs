namespace AiEdge.DataPlane.Transport;

/// <summary>Takes the outcome of a receive that did not finish at once.</summary>
internal interface IReceiveSink
{
    /// <summary>Where to put what has come. Asked when bytes are there, so that a wait holds no memory; stays until <see cref="OnReceived"/>.</summary>
    Memory<byte> ReceiveBuffer();

    /// <summary>Nothing had come after all: the memory goes back until it is asked for again.</summary>
    void ReturnReceiveBuffer();

    /// <param name="count">Bytes received; 0 at the peer's FIN; -1 when the connection broke.</param>
    void OnReceived(int count);
}

/// <summary>Takes the outcome of a send that did not finish at once.</summary>
internal interface ISendSink
{
    /// <param name="ok">Whether every byte was handed to the peer's side; false when the connection broke.</param>
    void OnSent(bool ok);
}

/// <summary>
/// What carries a connection's bytes: a socket, or TLS over it. At most one receive and one send are under way at a time.
/// An operation either finishes at once (returns true), or later calls its sink, exactly once, on the thread that completed it.
/// No operation throws for a broken connection: it reports -1 or false.
/// </summary>
internal abstract class Wire
{
    /// <summary>Set once, before the first receive.</summary>
    public IReceiveSink? ReceiveSink { get; set; }

    public ISendSink? SendSink { get; set; }

    /// <summary>Receives into the sink's <see cref="IReceiveSink.ReceiveBuffer"/>.</summary>
    public abstract bool Receive(out int count);

    public abstract bool Send(ReadOnlyMemory<byte> bytes, out bool ok);

    /// <summary>Whether <see cref="SendChain"/> and <see cref="TryCancelSend"/> are there.</summary>
    public virtual bool Gathers => false;

    /// <summary>As <see cref="Send"/>, for a whole chain of blocks; they stay the caller's and must not change meanwhile.</summary>
    /// <param name="first">Where the chain begins.</param>
    /// <param name="number">What <see cref="TryCancelSend"/> knows this send by: not zero, and never the same twice.</param>
    /// <param name="ok">As <see cref="Send"/>.</param>
    public virtual bool SendChain(Block first, long number, out bool ok) => throw new NotSupportedException();

    /// <summary>
    /// Takes back the send of that number if it waits: its sink is not called any more, its memory not read. From any thread.
    /// </summary>
    public virtual bool TryCancelSend(long number) => false;

    /// <summary>Says FIN after what was sent; later sends fail.</summary>
    public abstract void ShutdownSend();

    /// <summary>Closes at once; operations under way report a broken connection. Callable from any thread, any number of times.</summary>
    public abstract void Abort();
}
