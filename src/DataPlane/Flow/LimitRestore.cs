using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Record;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Limits go on where the journal's last run left them: windows with what its records say. Rates begin without their burst.
/// </summary>
internal static class LimitRestore
{
    /// <summary>The limits' state before any configuration is in force; rates know whether the journal, if there is one, has had a run.</summary>
    public static LimitStates Begin(JournalStore? journal, LimitClock clock, int exchangesMax, LeaseDesk? desk = null) =>
        new(clock, exchangesMax, desk, isRestarted: journal is { Epoch: > 1 });

    /// <summary>Windows go on; after the first configuration.</summary>
    public static void From(JournalStore journal, LimitStates limits)
    {
        foreach (var (key, used, shares) in journal.Ledger?.InForce ?? [])
            limits.Restore(key.Limit, key.Unit, key.Period, key.Value, used, shares);
    }
}
