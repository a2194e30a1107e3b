using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace AiEdge.FakeUpstream;

/// <summary>What became of a request by its credential's limits.</summary>
/// <param name="IsRefused">One of them has too little left.</param>
/// <param name="Fields">What the answer's head says of them.</param>
internal readonly record struct KeptVerdict(bool IsRefused, string Fields);

/// <summary>Keeps the limits of each credential, exactly: what one of them has too little for is answered 429 and takes of none.</summary>
internal sealed class LimitKeeper(ProviderLimits limits)
{
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _refused;
    private long _admitted;
    private long _tokens;

    public long Refused => Interlocked.Read(ref _refused);

    public long Admitted => Interlocked.Read(ref _admitted);

    /// <summary>Of those admitted.</summary>
    public long Tokens => Interlocked.Read(ref _tokens);

    public KeptVerdict Ask(string credential, long tokens, Vendor vendor)
    {
        var account = _accounts.GetOrAdd(credential, static (_, its) => new Account(new KeptLimit(its.Requests, its), new KeptLimit(its.Tokens, its)), limits);
        lock (account)
        {
            var nowMs = Stopwatch.GetElapsedTime(_start).TotalMilliseconds;
            account.Requests.Move(nowMs);
            account.Tokens.Move(nowMs);
            var isGood = account.Requests.Has(1) && account.Tokens.Has(tokens);
            Interlocked.Increment(ref isGood ? ref _admitted : ref _refused);
            if (isGood)
            {
                account.Requests.Take(1);
                account.Tokens.Take(tokens);
                Interlocked.Add(ref _tokens, tokens);
            }

            var fields = Fields("requests", account.Requests, vendor) + Fields("tokens", account.Tokens, vendor);
            return new KeptVerdict(!isGood, isGood ? fields : fields + RetryAfter(Math.Max(account.Requests.WaitMs(1), account.Tokens.WaitMs(tokens))));
        }
    }

    /// <summary>Whole seconds, as most say it.</summary>
    private static string RetryAfter(double waitMs) =>
        string.Create(CultureInfo.InvariantCulture, $"retry-after: {Math.Max(1, (long)Math.Ceiling(waitMs / 1000))}\r\n");

    private static string Fields(string unit, KeptLimit limit, Vendor vendor) => limit.Size == 0 ? "" : vendor.LimitFields(unit, limit);

    private sealed record Account(KeptLimit Requests, KeptLimit Tokens);
}
