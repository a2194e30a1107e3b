using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>
/// Cheaper models before the asked one: each is asked once, at one of its targets that can take the request whole and answers for now, and is followed by the
/// next, at last by the asked model as if nobody had been asked before. Neither the attempts nor the budget of retries are touched by it.
/// </summary>
internal sealed partial class TargetPlan
{
    private const int Own = int.MaxValue;

    private int _step;
    private int _spent;

    /// <summary>Which of the cheaper models is asked now; null for the asked model itself, and whom that falls back to.</summary>
    public CascadeStep? Step => _step == Own ? null : _asked.Cascade[_step];

    /// <summary>How long the exchange may take: by the asked model's word, whoever is asked before.</summary>
    public TimeSpan Total => (_step == Own ? _exchange.Target! : _asked.Targets[0]).Timeouts.Total;

    /// <summary>What the attempt that has just begun is made for.</summary>
    public AttemptPurpose Purpose => _step != Own ? AttemptPurpose.Cascade
        : _spent > 0 && _exchange.Attempts == _spent + 1 ? AttemptPurpose.First
        : AttemptPurpose.Counted;

    /// <summary>Whether the asked model itself could be asked now: else what a cheaper one says is better than nothing.</summary>
    public bool CanEscalate()
    {
        var (fit, set) = (_fit, 0UL);
        for (_fit = TargetFit.Whole; _fit != TargetFit.No && set == 0; _fit--)
        {
            set = Eligible(_asked);
            if (!_asked.IsFitted)
                break;
        }

        _fit = fit;
        return Balancer.Ready(_asked, set, clock.CoarseMs, AskOf(_asked, null)) != 0;
    }

    /// <summary>
    /// A cheaper model cannot be asked, or one that is fallen back to: a limit of it has nothing left. Turns to the next; false where it is none of these, or
    /// nobody is left.
    /// </summary>
    public bool TryPassOver()
    {
        if (_step == Own)
            return TryPassModel();
        var (model, target) = (_exchange.Model, _exchange.Target);
        OnEscalated(CascadeOutcome.Limited);
        if (!TryStep(_step + 1) && !TryAsked())
        {
            (_exchange.Model, _exchange.Target) = (model, target);
            return false;
        }

        _exchange.ClearRefusal();
        Pass();
        return true;
    }

    /// <summary>A cheaper model was given up for that.</summary>
    public void OnEscalated(CascadeOutcome outcome)
    {
        _exchange.Escalated = outcome;
        _asked.Cascades.On(outcome);
    }

    /// <summary>Chooses whom to ask after a cheaper model. Of the exchange nothing changes before <see cref="Turn"/>.</summary>
    private bool TryEscalate()
    {
        var (model, target) = (_exchange.Model, _exchange.Target);
        var isFound = TryStep(_step + 1) || TryAsked();
        _next = (_exchange.Model!, _exchange.Target!);
        (_exchange.Model, _exchange.Target) = (model, target);
        return isFound;
    }

    /// <summary>Chooses a target of the first of the cheaper models from one on that has one for the request.</summary>
    private bool TryStep(int from)
    {
        var own = _exchange.Model;
        for (var i = from; i < _asked.Cascade.Length; i++)
        {
            var name = _asked.Cascade[i].Model;
            if (_exchange.Config.Models.Find(name.Utf8) is not { IsDisabled: false } model || ReferenceEquals(model, _asked))
                continue;
            (_exchange.Model, _tried, _fit, _by) = (model, 0, TargetFit.Whole, model.OwnName ?? name);
            if (TryChoose(Untried(), isPicky: true))
            {
                _step = i;
                return true;
            }
        }

        _exchange.Model = own;
        return false;
    }

    private bool TryAsked()
    {
        _exchange.Model = _asked;
        if (!TryOwn())
            return false;
        (_step, _spent) = (Own, _exchange.Attempts);
        return true;
    }
}
