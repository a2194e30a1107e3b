using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Limits go on where the journal's last run left them: windows with what its records say, rates without burst, for nobody knows what
/// was drawn of them just before.
/// </summary>
internal static class LimitRestore
{
    public static void From(JournalStore journal, LimitStates limits)
    {
        // A journal that has just been made has had no run.
        if (journal.Epoch > 1)
            limits.RatesStartEmpty();
        foreach (var (key, used, shares) in journal.Ledger?.InForce ?? [])
            limits.Restore(key.Limit, key.Unit, key.Period, key.Value, used, shares);
    }
}
