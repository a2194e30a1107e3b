using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>A wire whose receives end when the test says so.</summary>
internal sealed class HandWire : Wire
{
    private long _position;
    private int _isReceiving;

    public bool IsReceiving => Volatile.Read(ref _isReceiving) != 0;

    public override bool Receive(out int count)
    {
        Volatile.Write(ref _isReceiving, 1);
        count = 0;
        return false;
    }

    public void Arrive(int count)
    {
        var into = ReceiveSink!.ReceiveBuffer();
        for (var i = 0; i < count; i++)
            into.Span[i] = Counted.At(_position++);
        Volatile.Write(ref _isReceiving, 0);
        ReceiveSink.OnReceived(count);
    }

    public override bool Send(ReadOnlyMemory<byte> bytes, out bool ok) => ok = true;

    public override void ShutdownSend()
    {
    }

    public override void Abort()
    {
    }
}
