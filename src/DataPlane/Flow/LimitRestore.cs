using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Limits go on where the journal's last run left them: windows with what its records say. Rates begin without their burst.
/// </summary>
internal static class LimitRestore
{
    public static void From(JournalStore journal, LimitStates limits)
    {
        foreach (var (key, used, shares) in journal.Ledger?.InForce ?? [])
            limits.Restore(key.Limit, key.Unit, key.Period, key.Value, used, shares);
    }
}
