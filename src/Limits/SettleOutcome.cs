namespace AiEdge.Limits;

/// <summary>Where a settlement went.</summary>
public enum SettleOutcome : byte
{
    /// <summary>Into the credit that draws come from.</summary>
    Applied,

    /// <summary>
    /// The window it belongs to is closed: a refund is for the ledger alone, and what was used beyond the limit is debt of the next
    /// window, or forgiven, as the bucket's <see cref="DebtPolicy"/> says.
    /// </summary>
    WindowClosed,
}

/// <summary>What happens to use beyond a window's limit when the window ends.</summary>
public enum DebtPolicy : byte
{
    /// <summary>The next windows pay for it.</summary>
    Carry,

    /// <summary>It is forgotten.</summary>
    Forgive,
}
