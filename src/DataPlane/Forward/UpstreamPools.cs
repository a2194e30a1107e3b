using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Forward;

/// <summary>The pools of all providers. A provider whose endpoint a new configuration keeps, keeps its connections.</summary>
internal sealed class UpstreamPools(BlockPool blocks, EdgeClock clock, bool isConfined = false) : IDisposable
{
    private readonly Lock _lock = new();
    private Dictionary<string, UpstreamPool> _byEndpoint = [];
    private Dictionary<ProviderModel, UpstreamPool> _byProvider = [];

    /// <summary>The pool of a provider of the current or an earlier configuration.</summary>
    public UpstreamPool Of(ProviderModel provider)
    {
        if (Volatile.Read(ref _byProvider).TryGetValue(provider, out var pool))
            return pool;
        lock (_lock)
        {
            // An exchange that began under the last configuration, whose provider the new one changed.
            return _byEndpoint.TryGetValue(provider.EndpointIdentity, out pool) ? pool : Make(provider);
        }
    }

    public IReadOnlyCollection<UpstreamPool> All => Volatile.Read(ref _byEndpoint).Values;

    /// <summary>Opens pools for new endpoints and retires those that nothing names any more.</summary>
    public void Use(ConfigSnapshot config)
    {
        lock (_lock)
        {
            var byEndpoint = new Dictionary<string, UpstreamPool>();
            var byProvider = new Dictionary<ProviderModel, UpstreamPool>();
            foreach (var provider in config.Providers)
            {
                if (!byEndpoint.TryGetValue(provider.EndpointIdentity, out var pool)
                    && !_byEndpoint.TryGetValue(provider.EndpointIdentity, out pool))
                    pool = Make(provider);
                pool.Update(provider);
                byEndpoint[provider.EndpointIdentity] = pool;
                byProvider[provider] = pool;
            }

            foreach (var (identity, pool) in _byEndpoint)
            {
                if (!byEndpoint.ContainsKey(identity))
                    pool.Retire();
            }

            Volatile.Write(ref _byEndpoint, byEndpoint);
            Volatile.Write(ref _byProvider, byProvider);
        }
    }

    /// <summary>Called about once a second.</summary>
    public void Sweep()
    {
        foreach (var pool in All)
            pool.Sweep();
    }

    public void Dispose()
    {
        foreach (var pool in All)
            pool.Retire();
    }

    private UpstreamPool Make(ProviderModel provider) => new(provider, new Connector(blocks, clock, isConfined), clock, UpstreamPool.HeadBytesMax);
}
