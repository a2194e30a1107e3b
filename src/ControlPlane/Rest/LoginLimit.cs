using System.Net;
using System.Net.Sockets;

namespace AiEdge.ControlPlane.Rest;

/// <summary>Ten failed logins a minute from one address (IPv6 by /64); further ones of it are told to wait. A good token is not held by them.</summary>
internal sealed class LoginLimit(TimeProvider time)
{
    public const int FailuresMax = 10;

    /// <summary>Addresses remembered; with more, all others share one count, so that memory is bounded.</summary>
    public const int AddressesMax = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);
    private long _begin = time.GetTimestamp();

    /// <summary>Whether a caller from there has to wait, and how long.</summary>
    public bool Holds(IPAddress? address, out TimeSpan wait)
    {
        lock (_lock)
        {
            Turn();
            wait = Window - time.GetElapsedTime(_begin);
            return _failures.GetValueOrDefault(Place(address)) >= FailuresMax;
        }
    }

    public void Failed(IPAddress? address)
    {
        lock (_lock)
        {
            Turn();
            var place = Place(address);
            _failures[place] = _failures.GetValueOrDefault(place) + 1;
        }
    }

    private void Turn()
    {
        if (time.GetElapsedTime(_begin) < Window)
            return;
        _failures.Clear();
        _begin = time.GetTimestamp();
    }

    private string Place(IPAddress? address)
    {
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var place = address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
        return _failures.Count < AddressesMax || _failures.ContainsKey(place) ? place : "others";
    }
}
