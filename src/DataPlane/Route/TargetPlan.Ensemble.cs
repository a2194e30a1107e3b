using System.Numerics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>Several attempts at once: each at another target as long as there is one, then at the same ones again.</summary>
internal sealed partial class TargetPlan
{
    private ulong _round;
    private ulong _barred;

    /// <summary>Whether the asked model itself is about to be asked for the first time.</summary>
    public bool IsFirstOfAsked => _step == Own && _exchange.Attempts == _spent && ReferenceEquals(_exchange.Model, _asked);

    /// <summary>The exchange's target, which was entered, is the first of several that are asked at once.</summary>
    public void BeginMembers()
    {
        _round = 1UL << _target;
        _barred = 0;
    }

    /// <summary>The exchange's target, which was entered as one more, cannot be asked for what the request is: another is entered in its place.</summary>
    public void Bar()
    {
        _barred |= 1UL << _target;
        Leave(AttemptOutcome.Unknown);
    }

    /// <summary>Where the exchange's target stands among its model's.</summary>
    public int TargetIndex => _target;

    /// <summary>
    /// Enters one more target, of those that go first by their <c>priority</c>: one that is not asked yet, else one of them again. None is asked that
    /// has given a reason to doubt it, or is being tried. False where nobody has room.
    /// </summary>
    public bool TryEnterMember(out Place place)
    {
        var model = _exchange.Model!;
        var now = clock.CoarseMs;
        var able = 0UL;
        for (var rest = Balancer.Ready(model, Eligible(model) & ~_barred, now, Ask); rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            if (model.Targets[i].Health.Phase == HealthPhase.Closed)
                able |= 1UL << i;
        }

        for (able = Balancer.First(model, able); able != 0;)
        {
            if ((able & ~_round) == 0)
                _round = 0;
            var choice = Balancer.Choose(model, able & ~_round, now, _exchange);
            _round |= 1UL << choice;
            if (TryEnterAt(choice, out place))
                return true;
            able &= ~(1UL << choice);
        }

        place = default;
        return false;
    }

    /// <summary>So many attempts were made at once, and nobody answered: they count as one.</summary>
    public void EndMembers(int made) => _spent += Math.Max(0, made - 1);
}
