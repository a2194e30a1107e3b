using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// What is learnt of accounts with providers, told to the control plane over the stream of credit, and this plane's part of each, which comes
/// back. A part that is not renewed ends, and the plane goes on as if it were alone. Of keys nothing is told: an account is its name.
/// </summary>
internal sealed class AccountLink(RouteStates routes, EdgeClock clock)
{
    /// <summary>What both sides' hellos name where this is spoken.</summary>
    public const string Feature = "accounts";

    /// <summary>Accounts and models of them in a stream, and so in a message, which stays within its bound. Who is beyond it goes on by itself.</summary>
    public const int AccountsMax = 2048;

    /// <summary>
    /// Of these, names at most that clients chose: a number is one name's as long as the stream goes on, and those that come and go must not use up the
    /// configuration's.
    /// </summary>
    public const int LearntMax = AccountsMax / 2;

    private const int NameCharsMax = 512;

    /// <summary>What is not in use is told of so often, that its part does not end.</summary>
    private const long IdleMs = 3000;

    /// <summary>From one telling to the next, until the control plane says otherwise; and the bounds of what it may say.</summary>
    private const long AgainMs = 250;
    private const long AgainMsMin = 50;
    private const long AgainMsMax = 3000;
    private const long LengthMsMax = 60_000;

    private readonly Lock _gate = new();
    private readonly List<Seat> _numbered = [];
    private readonly Dictionary<(string Provider, string Account, string Model), uint> _numbers = [];
    private IReadOnlyDictionary<(string Provider, string Account, string Model), AccountLimits>? _limits;
    private Dictionary<(string Provider, string Account, string Model), Seat> _seats = [];
    private int _learntNumbers;
    private bool _isShared;
    private long _againMs = AgainMs;
    private long _nextMs;

    /// <summary>How long until <see cref="Turn"/> has something to say, in milliseconds.</summary>
    public long LeftMs
    {
        get
        {
            lock (_gate)
                return _isShared ? Math.Max(0, _nextMs - clock.CoarseMs) : AgainMsMax;
        }
    }

    /// <summary>A stream begins, which knows no numbers, or has ended.</summary>
    /// <param name="isShared">Whether the control plane takes part.</param>
    public void Begin(bool isShared)
    {
        lock (_gate)
        {
            (_isShared, _nextMs, _againMs, _learntNumbers) = (isShared, 0, AgainMs, 0);
            _numbered.Clear();
            _numbers.Clear();
            foreach (var seat in _seats.Values)
                (seat.Number, seat.ToldMs) = (0, long.MinValue / 2);
        }
    }

    /// <summary>What is to be told now: of those in use when it is time, of pauses at once; null for nothing. Ends parts that were not renewed.</summary>
    public AccountReports? Turn()
    {
        lock (_gate)
        {
            var nowMs = clock.CoarseMs;
            Expire(nowMs);
            if (!_isShared)
                return null;
            var isTurn = nowMs >= _nextMs;
            if (isTurn)
            {
                _nextMs = nowMs + _againMs;
                FindSeats();
            }

            var reports = new AccountReports();
            foreach (var (name, seat) in _seats)
            {
                if (Report(seat, nowMs, isTurn) is { } report && TryNumber(reports, name, seat))
                {
                    report.Account = seat.Number;
                    reports.Accounts.Add(report);
                }
            }

            return reports.Accounts.Count > 0 ? reports : null;
        }
    }

    /// <summary>Parts and pauses have come.</summary>
    public void Take(AccountShares shares)
    {
        lock (_gate)
        {
            var nowMs = clock.CoarseMs;
            if (shares.AgainMs > 0)
                _againMs = Math.Clamp(shares.AgainMs, AgainMsMin, AgainMsMax);
            foreach (var share in shares.Accounts)
            {
                if (share.Account == 0 || share.Account > _numbered.Count)
                    continue;
                var seat = _numbered[(int)share.Account - 1];
                if (share.PauseMs > 0)
                    seat.Pause(nowMs, TimeSpan.FromMilliseconds(share.PauseMs));
                foreach (var part in share.Parts)
                    Take(seat, part, nowMs, Math.Min(shares.LengthMs, LengthMsMax));
            }
        }
    }

