using System.IO.Pipelines;
using System.Net.Sockets;

namespace AiEdge.FakeUpstream;

/// <summary>
/// Receives all the time, also while an answer is being sent, so that a client's leaving is seen at once.
/// What nobody reads piles up to a bound; beyond it TCP holds the client back, as with a real server that does not read.
/// </summary>
internal sealed class Inbox(Transport transport)
{
    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 256 * 1024,
        resumeWriterThreshold: 128 * 1024, useSynchronizationContext: false));

    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PipeReader Reader => _pipe.Reader;

    /// <summary>Ends on the client's FIN or RST, or on our own closing.</summary>
    public Task Gone => _gone.Task;

    public bool IsGone => _gone.Task.IsCompleted;

    /// <summary>Pumps until the connection is over; <paramref name="onGone"/> is called once then.</summary>
    public async Task PumpAsync(Action onGone)
    {
        try
        {
            while (true)
            {
                var count = await transport.ReceiveAsync(_pipe.Writer.GetMemory(2048));
                if (count == 0)
                    break;
                _pipe.Writer.Advance(count);
                if ((await _pipe.Writer.FlushAsync()).IsCompleted)
                    break;
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // A reset is one of the ways in which clients leave.
        }

        _gone.TrySetResult();
        onGone();
        await _pipe.Writer.CompleteAsync();
    }

    /// <summary>Reads and drops what still comes, until the client is gone or the time is up.</summary>
    public async Task DrainAsync(TimeSpan atMost)
    {
        using var deadline = new CancellationTokenSource(atMost);
        try
        {
            while (true)
            {
                var read = await Reader.ReadAsync(deadline.Token);
                Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            // The client keeps its side open; it has had its time.
        }
    }
}
