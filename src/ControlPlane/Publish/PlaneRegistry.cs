using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Publish;

/// <summary>What is known of data planes beyond their credentials: who is connected, and what became of each generation there.</summary>
internal sealed class PlaneRegistry(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LivePlane> _planes = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Lets a plane in. Null where another process of the same id is connected; the same process, which comes back before its
    /// lost connection was noticed, takes its own place.
    /// </summary>
    public LivePlane? TryEnter(PlaneIdentity identity, PlaneStart start)
    {
        LivePlane? before;
        LivePlane plane;
        lock (_lock)
        {
            before = _planes.GetValueOrDefault(identity.PlaneId);
            if (before is { IsConnected: true } && before.Start.Epoch != start.Epoch)
                return null;
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            plane = new LivePlane
            {
                Identity = identity,
                Start = start,
                Replaced = new CancellationTokenSource(),
                IsConnected = true,
                ConnectedUnixMs = now,
                SeenUnixMs = now,
            };
            _planes[identity.PlaneId] = plane;
        }

        before?.Replaced.Cancel();
        return plane;
    }

    /// <summary>The stream has ended.</summary>
    public void Leave(LivePlane plane) => Change(() =>
    {
        plane.IsConnected = false;
        plane.SeenUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    });

    public void Applied(LivePlane plane, ulong generation, uint applyMs) => Change(() =>
    {
        plane.Applied = generation;
        plane.ApplyMs = applyMs;
        plane.Rejected = 0;
        plane.Faults = [];
        plane.FaultCount = 0;
        plane.SeenUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    });

    public void Rejected(LivePlane plane, ConfigRejected rejected) => Change(() =>
    {
        plane.Rejected = rejected.Generation;
        plane.Faults = [.. rejected.Faults.Take(LivePlane.FaultsMax)];
        plane.FaultCount = Math.Max(rejected.FaultCount, (uint)plane.Faults.Count);
        plane.SeenUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    });

    /// <summary>A plane by its id, or null where it has not been seen since the start.</summary>
    public LivePlane? Find(string planeId)
    {
        lock (_lock)
            return _planes.GetValueOrDefault(planeId);
    }

    /// <summary>All that have been seen since the start.</summary>
    public IReadOnlyList<LivePlane> All()
    {
        lock (_lock)
            return [.. _planes.Values];
    }

    /// <summary>Waits until each connected plane has applied or rejected a generation; false where that took too long.</summary>
    public async ValueTask<bool> WaitForAllAsync(ulong generation, TimeSpan timeout, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(timeout);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_planes.Values.All(p => !p.IsConnected || p.Applied >= generation || p.Rejected >= generation))
                    return true;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(stop.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}