    /// <summary>Ends parts that were not renewed.</summary>
    public void Expire()
    {
        lock (_gate)
            Expire(clock.CoarseMs);
    }

    private static void Take(Seat seat, AccountPart part, long nowMs, long lengthMs)
    {
        if (seat.Limits is not { } limits || LimitOf(limits, part.Unit) is not { } limit)
            return;
        if (part.Limit > 0)
            limits.Hear(limit, nowMs, new SharedRate(Clamp(part.Limit), Clamp(part.Remaining), Clamp(part.FullMs), part.AgeMs));
        if (part.PartPpm == 0 || lengthMs == 0)
            return;
        limit.Share((int)Math.Min(part.PartPpm, AccountLimit.WholePpm));
        seat.UntilMs = nowMs + lengthMs;
    }

    private void Expire(long nowMs)
    {
        foreach (var seat in _seats.Values)
        {
            if (seat.UntilMs == 0 || nowMs < seat.UntilMs)
                continue;
            seat.UntilMs = 0;
            seat.End();
        }
    }

    /// <summary>A new configuration has other accounts; those that it still has go on.</summary>
    private void FindSeats()
    {
        var (limits, accounts) = (routes.Limits, routes.Accounts);
        if (ReferenceEquals(limits, _limits) && !HasLearnt(accounts))
            return;
        _limits = limits;
        var seats = new Dictionary<(string, string, string), Seat>();
        foreach (var ((provider, account), state) in accounts)
        {
            var known = _seats.GetValueOrDefault((provider, account, ""));
            seats[(provider, account, "")] = known = known?.State == state ? known : new Seat { State = state };
            known.Learnt = state.Named.Learnt;
        }

        foreach (var (name, its) in limits)
        {
            if (name.Model.Length > 0)
                seats[name] = SeatOf(name, its, isLearnt: false);
        }

        foreach (var ((provider, account), state) in accounts)
        {
            foreach (var one in seats[(provider, account, "")].Learnt)
                seats.TryAdd((provider, account, one.Name), SeatOf((provider, account, one.Name), one.Limits, isLearnt: true));
        }

        _seats = seats;
    }

    private Seat SeatOf((string Provider, string Account, string Model) name, AccountLimits limits, bool isLearnt) =>
        _seats.GetValueOrDefault(name) is { } known && known.Limits == limits && known.IsLearnt == isLearnt
            ? known : new Seat { Limits = limits, IsLearnt = isLearnt };

    /// <summary>Whether accounts have learnt other names since.</summary>
    private bool HasLearnt(IReadOnlyDictionary<(string Provider, string Account), AccountState> accounts)
    {
        foreach (var ((provider, account), state) in accounts)
        {
            if (!_seats.TryGetValue((provider, account, ""), out var seat) || !ReferenceEquals(seat.Learnt, state.Named.Learnt))
                return true;
        }

        return false;
    }

    private static AccountReport? Report(Seat seat, long nowMs, bool isTurn)
    {
        var pauseMs = seat.State?.TakeLimitedMs(nowMs) ?? seat.Limits?.TakeRefusedMs(nowMs) ?? 0;
        if (pauseMs == 0 && !isTurn)
            return null;
        var report = new AccountReport { PauseMs = (uint)pauseMs };
        var isNew = pauseMs > 0;
        if (seat.Limits is { } limits)
        {
            isNew |= Add(report, QuotaUnit.Requests, limits.Requests, ref seat.Requests, nowMs);
            isNew |= Add(report, QuotaUnit.Tokens, limits.Tokens, ref seat.Tokens, nowMs);
            isNew |= Add(report, QuotaUnit.InputTokens, limits.InputTokens, ref seat.InputTokens, nowMs);
            isNew |= Add(report, QuotaUnit.OutputTokens, limits.OutputTokens, ref seat.OutputTokens, nowMs);
        }

        if (!isNew && nowMs - seat.ToldMs < IdleMs)
            return null;
        seat.ToldMs = nowMs;
        return report;
    }

