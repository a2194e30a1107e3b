using System.Numerics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>A second target besides the one that is asked: found, entered, and put in the other's place.</summary>
internal sealed partial class TargetPlan
{
    private int _besideTarget;
    private Place _beside;

    /// <summary>
    /// Another target of the model that could be asked as well: one that is in the same variant of an experiment, and has given nobody a reason to doubt
    /// it. Null where there is none.
    /// </summary>
    /// <param name="mayBeAsked">Whether a provider may be asked besides by the dialect that it is asked in.</param>
    public TargetModel? FindBeside(Func<Exchange, ProviderModel, bool> mayBeAsked)
    {
        var model = _exchange.Model!;
        var now = clock.CoarseMs;
        var set = 0UL;
        for (var rest = Balancer.Ready(model, Untried() & ~(1UL << _target), now, Ask); rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var target = model.Targets[i];
            if (target.Health.Phase == HealthPhase.Closed && mayBeAsked(_exchange, target.Provider) && target.Variant == _exchange.Target!.Variant)
                set |= 1UL << i;
        }

        if (set == 0)
            return null;
        _besideTarget = Balancer.Choose(model, Balancer.First(model, set), now, _exchange);
        return model.Targets[_besideTarget];
    }

    /// <summary>The target that is not the exchange's, of the two that are asked.</summary>
    public TargetModel Beside => _beside.Target;

    /// <summary>That target is about to be asked. False where somebody else has taken its last place, or its accounts have no room.</summary>
    public bool TryEnterBeside()
    {
        return TryEnterAt(_besideTarget, out _beside);
    }

    /// <summary>A target is about to be asked besides the exchange's. False where it is full, or its accounts have no room.</summary>
    private bool TryEnterAt(int index, out Place place)
    {
        place = default;
        var target = _exchange.Model!.Targets[index];
        if (!target.Load.TryEnter(target.Concurrent, _isWhole))
        {
            OnFull(_exchange.Model, index);
            return false;
        }

        var prefix = _exchange.Model.Affinity is null ? 0 : _exchange.PrefixHash;
        var account = Accounts.Take(target, prefix, clock.CoarseMs, Ask, without: 0, 0, _exchange.Stored.Account, out _, out var taken, out _);
        if (account < 0)
        {
            target.Load.Leave(isWhole: _isWhole);
            return false;
        }

        _tried |= 1UL << index;
        place = new Place
        {
            Index = index,
            Target = target,
            Account = target.Provider.Accounts[account],
            Taken = taken,
            Limits = Accounts.LimitsOf(target, account, Ask),
        };
        return true;
    }

    /// <summary>The one that was asked besides is the exchange's target now, and the other is the one besides.</summary>
    public void Swap() => Swap(ref _beside);

    /// <summary>A target that was entered besides is the exchange's now, and what was that is in the other's place.</summary>
    public void Swap(ref Place other)
    {
        var asked = new Place
        {
            Index = _target,
            Target = _exchange.Target!,
            Account = _exchange.Account,
            Taken = _taken,
            Limits = _limits,
            IsProbe = _isProbe,
            IsAnyway = _isAnyway,
            Trial = _trial,
            Rest = _rest,
            SentAt = _exchange.SentAt,
        };
        (_target, _taken, _limits, _trial, _rest) = (other.Index, other.Taken, other.Limits, other.Trial, other.Rest);
        (_isProbe, _isAnyway) = (other.IsProbe, other.IsAnyway);
        (_exchange.Target, _exchange.Account, _exchange.SentAt) = (other.Target, other.Account, other.SentAt);
        other = asked;
    }

    /// <summary>
    /// The target was left for another that began sooner: that it took so long at least is known of it, and no more. What is always left would else
    /// pass for quick. Where something was sent to it <see cref="Leave"/> says so, too.
    /// </summary>
    /// <param name="openedAt">When its connection began to be opened, which holds where nothing has been sent; 0 says nothing then.</param>
    public void OnOutrun(long openedAt)
    {
        var since = _exchange.SentAt != 0 ? _exchange.SentAt : openedAt;
        if (since == 0)
            return;
        var us = EdgeClock.Us(since, System.Diagnostics.Stopwatch.GetTimestamp());
        var load = _exchange.Target!.Load;
        if (_exchange.Stream && _asked.Hedge is not null && us / 1000 > load.FirstEventP95Ms)
            load.LearnFirstEvent(us);
        if (_exchange.SentAt == 0)
            LearnLate(us);
    }

    /// <summary>The target took so long at least: it had not answered when it was left.</summary>
    private void LearnLate(long us)
    {
        var (load, now) = (_exchange.Target!.Load, clock.CoarseMs);
        if (Balancer.IsLate(_exchange.Model!, load, us, now, _isWhole))
            load.Observe(now, us, _isWhole);
    }

    /// <summary>What the exchange knows of a target while it is asked.</summary>
    internal struct Place
    {
        public int Index;
        public TargetModel Target;
        public AccountModel? Account;
        public AccountLimits? Taken;
        public AccountLimits? Limits;
        public bool IsProbe;
        public bool IsAnyway;
        public long Trial;
        public long Rest;
        public long SentAt;
    }
}
