using System.Text;
using AiEdge.Contracts.Source;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Snapshot;
using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>The sweep that closes spent connections never hides a live one from the exchange that wants it.</summary>
public sealed class PoolSweepTests
{
    [LinuxFact]
    public void A_live_connection_can_be_taken_while_the_pool_is_swept()
    {
        using var provider = new BlockingProvider();
        var clock = new EdgeClock();
        var document = new ConfigDocument(Encoding.UTF8.GetBytes(Plane.Config(provider.Port, "")), ConfigFormat.Yaml);
        var snapshot = ConfigFile.Load(document, Path.GetTempPath(), 1, ConfigOverrides.None, _ => null).Snapshot!;
        var pool = new UpstreamPool(Assert.Single(snapshot.Providers), new Connector(BlockPool.Shared, clock), clock, UpstreamPool.HeadBytesMax);
        // Not awaited: what comes after an await could run on an I/O thread, and races must not.
        var (connection, error) = pool.OpenAsync(default).AsTask().GetAwaiter().GetResult();
        Assert.False(error.IsError);
        pool.Return(connection!);

        Race.Passes(Race.Free(Race.Time, Sweep, TakeAndReturn));
        Assert.Equal(1, pool.Opened);
        pool.Retire();
        Assert.Equal(0, pool.Open);

        string? Sweep(Random random)
        {
            pool.Sweep();
            return null;
        }

        string? TakeAndReturn(Random random)
        {
            if (pool.TryTake() is not { } taken)
                return "the only connection was not in the pool";
            pool.Return(taken);
            return null;
        }
    }
}
