using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>
/// What is learnt of targets, accounts and models, by name, so that a new configuration goes on with it. A target is its provider and the
/// provider's name of the model: of whatever rule its requests are. What a configuration does not name any more is forgotten, and so is what was learnt
/// of another address, or as another credential, under the same name.
/// </summary>
internal sealed class RouteStates
{
    private readonly Lock _lock = new();
    private Dictionary<string, ProviderModel> _providers = [];
    private Dictionary<string, ModelModel> _models = [];
    private Dictionary<(string Provider, string Model), TargetView> _targets = [];
    private Dictionary<(string Provider, string Account), AccountState> _accounts = [];
    private Dictionary<(string Provider, string Account, string Model), AccountLimits> _limits = [];
    private Dictionary<string, RetryBudget> _budgets = [];
    private Dictionary<string, HedgeState> _hedges = [];
    private Dictionary<string, CascadeState> _cascades = [];
    private Dictionary<string, DegradeState> _degrades = [];
    private Dictionary<string, EnsembleState> _ensembles = [];
    private Action? _knock;

    /// <summary>What there is of the configuration in force.</summary>
    public IReadOnlyCollection<TargetView> Targets => Volatile.Read(ref _targets).Values;

    /// <summary>Accounts of the configuration in force, by their provider and their own name.</summary>
    public IReadOnlyDictionary<(string Provider, string Account), AccountState> Accounts => Volatile.Read(ref _accounts);

    /// <summary>Limits of those accounts, by the provider's name of the model, as configured; <see cref="AccountState.Named"/> has others.</summary>
    public IReadOnlyDictionary<(string Provider, string Account, string Model), AccountLimits> Limits => Volatile.Read(ref _limits);

    /// <summary>All limits of those accounts of which something may be known, also under names that clients chose.</summary>
    public IEnumerable<((string Provider, string Account, string Model) Name, AccountLimits Limits)> AllLimits()
    {
        foreach (var (name, limits) in Limits)
            yield return (name, limits);
        foreach (var ((provider, account), state) in Accounts)
        {
            foreach (var learnt in state.Named.Learnt)
                yield return ((provider, account, learnt.Name), learnt.Limits);
        }
    }

    /// <summary>The retries of each rule.</summary>
    public IReadOnlyDictionary<string, RetryBudget> Budgets => Volatile.Read(ref _budgets);

    /// <summary>The second targets of each rule that asks one besides the first.</summary>
    public IReadOnlyDictionary<string, HedgeState> Hedges => Volatile.Read(ref _hedges);

    /// <summary>What came of asking cheaper models first, of each rule that does.</summary>
    public IReadOnlyDictionary<string, CascadeState> Cascades => Volatile.Read(ref _cascades);

    /// <summary>How often the capacity of each rule that degrades by it has made less of a request.</summary>
    public IReadOnlyDictionary<string, DegradeState> Degrades => Volatile.Read(ref _degrades);

    /// <summary>Who is called when an account is limited, which others that use it should know at once; from any thread.</summary>
    public void Attach(Action knock) => Volatile.Write(ref _knock, knock);

    /// <summary>An account is limited (<see cref="AccountState.PauseAsLimited"/>).</summary>
    public void OnLimited() => Volatile.Read(ref _knock)?.Invoke();

    /// <summary>What came of asking several times at once, of each rule that does.</summary>
    public IReadOnlyDictionary<string, EnsembleState> Ensembles => Volatile.Read(ref _ensembles);

    /// <summary>Gives a configuration what is known already, before it is in force.</summary>
    public void Use(ConfigSnapshot config)
    {
        lock (_lock)
        {
            var targets = new Dictionary<(string, string), TargetView>();
            var accounts = new Dictionary<(string, string), AccountState>();
            var limits = new Dictionary<(string, string, string), AccountLimits>();
            var (budgets, hedges) = (new Dictionary<string, RetryBudget>(), new Dictionary<string, HedgeState>());
            var (cascades, degrades) = (new Dictionary<string, CascadeState>(), new Dictionary<string, DegradeState>());
            var ensembles = new Dictionary<string, EnsembleState>();
            foreach (var provider in config.Providers)
            {
                provider.Turns = _providers.GetValueOrDefault(provider.Name)?.Turns ?? provider.Turns;
                foreach (var account in provider.Accounts)
                {
                    var known = IsAsBefore(provider, account) ? _accounts.GetValueOrDefault((provider.Name, account.Name)) : null;
                    accounts[(provider.Name, account.Name)] = account.State = known ?? account.State;
                }
            }

            foreach (var model in config.Models.All)
            {
                if (_models.GetValueOrDefault(model.Name) is { } before)
                    (model.Turns, model.Outputs) = (before.Turns, before.Outputs);
                budgets[model.Name] = model.Retries = _budgets.GetValueOrDefault(model.Name) ?? model.Retries;
                if (model.Hedge is not null)
                    hedges[model.Name] = model.Hedges = _hedges.GetValueOrDefault(model.Name) ?? model.Hedges;
                if (model.Cascade.Length > 0)
                    cascades[model.Name] = model.Cascades = _cascades.GetValueOrDefault(model.Name) ?? model.Cascades;
                if (model.Degrade.Length > 0)
                    degrades[model.Name] = model.Degrades = _degrades.GetValueOrDefault(model.Name) ?? model.Degrades;
                if (model.Ensemble is not null)
                    ensembles[model.Name] = model.Ensembles = _ensembles.GetValueOrDefault(model.Name) ?? model.Ensembles;
                foreach (var target in model.Targets)
                {
                    var name = (target.Provider.Name, target.UpstreamModel is { } named ? Encoding.UTF8.GetString(named) : "");
                    if (!targets.TryGetValue(name, out var view))
                    {
                        view = ViewOf(target, name);
                        targets.Add(name, view);
                    }

                    (target.Health, target.Load, target.Pause, target.Signals) = (view.Health, view.Load, view.Pause, view.Signals);
                    target.Limits = LimitsOf(target, target.UpstreamModel is not null ? name.Item2 : model.IsGlob ? null : model.Name, limits);
                }
            }

            Name(config, limits);
            _providers = config.Providers.ToDictionary(static provider => provider.Name);
            _models = config.Models.All.ToDictionary(static model => model.Name);
            Volatile.Write(ref _targets, targets);
            Volatile.Write(ref _accounts, accounts);
            Volatile.Write(ref _limits, limits);
            Volatile.Write(ref _budgets, budgets);
            Volatile.Write(ref _hedges, hedges);
            Volatile.Write(ref _cascades, cascades);
            Volatile.Write(ref _degrades, degrades);
            Volatile.Write(ref _ensembles, ensembles);
        }
    }

