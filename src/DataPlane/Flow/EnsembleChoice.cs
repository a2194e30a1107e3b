using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Which of several answers is taken, and whether that is certain before all of them are there. Of equals the first target's in the document is.
/// </summary>
internal static class EnsembleChoice
{
    /// <summary>The answer that is taken of those that are good; null where none is, or more are to be waited for.</summary>
    /// <param name="model">The rule.</param>
    /// <param name="members">All attempts.</param>
    /// <param name="isOver">Whether no more are waited for.</param>
    public static EnsembleMember? Of(EnsembleModel model, List<EnsembleMember> members, bool isOver)
    {
        var valid = members.FindAll(static member => member.IsValid);
        if (valid.Count == 0)
            return null;
        if (model.Pick == EnsemblePick.FirstValid)
            return valid[0];
        valid.Sort(InOrder);
        var isEnough = isOver || valid.Count >= model.AnswersMin || members.TrueForAll(static member => member.IsOver);
        if (model.Pick == EnsemblePick.Majority)
            return Majority(valid, isEnough ? 0 : members.FindAll(static member => !member.IsOver).Count);
        return isEnough ? Best(valid, model.Pick) : null;
    }

    /// <summary>
    /// Whose attempt stands for all where no answer is good: one that was given all the same, else one that cannot be judged, else an error of a provider's,
    /// else what else went wrong.
    /// </summary>
    public static EnsembleMember OfNoneGood(List<EnsembleMember> members)
    {
        var best = members[0];
        foreach (var member in members)
        {
            if (member.State > best.State || (member.State == best.State && InOrder(member, best) < 0))
                best = member;
        }

        return best;
    }

    private static int InOrder(EnsembleMember one, EnsembleMember other) =>
        one.Target != other.Target ? one.Target.CompareTo(other.Target) : one.Number.CompareTo(other.Number);

    /// <summary>The first of those that say what most say; null where those that are still waited for may yet change that.</summary>
    private static EnsembleMember? Majority(List<EnsembleMember> valid, int waitedFor)
    {
        var (best, most, next) = (valid[0], 0, 0);
        foreach (var member in valid)
        {
            if (valid.Find(other => other.Reading.Vote == member.Reading.Vote) != member)
                continue;
            var votes = valid.FindAll(other => other.Reading.Vote == member.Reading.Vote).Count;
            if (votes > most)
                (best, most, next) = (member, votes, most);
            else
                next = Math.Max(next, votes);
        }

        return waitedFor == 0 || next + waitedFor < most ? best : null;
    }

    private static EnsembleMember Best(List<EnsembleMember> valid, EnsemblePick pick)
    {
        var best = valid[0];
        foreach (var member in valid)
        {
            var isBetter = pick switch
            {
                EnsemblePick.Shortest => member.Reading.Length < best.Reading.Length,
                EnsemblePick.Longest => member.Reading.Length > best.Reading.Length,
                _ => member.Reading.Logprob > best.Reading.Logprob,
            };
            if (isBetter)
                best = member;
        }

        return best;
    }
}
