using System.Numerics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>
/// Other models, where nobody of the asked one can be asked, or all have failed. Who fails, or is to be left alone, is passed over as long as anybody else is
/// left, models that are fallen back to included, and nothing is asked or counted for that; then it is asked all the same.
/// </summary>
internal sealed partial class TargetPlan
{
    private ModelModel? _origin;
    private ModelName? _originName;
    private ModelName? _askedName;

    /// <summary>Which of the models that are fallen back to have been turned to, by their places.</summary>
    private uint _fallen;

    /// <summary>Targets of the asked model that had been asked when it was left for another.</summary>
    private ulong _triedOfAsked;

    /// <summary>Targets of the exchange's model that have been asked twice.</summary>
    private ulong _again;

    private (ModelModel Model, TargetModel Target, ModelName? By) _last;
    private (ModelModel Model, TargetModel Target, ModelName? By) _failed;

    /// <summary>
    /// Whether the exchange has a target of the model that it was to have, and one that has not to be asked for want of others: it neither fails nor is to be
    /// left alone.
    /// </summary>
    public bool IsSettled => !ReferenceEquals(_exchange.Model, _origin) && !IsOut(_exchange.Model!, 1UL << _target);

    /// <summary>How many models may be fallen back to: the asked one's, and whom its client asked for.</summary>
    private int Fallbacks => _asked.Fallback.Length + (_origin is null ? 0 : 1);

    /// <summary>An attempt was in vain: if nobody else can be asked, it is that one's error that the exchange ends with.</summary>
    public void OnFailed() => _failed = _last;

    /// <summary>Nobody else can be asked: the exchange is with the one again that has failed, and names nobody who was not asked.</summary>
    public void Recall()
    {
        (_exchange.Model, _exchange.Target, _by) = _failed;
        Pass();
    }

    /// <summary>
    /// Chooses one of those that have not been asked: of the model, then of others that it falls back to, who can be asked now; else whoever is left. Where all
    /// of the model fail or are to be left alone, to find that out once more would take an attempt of each request, and of the budget.
    /// </summary>
    private bool TryAnyone()
    {
        var isOut = IsOut(_exchange.Model!, Untried());
        return TryChoose(Untried(), isPicky: isOut) || TryFallBack(isPicky: true) || (isOut && TryChoose(Untried(), isPicky: false))
            || TryFallBack(isPicky: false);
    }

    /// <summary>Chooses one of a model that is fallen back to: the first that has one for the request, and if picky, that can be asked now.</summary>
    private bool TryFallBack(bool isPicky)
    {
        // What it goes on from lies where it lies: without it the request is another question.
        if (_exchange.Stored.IsReferred)
            return false;
        var before = (_exchange.Model, _tried, _by);
        for (var i = 0; i < Fallbacks; i++)
        {
            if ((_fallen & (1U << i)) != 0 || FallbackAt(i) is not ({ IsDisabled: false } model, var name) || ReferenceEquals(model, before.Model))
                continue;
            (_exchange.Model, _tried, _by) = (model, 0, name);
            if (TryChoose(Untried(), isPicky))
            {
                if (ReferenceEquals(before.Model, _asked))
                    _triedOfAsked = before._tried;
                _fallen |= (1U << i) | (ReferenceEquals(model, _origin) ? 1U << _asked.Fallback.Length : 0);
                _again = 0;
                return true;
            }

            (_exchange.Model, _tried, _by) = before;
        }

        return false;
    }

    private (ModelModel? Model, ModelName? Name) FallbackAt(int place)
    {
        if (place == _asked.Fallback.Length)
            return (_origin, _originName);
        var name = _asked.Fallback[place];
        var model = _exchange.Config.Models.Find(name.Utf8);
        return (model, model?.OwnName ?? name);
    }

