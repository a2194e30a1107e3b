namespace AiEdge.DataPlane.Route;

/// <summary>
/// What a request names lies at its provider with one account, and only the provider knows which: where the asked one has it not, the others of the same
/// target are asked, each once. Nothing was made for such an answer, so that the budget of retries is not touched; their number is bounded as all is.
/// </summary>
internal sealed partial class TargetPlan
{
    /// <summary>Accounts of the chosen target that have not what the request names, by their places.</summary>
    private ulong _without;

    private bool _isElsewhere;

    /// <summary>The asked account has not what the request names.</summary>
    public void OnNotThere()
    {
        _without |= 1UL << Array.IndexOf(_exchange.Target!.Provider.Accounts, _exchange.Account);
        _isElsewhere = true;
    }

    /// <summary>Whether another account of the exchange's target, which is not left alone, may be asked for what the asked one has not.</summary>
    public bool HasOtherAccount
    {
        get
        {
            if (_exchange.Attempts - _spent >= _asked.Retry.AttemptsMax || _step != Own || _exchange.Stored.Account is not null)
                return false;
            var all = _exchange.Target!.Provider.Accounts;
            for (var i = 0; i < all.Length; i++)
            {
                if (!all[i].IsDisabled && !ReferenceEquals(all[i], _exchange.Account) && (_without & (1UL << i)) == 0
                    && all[i].State.PauseLeftMs(clock.CoarseMs) == 0)
                    return true;
            }

            return false;
        }
    }
}
