using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>The wait before a request is sent again. Whatever stops the exchange ends it.</summary>
internal sealed class RetryPause : IUpstreamLease, IDisposable
{
    private const long Number = long.MaxValue;
    private readonly CancellationTokenSource _cancel = new();

    /// <summary>False if the exchange has to stop.</summary>
    public static async ValueTask<bool> WaitAsync(ClientLink link, TimeSpan wait)
    {
        using var pause = new RetryPause();
        if (link.Attach(pause, Number))
            await Task.Delay(wait, pause._cancel.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        link.Detach();
        return link.Reason == StopReason.None && !link.HasLeft;
    }

    public void Abort(long lease)
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was over before the stop arrived; the exchange sees the reason by itself.
        }
    }

    public void Wake(long lease)
    {
    }

    public void Dispose() => _cancel.Dispose();
}
