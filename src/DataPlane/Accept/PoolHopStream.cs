namespace AiEdge.DataPlane.Accept;

/// <summary>
/// A stream whose reads, until told otherwise, complete on the pool and not on the I/O thread, and hold one of
/// <paramref name="places"/> from then to the next read: what follows a handshake's read is a millisecond of arithmetic.
/// </summary>
/// <param name="inner">What is read and written.</param>
/// <param name="places">As many as may compute at a time.</param>
internal sealed class PoolHopStream(Stream inner, SemaphoreSlim places) : Stream
{
    private bool _hops = true;
    private bool _holdsPlace;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _hops ? HopAsync(buffer, cancellationToken) : inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The arithmetic is over.</summary>
    public void StopHopping()
    {
        _hops = false;
        LeavePlace();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> HopAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        LeavePlace();
        var count = await inner.ReadAsync(buffer, cancel);
        await places.WaitAsync(cancel);
        _holdsPlace = true;
        if (Transport.IoGuard.IsIoThread || !Thread.CurrentThread.IsThreadPoolThread)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return count;
    }

    private void LeavePlace()
    {
        if (!_holdsPlace)
            return;
        _holdsPlace = false;
        places.Release();
    }
}
