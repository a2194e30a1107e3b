namespace AiEdge.ControlPlane.Store;

/// <summary>
/// All that the control plane must not forget. FASTER stands behind it on one machine; another database may, if it keeps what is
/// promised here: what has been answered is durable, in order, there once, and a store that lost something says so rather than open.
/// </summary>
internal interface IEdgeStore : IAsyncDisposable
{
    /// <summary>16 random bytes that the store is born with; a restore from a backup makes others.</summary>
    ReadOnlyMemory<byte> Id { get; }

    /// <summary>Every accepted write to the configuration, to tokens and to what else an operator may change.</summary>
    ICommandLog Commands { get; }

    /// <summary>What the quota allocator must know after a crash: ceilings of grants, held money.</summary>
    ICommandLog Quota { get; }

    /// <summary>What every exchange has used.</summary>
    IUsageLedger Ledger { get; }
}