    /// <summary>Whether another model can be asked now. Nothing changes.</summary>
    private bool CanFallBack()
    {
        var (model, exchanged, by) = (_exchange.Model, _exchange.Target, _by);
        var (target, without, tried, fallen, again, triedOfAsked) = (_target, _without, _tried, _fallen, _again, _triedOfAsked);
        var can = TryFallBack(isPicky: true);
        (_exchange.Model, _exchange.Target, _by) = (model, exchanged, by);
        (_target, _without, _tried, _fallen, _again, _triedOfAsked) = (target, without, tried, fallen, again, triedOfAsked);
        return can;
    }

    /// <summary>Comes back to those of the asked model that were passed over for another.</summary>
    /// <param name="isAsked">Whether it must be one that can be asked, and not one of whom is to be told when it can.</param>
    private bool TryReturn(bool isAsked)
    {
        if (ReferenceEquals(_exchange.Model, _asked))
            return false;
        var before = (_exchange.Model, _tried, _by);
        (_exchange.Model, _tried, _by) = (_asked, _triedOfAsked, null);
        if (TryChoose(isAsked ? Untried() & ~Resting(Untried()) : Untried(), isPicky: false))
            return true;
        (_exchange.Model, _tried, _by) = before;
        return false;
    }

    /// <summary>A limit of a model that is fallen back to has nothing left: turns to the next; false where there is none.</summary>
    private bool TryPassModel()
    {
        if (ReferenceEquals(_exchange.Model, _asked))
            return false;
        var (model, target) = (_exchange.Model, _exchange.Target);
        if (!TryFallBack(isPicky: true) && !TryFallBack(isPicky: false) && !TryReturn(isAsked: false))
        {
            (_exchange.Model, _exchange.Target) = (model, target);
            return false;
        }

        _exchange.ClearRefusal();
        Pass();
        return true;
    }

    /// <summary>
    /// Where a target of another model has no name for it, that is asked for by the name that it was turned to by. Who is back with the model that its client
    /// asked for has not been turned to another.
    /// </summary>
    private void Pass()
    {
        var isOrigin = _origin is not null && ReferenceEquals(_exchange.Model, _origin);
        _exchange.IsFallback = !ReferenceEquals(_exchange.Model, _asked);
        _exchange.TurnTo(isOrigin ? _originName : _askedName);
        _exchange.Pass(_by);
        if (!isOrigin)
            return;
        _exchange.SimpleModel = null;
        _exchange.Degraded = _exchange.Degraded.MaxTokens > 0 ? _exchange.Degraded with { Model = null } : default;
    }

    /// <summary>What a model is called that was turned to by no other name.</summary>
    private ModelName? NameOf(ModelModel model) => ReferenceEquals(model, _origin) ? _originName : _askedName;

    /// <summary>
    /// Whether there are some, and each of them fails or is to be left alone, by its provider's word or ours; who only has no room for now is waited for.
    /// </summary>
    private bool IsOut(ModelModel model, ulong set)
    {
        var now = clock.CoarseMs;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var target = model.Targets[BitOperations.TrailingZeroCount(rest)];
            if (target.Health.IsAvailable(now) && target.Pause.LeftMs(now) == 0 && Accounts.PauseLeftMs(target.Provider, now) == 0)
                return false;
        }

        return set != 0;
    }

    /// <summary>Those of a set that their provider has more for at a moment that it has told.</summary>
    private ulong Resting(ulong set)
    {
        var (model, now) = (_exchange.Model!, clock.CoarseMs);
        var resting = 0UL;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            if (Accounts.Rests(model.Targets[i], now, Ask))
                resting |= 1UL << i;
        }

        return resting;
    }

    /// <summary>The provider has refused the exchange's request for there is no more, and has said when there is.</summary>
    public void OnRefused(TimeSpan wait)
    {
        var target = _exchange.Target!;
        if (Array.IndexOf(target.Provider.Accounts, _exchange.Account) is var place and >= 0)
            Accounts.LimitsOf(target, place, Ask)?.Rest(clock.CoarseMs, wait);
    }

    /// <summary>A target that is ejected was asked all the same, for want of others, and answers.</summary>
    private void EndEjection()
    {
        if (_isAnyway)
            _exchange.Target!.Health.Return(clock.CoarseMs);
        _isAnyway = false;
    }
}
