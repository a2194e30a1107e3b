using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>Time that stands still until it is moved.</summary>
internal sealed class StillTime : TimeProvider
{
    private long _ns = 1_000;
    private DateTimeOffset _wall = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => LimitClock.SecondNs;

    public override long GetTimestamp() => Volatile.Read(ref _ns);

    public override DateTimeOffset GetUtcNow() => _wall;

    public void Pass(TimeSpan time)
    {
        Volatile.Write(ref _ns, _ns + time.Ticks * 100);
        _wall += time;
    }
}

/// <summary>Limits in force, and exchanges that ask them.</summary>
internal sealed class AdmissionRig
{
    public static readonly KeyModel Blue = LimitWorld.Key("k-blue", "blue");

    private readonly ModelModel[] _models;

    public AdmissionRig(params LimitModel[] limits)
        : this([LimitWorld.Model("gpt-4o")], limits)
    {
    }

    public AdmissionRig(ModelModel[] models, params LimitModel[] limits)
        : this(models, null, limits)
    {
    }

    /// <summary>With credit that is lent.</summary>
    public AdmissionRig(LeaseDesk desk, params LimitModel[] limits)
        : this([LimitWorld.Model("gpt-4o")], desk, limits)
    {
    }

    private AdmissionRig(ModelModel[] models, LeaseDesk? desk, LimitModel[] limits, bool isRestarted = false, int processors = 1)
    {
        _models = models;
        States = new LimitStates(new LimitClock(Time), 100, desk, isRestarted, processors);
        Use(limits);
    }

    /// <summary>After a restart.</summary>
    public static AdmissionRig Restarted(params LimitModel[] limits) => new([LimitWorld.Model("gpt-4o")], null, limits, isRestarted: true);

    /// <summary>Where many cores draw.</summary>
    public static AdmissionRig OfCores(int processors, params LimitModel[] limits) => new([LimitWorld.Model("gpt-4o")], null, limits, processors: processors);

    public StillTime Time { get; } = new();

    public LimitStates States { get; }

    public ConfigSnapshot Config { get; private set; } = null!;

    public void Use(params LimitModel[] limits)
    {
        Config = new ConfigSnapshot
        {
            Generation = 1,
            Providers = [LimitWorld.First, LimitWorld.Second],
            Models = new ModelTable(_models),
            Keys = new KeyTable([]),
            Server = null!,
            Journal = null!,
            Limits = limits,
            Masked = static _ => [],
        };
        States.Use(Config);
    }

    public static Demand Demand(
        long input = 10, bool isCounted = true, long cap = -1, int choices = 1, bool isStream = true, bool hasOutput = true, long guess = 0) =>
        new(input, isCounted, cap, choices, isStream, hasOutput, guess);

    public Ask Begin(KeyModel? key = null, string? address = null, int model = 0) => new(this, key ?? Blue, _models[model], address);

    public ScopeState Scope(string limit, LimitUnit? unit, string value) =>
        States.Parts.Single(p => p.Part.Limit.Name == limit && p.Part.Quantity?.Unit == unit).Scopes.Single(s => s.Key == value).Value;

    public long Used(string limit, LimitUnit unit, string value = "*") => Scope(limit, unit, value).Bucket.Used(States.Clock.NowNs);

    public LimitCounters Counters(string limit) => States.Counters.Single(c => c.Key == limit).Value;

    /// <summary>One exchange on its way.</summary>
    internal sealed class Ask
    {
        public Ask(AdmissionRig rig, KeyModel key, ModelModel model, string? address)
        {
            Admission = new Admission(rig.States);
            Exchange.Reset(rig.Config);
            Exchange.Key = key;
            Exchange.Model = model;
            Exchange.Target = model.Targets[0];
            Exchange.ClientAddress = address;
            Admission.Begin();
        }

        public Exchange Exchange { get; } = new();

        public Admission Admission { get; }

        public AdmitVerdict Both(in Demand demand)
        {
            var verdict = Admission.Admit(Exchange, demand);
            return verdict == AdmitVerdict.Admitted ? Admission.AdmitTarget(Exchange, demand) : verdict;
        }

        /// <summary>Ends it with a bill; one that was sent unless told otherwise.</summary>
        public void End(long input = 0, long output = 0, long cost = 0, long cached = 0, bool wasSent = true)
        {
            Exchange.Attempts = wasSent ? 1 : 0;
            Exchange.Bill = new Bill { InputTokens = input, OutputTokens = output, CostNanodollars = cost, CachedInputTokens = cached };
            Admission.Settle(Exchange);
        }
    }
}
