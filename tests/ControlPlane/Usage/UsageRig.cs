using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Tests.Store;
using AiEdge.ControlPlane.Usage;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>A store with sums over its ledger, and a clock that stands at noon of a Wednesday.</summary>
internal sealed class UsageRig : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private readonly StoreRig _rig;
    private readonly bool _ownsRig;
    private ulong _sequence;

    private UsageRig(StoreRig rig, bool ownsRig, FasterStore store, UsageBook book, Clock clock)
    {
        (_rig, _ownsRig, Store, Book, Time) = (rig, ownsRig, store, book, clock);
        _sequence = store.Ledger.Through("plane", 1);
    }

    public FasterStore Store { get; }

    public UsageBook Book { get; }

    public Clock Time { get; }

    public static async Task<UsageRig> OpenAsync(StoreRig? rig = null, RollupOptions? options = null, DateTimeOffset? now = null)
    {
        var folder = rig ?? new StoreRig();
        var clock = new Clock(now ?? Noon);
        var store = await FasterStore.OpenAsync(folder.Folder, new() { CommitInterval = TimeSpan.FromMilliseconds(1), Time = clock });
        options ??= new();
        var book = UsageBook.Open(store, folder.Folder, new()
        {
            SeriesMax = options.SeriesMax,
            DaySeriesMax = options.DaySeriesMax,
            MemoryBits = options.MemoryBits == 28 ? 22 : options.MemoryBits,
            Time = clock,
        });
        return new(folder, rig is null, store, book, clock);
    }

    public static UsageRecord Record(
        DateTimeOffset at, string key = "k", string team = "t", string model = "m", string provider = "p", long cost = 10, string end = "done", int status = 200)
    {
        return new()
        {
            Kind = RecordKind.Exchange,
            EndedUnixMs = at.ToUnixTimeMilliseconds(),
            RequestId = Guid.NewGuid().ToString("n"),
            Key = key,
            Team = team,
            Model = model,
            Provider = provider,
            Status = (uint)status,
            End = end,
            CostNanodollars = cost,
            Billed = new() { IsKnown = true, Input = 100, Output = 20 },
            ResponseBytes = 1_000,
        };
    }

    /// <summary>Stores records as one batch of one plane, and waits for the sums.</summary>
    public async Task AddAsync(params UsageRecord[] records)
    {
        await AppendAsync(records);

        // The sums follow a moment behind the acknowledgement, on the ledger's thread: the next append waits for them.
        await Store.Ledger.ReleaseAsync(0, default);
        await Store.Ledger.ReleaseAsync(0, default);
    }

    /// <summary>Stores records as one batch of one plane, one batch at a time; the sums may still lack it.</summary>
    public async Task AppendAsync(params UsageRecord[] records)
    {
        var stored = new List<LedgerRecord>();
        foreach (var record in records)
        {
            record.Sequence = ++_sequence;
            stored.Add(new(_sequence, record.EndedUnixMs, record.ToByteArray()));
        }

        await Store.Ledger.AppendAsync(
            new() { PlaneId = "plane", Epoch = 1, ThroughSequence = _sequence, ReceivedUnixMs = Time.NowUnixMs, Records = stored }, default);
    }

    public List<UsageRow> Sum(UsageStep step, DateTimeOffset from, DateTimeOffset to, string groupBy = "", string filter = "", bool isStepped = true)
    {
        var filters = filter.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(f => (new UsageDimension(f.Split('=')[0]), f.Split('=')[1])).ToList();
        return UsageAnswer.Of(Book.Rollups, new()
        {
            FromUnixMs = from.ToUnixTimeMilliseconds(),
            ToUnixMs = to.ToUnixTimeMilliseconds(),
            Step = step,
            IsStepped = isStepped,
            GroupBy = [.. groupBy.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(g => new UsageDimension(g))],
            Filters = filters,
        })!;
    }

    public async ValueTask DisposeAsync()
    {
        await Book.DisposeAsync();
        await Store.DisposeAsync();
        if (_ownsRig)
            _rig.Dispose();
    }

    internal sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public long NowUnixMs => Now.ToUnixTimeMilliseconds();

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
