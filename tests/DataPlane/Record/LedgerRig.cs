using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Tests.Snapshot;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>A wall clock that a test sets.</summary>
internal sealed class SetTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 28, 12, 30, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>A journal with a ledger: runs of a process over one folder, each with limits of its own, that end orderly or not.</summary>
internal sealed class LedgerRig : IDisposable
{
    private readonly ExchangeRecord _record = new();
    private JournalStore? _store;
    private ConfigSnapshot? _config;
    private long _lastId;

    public JournalRig Files { get; } = new();

    public SetTime Time { get; } = new();

    public string Checkpoint => Path.Combine(Files.Folder, LedgerCheckpoint.FileName);

    public LimitLedger Ledger { get; private set; } = null!;

    public JournalStore Store => _store!;

    public static LimitModel Limit(
        string name, LimitUnit unit, LimitPeriod period, LimitScope per = LimitScope.Key, long amount = 1000, string? was = null,
        DebtPolicy debt = DebtPolicy.Carry, LimitSelector? match = null, TimeZoneInfo? zone = null) => new()
        {
            Name = name,
            Was = was,
            Match = match ?? LimitSelector.All,
            Per = per,
            PerTag = per == LimitScope.Tag ? "feature" : null,
            Debt = debt,
            TimeZone = zone ?? TimeZoneInfo.Utc,
            Quantities = [new QuantityModel { Unit = unit, Amount = amount, Period = period, Burst = amount }],
        };

    public static ConfigSnapshot Config(params LimitModel[] limits)
    {
        var document = Doc.Snapshot(Doc.Head);
        return new ConfigSnapshot
        {
            Generation = 1,
            Providers = document.Providers,
            Models = document.Models,
            Keys = document.Keys,
            Server = document.Server,
            Journal = document.Journal,
            Limits = limits,
            Masked = static _ => [],
        };
    }

    /// <summary>A run begins.</summary>
    public LimitLedger Start(params LimitModel[] limits)
    {
        _config = Config(limits);
        Ledger = new LimitLedger(_config);
        _store = JournalStore.Open(Files.Folder, Ledger, Time);
        return Ledger;
    }

    /// <summary>The configuration of the present run is edited.</summary>
    public void Edit(params LimitModel[] limits)
    {
        _config = Config(limits);
        Ledger.Use(_config);
    }

    /// <summary>One exchange from its beginning to its end, committed.</summary>
    public void Spend(
        long input, long output, string key = "full", string? tag = null, long cost = 0, JournalKind kind = JournalKind.Exchange,
        CommitDepth depth = CommitDepth.Mark, string? env = null, bool isRecorded = false)
    {
        var exchange = Exchange(input, output, key, tag, cost, env);
        exchange.AttemptIsRecorded = isRecorded;
        var id = ++_lastId;
        var clock = new EdgeClock(Time);
        if (kind == JournalKind.Exchange)
        {
            _record.Take(exchange, clock);
            Assert.True(Store.TryAppend(_record, JournalKind.Open, EndReason.Crashed, id));
        }

        _record.Take(exchange, clock);
        Assert.True(Store.TryAppend(_record, kind, EndReason.Done, id));
        if (kind is JournalKind.Exchange or JournalKind.Attempt)
            Ledger.Charge(_record, kind);
        Assert.True(Store.TryCommit(depth));
    }

    public void Save() => Assert.True(Store.TryCheckpoint(Time.Now.ToUnixTimeMilliseconds()));

    /// <summary>The run ends as by a kill: nothing is written any more.</summary>
    public void Crash()
    {
        _store!.Dispose();
        _store = null;
    }

    /// <summary>The run ends as after a drain.</summary>
    public void Stop()
    {
        Save();
        Crash();
    }

    public long Used(string limit, string value) =>
        Ledger.Uses.Where(u => u.Key.Limit == limit && u.Key.Value == value && !u.Key.Tag.Contains('=')).Select(u => u.Used.Used).SingleOrDefault(-1);

    /// <summary>The ledger does not open; says why.</summary>
    public string Fault(params LimitModel[] limits) => Assert.Throws<JournalFault>(() => Start(limits)).Message;

    public void Dispose()
    {
        _store?.Dispose();
        Files.Dispose();
    }

    private Exchange Exchange(long input, long output, string key, string? tag, long cost, string? env)
    {
        var exchange = new Exchange();
        exchange.Reset(_config!);
        exchange.SetRequestId(Encoding.ASCII.GetBytes($"r{_lastId}"));
        exchange.SetAskedModel("gpt-4o"u8);
        exchange.Key = new KeyModel
        {
            Name = key,
            Sha256 = new byte[32],
            ExpiresUnixMs = long.MaxValue,
            Team = "blue",
            Tier = "pro",
            Tags = env is null ? [] : [new("env", env)],
        };
        exchange.Model = _config!.Models.All[0];
        exchange.Target = exchange.Model.Targets[0];
        exchange.Status = 200;
        exchange.Attempts = 1;
        exchange.Bill = new Bill { InputTokens = input, OutputTokens = output, CostNanodollars = cost, PriceVersion = cost > 0 ? 7 : 0 };
        exchange.StartedAt = exchange.EndedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        if (tag is not null)
            exchange.TrySetTag("feature", tag);
        return exchange;
    }
}
