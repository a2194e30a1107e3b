using System.Collections.Concurrent;
using System.Threading.Channels;

namespace AiEdge.FakeUpstream;

/// <summary>The last requests received, and a queue of those that no test has taken yet; both bounded, oldest out first.</summary>
internal sealed class RequestLog
{
    private readonly ConcurrentQueue<ReceivedRequest> _all = new();
    private readonly Channel<ReceivedRequest> _next;
    private readonly int _max;

    public RequestLog(int max)
    {
        _max = max;
        _next = Channel.CreateBounded<ReceivedRequest>(new BoundedChannelOptions(Math.Max(1, max)) { FullMode = BoundedChannelFullMode.DropOldest });
    }

    public bool IsOn => _max > 0;

    public IReadOnlyList<ReceivedRequest> Snapshot => [.. _all];

    public void Add(ReceivedRequest request)
    {
        _all.Enqueue(request);
        while (_all.Count > _max)
            _all.TryDequeue(out _);
        _next.Writer.TryWrite(request);
    }

    public async Task<ReceivedRequest> NextAsync(TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            return await _next.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No request arrived within {timeout}; {_all.Count} came before.");
        }
    }
}
