using AiEdge.Contracts.Wire;
using AiEdge.Grpc;

namespace AiEdge.ControlPlane.Quota;

/// <summary>What a stream's numbers of accounts mean, and the answers to what it tells of them.</summary>
internal sealed class AccountSession(AccountBook book, PlaneState plane)
{
    /// <summary>Accounts, and models of them, that a stream may name.</summary>
    public const int NamesMax = 4096;

    private const int NameCharsMax = 512;

    private readonly Dictionary<uint, AccountId> _accounts = [];
    private readonly Dictionary<AccountId, uint> _numbers = [];
    private readonly Lock _gate = new();

    /// <summary>Answers a telling; null where it breaks the order.</summary>
    public (AccountShares? Answer, GrpcStatus Fault) Answer(AccountReports reports, long nowNs)
    {
        lock (_gate)
        {
            if (TakeNames(reports) is { } wrong)
                return (null, wrong);
            var shares = new AccountShares { AgainMs = book.AgainMs, LengthMs = (uint)(AccountBook.LengthNs / 1_000_000) };
            foreach (var report in reports.Accounts)
            {
                if (!_accounts.TryGetValue(report.Account, out var id))
                    return (null, new(GrpcCode.InvalidArgument, $"account {report.Account} has no name"));
                if (book.Answer(plane, id, report, nowNs) is { } share && (share.Parts.Count > 0 || share.PauseMs > 0))
                    shares.Accounts.Add(share);
            }

            return (shares, default);
        }
    }

    /// <summary>What tells the plane to leave an account alone; null where it does not know it.</summary>
    public AccountShares? Pause(in AccountPause pause, long nowNs)
    {
        lock (_gate)
        {
            if (pause.UntilNs <= nowNs || !_numbers.TryGetValue(pause.Account, out var number))
                return null;
            return new AccountShares { Accounts = { new AccountShare { Account = number, PauseMs = (uint)Math.Max(1, (pause.UntilNs - nowNs) / 1_000_000) } } };
        }
    }

    private GrpcStatus? TakeNames(AccountReports reports)
    {
        foreach (var name in reports.Names)
        {
            if (name.Provider.Length > NameCharsMax || name.Name.Length > NameCharsMax || name.Model.Length > NameCharsMax)
                return new(GrpcCode.InvalidArgument, $"a name of account {name.Account} is longer than {NameCharsMax} characters");
            if (_accounts.Count >= NamesMax)
                return new(GrpcCode.ResourceExhausted, $"a stream names {NamesMax} accounts at most");
            var id = new AccountId(name.Provider, name.Name, name.Model);
            if (name.Account == 0 || !_accounts.TryAdd(name.Account, id))
                return new(GrpcCode.InvalidArgument, $"account {name.Account} is named twice, or not by a number from 1");
            _numbers[id] = name.Account;
        }

        return null;
    }
}
