using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Publish;

/// <summary>A data plane as its stream of configuration shows it. Kept after the stream has ended, until the control plane ends.</summary>
internal sealed class LivePlane
{
    /// <summary>Faults kept of a rejected generation.</summary>
    public const int FaultsMax = 100;

    public required PlaneIdentity Identity { get; init; }

    public required PlaneStart Start { get; init; }

    /// <summary>Ends the stream when another one of the same process takes its place.</summary>
    public required CancellationTokenSource Replaced { get; init; }

    /// <summary>Whether the stream stands.</summary>
    public bool IsConnected { get; set; }

    public long ConnectedUnixMs { get; init; }

    public long SeenUnixMs { get; set; }

    /// <summary>The generation that it serves.</summary>
    public ulong Applied { get; set; }

    /// <summary>How long the last one took it, in milliseconds.</summary>
    public uint ApplyMs { get; set; }

    /// <summary>The generation that it refused last, while it serves an earlier one; else 0.</summary>
    public ulong Rejected { get; set; }

    /// <summary>Why.</summary>
    public IReadOnlyList<ChangeFault> Faults { get; set; } = [];

    /// <summary>How many faults there were.</summary>
    public uint FaultCount { get; set; }
}
