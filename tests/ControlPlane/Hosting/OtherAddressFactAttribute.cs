using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace AiEdge.ControlPlane.Tests.Hosting;

/// <summary>A test that needs an address of this machine that is not loopback; skipped, with that reason, where there is none.</summary>
public sealed class OtherAddressFactAttribute : FactAttribute
{
    public OtherAddressFactAttribute() => Skip = Address is null ? "this machine has no IPv4 address but loopback" : null;

    /// <summary>An address by which this machine reaches itself as it would reach another.</summary>
    public static IPAddress? Address { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == OperationalStatus.Up)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
}