    /// <summary>Says of one limit what there is to say; whether that is new.</summary>
    private static bool Add(AccountReport report, QuotaUnit unit, AccountLimit limit, ref long told, long nowMs)
    {
        if (limit.Limit == 0)
            return false;
        var (wanted, part) = (limit.Wanted, limit.PartPpm);
        var rate = new AccountRate { Unit = unit, WantedTotal = (ulong)wanted, PartPpm = part == AccountLimit.WholePpm ? 0 : (uint)part };
        var isNew = limit.TryTell(nowMs, out var its);
        if (isNew)
        {
            (rate.Limit, rate.Remaining) = ((ulong)its.Limit, (ulong)its.Remaining);
            (rate.FullMs, rate.AgeMs) = ((ulong)its.FullMs, (uint)Math.Min(its.AgeMs, uint.MaxValue));
        }

        report.Rates.Add(rate);
        isNew |= wanted != told;
        told = wanted;
        return isNew;
    }

    private bool TryNumber(AccountReports reports, (string Provider, string Account, string Model) name, Seat seat)
    {
        if (seat.Number > 0)
            return true;
        if (_numbers.TryGetValue(name, out var number))
        {
            (seat.Number, _numbered[(int)number - 1]) = (number, seat);
            return true;
        }

        if (_numbered.Count >= AccountsMax || (seat.IsLearnt && _learntNumbers >= LearntMax))
            return false;
        if (name.Provider.Length > NameCharsMax || name.Account.Length > NameCharsMax || name.Model.Length > NameCharsMax)
            return false;
        _numbered.Add(seat);
        _numbers[name] = seat.Number = (uint)_numbered.Count;
        _learntNumbers += seat.IsLearnt ? 1 : 0;
        reports.Names.Add(new AccountName { Account = seat.Number, Provider = name.Provider, Name = name.Account, Model = name.Model });
        return true;
    }

    private static AccountLimit? LimitOf(AccountLimits limits, QuotaUnit unit) => unit switch
    {
        QuotaUnit.Requests => limits.Requests,
        QuotaUnit.Tokens => limits.Tokens,
        QuotaUnit.InputTokens => limits.InputTokens,
        QuotaUnit.OutputTokens => limits.OutputTokens,
        _ => null,
    };

    private static long Clamp(ulong value) => (long)Math.Min(value, long.MaxValue / 4);

    /// <summary>An account as a whole, with its pauses; or its limits of one model.</summary>
    private sealed class Seat
    {
        public AccountState? State { get; init; }

        public AccountLimits? Limits { get; init; }

        /// <summary>Of an account as a whole, the names that it had learnt when seats were looked for.</summary>
        public IReadOnlyList<NamedLimit> Learnt { get; set; } = [];

        /// <summary>Whether it is a model whose name a client chose.</summary>
        public bool IsLearnt { get; init; }

        public uint Number { get; set; }

        public long ToldMs { get; set; } = long.MinValue / 2;

        /// <summary>When its parts end; 0 where it has none.</summary>
        public long UntilMs { get; set; }

        public long Requests;
        public long Tokens;
        public long InputTokens;
        public long OutputTokens;

        public void Pause(long nowMs, TimeSpan wait)
        {
            State?.Pause(nowMs, wait);
            Limits?.Hold(nowMs, wait);
        }

        public void End()
        {
            Limits?.Requests.Share(AccountLimit.WholePpm);
            Limits?.Tokens.Share(AccountLimit.WholePpm);
            Limits?.InputTokens.Share(AccountLimit.WholePpm);
            Limits?.OutputTokens.Share(AccountLimit.WholePpm);
        }
    }
}