    /// <summary>
    /// What is known of a target: nothing where its provider is elsewhere now. Whether it answers, and until when it is left alone, may have come of the
    /// credential, if none of those that it was asked by is left; how quick its server is has not.
    /// </summary>
    private TargetView ViewOf(TargetModel target, (string Provider, string Model) name)
    {
        var provider = target.Provider;
        var known = _providers.TryGetValue(provider.Name, out var before) && provider.IsWhere(before) ? _targets.GetValueOrDefault(name) : null;
        var judged = Array.Exists(provider.Accounts, account => IsAsBefore(provider, account)) ? known : null;
        var signals = provider.Capacity is null ? null : known?.Signals ?? new TargetSignals();
        return new TargetView(
            name.Provider, name.Model, judged?.Health ?? target.Health, known?.Load ?? target.Load, judged?.Pause ?? target.Pause, signals, provider);
    }

    /// <summary>
    /// Whether an account has the credential that it had, and is used where it was. The provider as it was is that of the configuration which is in force
    /// until now, so that its secrets are held no longer for it.
    /// </summary>
    private bool IsAsBefore(ProviderModel provider, AccountModel account) =>
        _providers.TryGetValue(provider.Name, out var before) && provider.IsWhere(before)
        && (ReferenceEquals(provider, before) || Array.Exists(
            before.Accounts, one => one.Name == account.Name && one.FixedHeaders.AsSpan().SequenceEqual(account.FixedHeaders)));

    /// <summary>Tells the accounts that are asked by clients' names which names the configuration knows, so that these are not kept twice.</summary>
    private static void Name(ConfigSnapshot config, Dictionary<(string Provider, string Account, string Model), AccountLimits> limits)
    {
        var named = new Dictionary<(string, string), List<(string, AccountLimits)>>();
        foreach (var model in config.Models.All)
        {
            foreach (var target in model.Targets)
            {
                if (!model.IsGlob || target.UpstreamModel is not null)
                    continue;
                foreach (var account in target.Provider.Accounts)
                    named.TryAdd((target.Provider.Name, account.Name), []);
            }
        }

        foreach (var (name, its) in limits)
        {
            if (named.TryGetValue((name.Provider, name.Account), out var list))
                list.Add((name.Model, its));
        }

        foreach (var provider in config.Providers)
        {
            foreach (var account in provider.Accounts)
                account.State.Named.Configure(named.GetValueOrDefault((provider.Name, account.Name)));
        }
    }

    /// <summary>Those that are known already go on; none where the provider is asked for now this model and now that.</summary>
    private AccountLimits[] LimitsOf(TargetModel target, string? model, Dictionary<(string, string, string), AccountLimits> limits)
    {
        if (model is null)
            return [];
        var all = new AccountLimits[target.Provider.Accounts.Length];
        for (var i = 0; i < all.Length; i++)
        {
            var account = target.Provider.Accounts[i];
            var name = (target.Provider.Name, account.Name, model);
            if (!limits.TryGetValue(name, out all[i]!))
            {
                var learnt = account.State.Named.Find(new AccountAsk(default, Encoding.UTF8.GetBytes(model)));
                var known = IsAsBefore(target.Provider, account) ? _limits.GetValueOrDefault(name) : null;
                limits[name] = all[i] = known ?? learnt ?? new AccountLimits();
            }
        }

        return all;
    }
}

/// <summary>A target as metrics show it.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The provider's name of the model; empty where the asked name is passed on.</param>
/// <param name="Health">Whether it answers.</param>
/// <param name="Load">How busy and how quick it is.</param>
/// <param name="Pause">Until when it is left alone.</param>
/// <param name="Signals">How busy its server says that it is; null where that is not asked.</param>
/// <param name="Asked">Whose accounts it is asked by.</param>
internal sealed record TargetView(
    string Provider, string Model, TargetHealth Health, TargetLoad Load, Pause Pause, TargetSignals? Signals, ProviderModel Asked);
