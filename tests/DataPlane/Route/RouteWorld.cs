using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Tests.Snapshot;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>A configuration with providers <c>a</c> to <c>d</c> of OpenAI's dialect and <c>z</c> of Anthropic's, and an exchange that asks for a model.</summary>
internal sealed class RouteWorld
{
    /// <summary>The clock stands still: nothing ticks it.</summary>
    private readonly EdgeClock _clock = new();

    /// <param name="models">What the document says of them.</param>
    /// <param name="translates">Whether <c>z</c> can be asked, too.</param>
    public RouteWorld(string models, bool translates = false)
    {
        Snapshot = Compile(models);
        States.Use(Snapshot);
        Plan = new TargetPlan(_clock, (_, _) => translates);
    }

    /// <summary>A key that is bound to nothing.</summary>
    public static KeyModel Keyless => BoundTo(null);

    public ConfigSnapshot Snapshot { get; private set; }

    public RouteStates States { get; } = new();

    public TargetPlan Plan { get; }

    public Exchange Exchange { get; } = new();

    /// <summary>Provider and model of whom the exchange is sent to.</summary>
    public string Target => Exchange.Target!.Provider.Name + (Exchange.Target.UpstreamModel is { } model ? "/" + System.Text.Encoding.UTF8.GetString(model) : "");

    /// <summary>A key that is bound to regions, itself and by its team.</summary>
    public static KeyModel BoundTo(string[]? regions, string[]? byTeam = null) => new()
    {
        Name = "k",
        Sha256 = new byte[32],
        ExpiresUnixMs = long.MaxValue,
        Regions = Bytes(regions),
        TeamRegions = Bytes(byTeam),
    };

    private static byte[][]? Bytes(string[]? texts) => texts is null ? null : [.. texts.Select(System.Text.Encoding.UTF8.GetBytes)];

    public ModelModel Model(string name) => Snapshot.Models.Find(System.Text.Encoding.UTF8.GetBytes(name))!;

    /// <summary>Providers <c>a</c> and <c>b</c> say how busy they are where the models' text begins with this line.</summary>
    public const string Capacity = "  # capacity: { queue: 4, cache: 90% }\n";

    /// <summary>Turns begin where they always do, so that a test is the same each time.</summary>
    public static ConfigSnapshot Compile(string models)
    {
        var config = CompileAsIs(models);
        foreach (var model in config.Models.All)
            model.Turns = new Turns(0);
        foreach (var provider in config.Providers)
            provider.Turns = new Turns(0);
        return config;
    }

    public static ConfigSnapshot CompileAsIs(string models)
    {
        var capacity = models.StartsWith(Capacity, StringComparison.Ordinal) ? ", " + Capacity[4..^1] : "";
        var providers = string.Concat("abcd".Select(
            name => $"  {name}: {{ dialect: openai, baseUrl: \"http://{name}/v1\"{(name < 'c' ? capacity : "")} }}\n"));
        return Doc.Load($"providers:\n{providers}  z: {{ dialect: anthropic, baseUrl: \"http://z\" }}\nmodels:\n{models}\n").Snapshot!;
    }

    public void Reload(string models) => States.Use(Snapshot = Compile(models));

    /// <summary>What a target's server says of itself, for a second.</summary>
    public void Report(TargetModel target, long waiting, long running = ReportedLoad.Unknown, double cache = 0) => target.Signals!.Report(
        new ReportedLoad(waiting, running, (long)(cache * ReportedLoad.WholePpm)), target.Load.Pending, _clock.CoarseMs + 1000);

    /// <summary>Chooses the first target for a new exchange.</summary>
    public bool Begin(string model, RequestNeeds needs = default, KeyModel? key = null)
    {
        Exchange.Reset(Snapshot);
        Exchange.SetAskedModel(System.Text.Encoding.UTF8.GetBytes(model));
        Exchange.Key = key ?? Keyless;
        Exchange.Needs = needs;
        Exchange.Endpoint = DialectTable.Find("/v1/chat/completions"u8);
        Exchange.Model = Model(model);
        return Plan.TryBegin(Exchange);
    }

    /// <summary>One attempt that fails; then the next, if there is one.</summary>
    public bool Fail(TimeSpan retryAfter = default) => Attempt(AttemptOutcome.Failed, retryAfter);

    public bool Attempt(AttemptOutcome outcome, TimeSpan retryAfter = default)
    {
        Assert.True(Plan.TryEnter());
        Exchange.Attempts++;
        Plan.Leave(outcome);
        var goesOn = Plan.TryNext(retryAfter, out var wait);
        Wait = wait;
        if (goesOn)
            Plan.Turn();
        return goesOn;
    }

    public TimeSpan Wait { get; private set; }

    /// <summary>Lets the clock go on, by so much at least.</summary>
    public void Pass(TimeSpan time)
    {
        for (var until = _clock.CoarseMs + (long)time.TotalMilliseconds; _clock.CoarseMs < until;)
            _clock.Tick();
    }
}
