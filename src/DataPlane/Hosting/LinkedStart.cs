using System.Net;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Hosting;

/// <summary>What a plane does until it has its first configuration.</summary>
internal static class LinkedStart
{
    /// <summary>
    /// Waits for the first configuration, with the admin port open meanwhile; where the plane is refused, why. There is no bound: a sidecar
    /// may start long before its control plane does, and whoever watches it sees that it is not ready.
    /// </summary>
    public static async Task<(ConfigLoad? Load, string Refusal)> FirstAsync(PlaneLink link, EdgeHostOptions options)
    {
        var first = link.Feed.First;
        if (!first.IsCompleted)
        {
            await using var endpoint = WaitingEndpoint.Start(Addresses(options.Overrides), link);
            options.Log.WriteLine($"waiting for a configuration from {link.Options.Address}, admin on {string.Join(" and ", endpoint.Addresses)}");
            await Task.WhenAny(first, link.Refused);
        }

        return first.IsCompleted ? (await first, "") : (null, $"{link.Options.Address} refuses this plane: {await link.Refused}");
    }

    private static IEnumerable<IPEndPoint> Addresses(ConfigOverrides overrides)
    {
        if (overrides.Admin is null)
            yield return ServerOptions.AdminField.Default!;
        foreach (var flag in (string?[])[overrides.Admin, overrides.Probe])
        {
            if (flag is not null && ListenAddress.TryParse(flag, out var address))
                yield return address;
        }
    }
}
