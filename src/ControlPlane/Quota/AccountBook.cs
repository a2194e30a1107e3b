using System.Collections.Concurrent;
using AiEdge.Contracts.Wire;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>An account with a provider as planes name it; without a model, the account as a whole. Nothing is known of its key.</summary>
internal readonly record struct AccountId(string Provider, string Name, string Model);

/// <summary>A plane is to leave an account alone until a time.</summary>
internal readonly record struct AccountPause(PlaneState Plane, AccountId Account, long UntilNs);

/// <summary>
/// Accounts with providers that planes share: what the provider said last to any of them, and how much each plane asks for, from which each
/// one's part follows. It knows no socket and no clock, and forgets all with the process: planes tell again. Safe for any number of threads.
/// </summary>
internal sealed class AccountBook(long startNs)
{
    /// <summary>What both sides' hellos name where this is spoken.</summary>
    public const string Feature = "accounts";

    /// <summary>How long a part holds; a plane renews it each three seconds at the least.</summary>
    public const long LengthNs = 10 * LimitClock.SecondNs;

    /// <summary>A plane that has not been heard of for so long has no part any more: its own has ended, too.</summary>
    public const long GoneNs = LengthNs + LimitClock.SecondNs;

    /// <summary>A provider that asks for more is asked again after that.</summary>
    public const uint PauseMsMax = 60_000;

    /// <summary>Accounts and models of them that are known at a time; what comes beyond is not shared.</summary>
    private const int AccountsMax = 20_000;

    /// <summary>Tellings of an account that are taken a second, before planes tell less often than they would.</summary>
    private const long TellingsASecond = 25_000;
    private const uint AgainMsMin = 250;
    private const uint AgainMsMax = 1_000;

    private readonly ConcurrentDictionary<AccountId, SharedAccount> _accounts = new();
    private readonly ConcurrentQueue<AccountPause> _pauses = new();
    private int _seats;

    /// <summary>Accounts and models of them that are known.</summary>
    public int Count => _accounts.Count;

    /// <summary>How long a plane waits before it tells again of what is in use.</summary>
    public uint AgainMs => (uint)Math.Clamp(Volatile.Read(ref _seats) * 1000L / TellingsASecond, AgainMsMin, AgainMsMax);

    /// <summary>Pauses to be told, each once.</summary>
    public bool TryTakePause(out AccountPause pause) => _pauses.TryDequeue(out pause);

    /// <summary>Takes what a plane tells of an account, and says what is its own; null where there are too many.</summary>
    public AccountShare? Answer(PlaneState plane, in AccountId id, AccountReport report, long nowNs)
    {
        while (true)
        {
            if (!_accounts.TryGetValue(id, out var account))
            {
                if (_accounts.Count >= AccountsMax)
                    return null;
                account = _accounts.GetOrAdd(id, new SharedAccount());
            }

            lock (account.Gate)
            {
                if (account.IsOver)
                    continue;
                if (account.Take(plane, report, nowNs))
                {
                    foreach (var other in account.Planes)
                    {
                        if (other != plane)
                            _pauses.Enqueue(new(other, id, account.PausedUntilNs));
                    }
                }

                // One that began a moment ago does not know what planes hold that it has not heard of yet: nobody's part grows.
                return account.Share(plane, report, nowNs, mayGrow: nowNs - startNs > LengthNs);
            }
        }
    }

    /// <summary>Called about once a second: forgets planes that are gone, and accounts that nobody names.</summary>
    public void Sweep(long nowNs)
    {
        var seats = 0;
        foreach (var (id, account) in _accounts)
        {
            lock (account.Gate)
            {
                seats += account.Sweep(nowNs);
                if (account.IsOver)
                    _accounts.TryRemove(KeyValuePair.Create(id, account));
            }
        }

        Volatile.Write(ref _seats, seats);
    }
}
