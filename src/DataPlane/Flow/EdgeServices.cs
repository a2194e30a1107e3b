using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Transport;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Flow;

/// <summary>What every exchange of the process shares.</summary>
internal sealed class EdgeServices : IDisposable
{
    /// <summary>Objects of a kind that are kept for reuse; what is given back beyond it is left to the garbage collector.</summary>
    private const int PooledMax = 4096;

    /// <summary>An intake is held for a part of an exchange only, so fewer of them serve as many.</summary>
    private const int IntakesPooledMax = 512;

    private readonly TextWriter _log;

    public EdgeServices(
        ConfigSnapshot first, RecordLog records, TextWriter log, JournalStore? journal = null, TimeProvider? time = null, LeaseDesk? desk = null)
    {
        _log = log;
        Clock = new EdgeClock(time);
        Wheel = new DeadlineWheel(Clock);
        Snapshots = new SnapshotHolder(first);
        Limits = LimitRestore.Begin(journal, new LimitClock(time ?? TimeProvider.System), first.Server.ConnectionsMax, desk);
        Limits.Use(first);
        if (journal is not null)
            LimitRestore.From(journal, Limits);
        Journal = journal is null ? null : new UsageJournal(journal, first.Journal, Clock, log);
        Blocks = BlockPool.Shared;
        Upstreams = new UpstreamPools(Blocks, Clock, isConfined: desk is not null);
        Upstreams.Use(first);
        Routes.Use(first);
        Watch = new ProviderWatch(Clock, Upstreams, Routes, log.WriteLine, OnDefect);
        Watch.Use(first);
        Capacity = new CapacityWatch(Clock, Upstreams, Routes, log.WriteLine, OnDefect);
        Capacity.Use(first);
        Metrics = new EdgeMetrics();
        Items = new ItemMemory(time ?? TimeProvider.System);
        Records = records;
        Pipelines = new IndexStack<ExchangePipeline>(PooledMax);
        Intakes = new IndexStack<Intake>(IntakesPooledMax);
    }

    public EdgeClock Clock { get; }

    public DeadlineWheel Wheel { get; }

    public SnapshotHolder Snapshots { get; }

    /// <summary>What is left of every limit.</summary>
    public LimitStates Limits { get; }

    public BlockPool Blocks { get; }

    public UpstreamPools Upstreams { get; }

    public EdgeMetrics Metrics { get; }

    /// <summary>What is known of targets, accounts and models.</summary>
    public RouteStates Routes { get; } = new();

    /// <summary>Asks providers whether they are there, where that is configured.</summary>
    public ProviderWatch Watch { get; }

    /// <summary>Reads how busy providers say that they are, where that is configured.</summary>
    public CapacityWatch Capacity { get; }

    public RecordLog Records { get; }

    /// <summary>The usage journal, where there is a folder for it.</summary>
    public UsageJournal? Journal { get; }

    /// <summary>What tokens are counted with.</summary>
    public TokenMeter Tokens { get; } = new();

    public ByteBudget Bodies { get; } = new();

    /// <summary>Items of translated answers that requests may refer to.</summary>
    public ItemMemory Items { get; }

    /// <summary>Pipelines that no exchange uses now. Bounded: beyond it they are made anew.</summary>
    public IndexStack<ExchangePipeline> Pipelines { get; }

    /// <summary>Readers of requests that no exchange uses now.</summary>
    public IndexStack<Intake> Intakes { get; }

    /// <summary>Set when the process is to end: no new exchange begins.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Set while the configuration is older than it may be and is to be used no more: no new exchange begins.</summary>
    public bool IsStale { get; set; }

    /// <summary>What <c>/readyz</c> says, as long as the configuration may be used.</summary>
    public bool IsReady { get; set; } = true;

    /// <summary>An exchange met an exception that nothing expects: where it came from is written down, not what it says.</summary>
    public void OnDefect(Exception defect) => _log.WriteLine($"defect: {defect.GetType().Name} {defect.StackTrace?.Trim()}");

    public void Dispose()
    {
        Wheel.Dispose();
        Upstreams.Dispose();
    }
}
