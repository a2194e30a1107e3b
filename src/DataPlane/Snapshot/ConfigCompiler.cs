using System.Globalization;
using System.Text;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// Turns options without faults into the model that exchanges read. What it still finds wrong is what only this machine
/// can tell: files that are not there.
/// </summary>
internal sealed class ConfigCompiler
{
    private readonly ConfigOptions _options;
    private readonly ReferencedFiles _files;
    private readonly PriceCompiler _prices;
    private readonly Dictionary<string, (ProviderModel Model, TimeoutsOptions Timeouts)> _providers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TokenizerModel> _tokenizers = new(StringComparer.Ordinal);

    private ConfigCompiler(ConfigOptions options, ReferencedFiles files)
    {
        _options = options;
        _files = files;
        _prices = new PriceCompiler(options);
    }

    /// <summary>Checks that the files are there that the options name; a fault for each that is not.</summary>
    public static void CheckFiles(ConfigOptions options, ReferencedFiles files)
    {
        foreach (var provider in options.Providers)
        {
            files.Check(provider.Tls.CaFile);
            files.Check(provider.Tls.Certificate);
            files.Check(provider.Tls.Key);
        }

        files.Check(options.Server.Tls.Certificate);
        files.Check(options.Server.Tls.Key);
    }

    /// <summary>The snapshot. The options must be free of faults; what they hold of keys is not looked at.</summary>
    public static ConfigSnapshot Compile(
        ConfigOptions options,
        ListenerAddresses addresses,
        ReferencedFiles files,
        TokenizerModel[] tokenizers,
        KeyTable keys,
        long generation,
        long createdUnixSeconds)
    {
        var compiler = new ConfigCompiler(options, files);
        foreach (var tokenizer in tokenizers)
            compiler._tokenizers.Add(tokenizer.Name, tokenizer);
        var providers = new ProviderModel[options.Providers.Count];
        for (var i = 0; i < providers.Length; i++)
        {
            providers[i] = compiler.Provider(options.Providers[i]);
            compiler._providers.Add(providers[i].Name, (providers[i], options.Providers[i].Timeouts.Over(options.Timeouts)));
        }

        var models = new ModelModel[options.Models.Count];
        for (var i = 0; i < models.Length; i++)
            models[i] = compiler.Model(options.Models[i], createdUnixSeconds);
        for (var i = 0; i < providers.Length; i++)
            providers[i].Passthrough = compiler.Passthrough(providers[i], options.Providers[i], models.Length + i);
        var server = Server(options.Server, addresses);
        var journal = Journal(options.Journal);
        return new ConfigSnapshot
        {
            Generation = generation,
            Providers = providers,
            Models = new ModelTable(models),
            Tokenizers = tokenizers,
            Keys = keys,
            Limits = LimitCompiler.Compile(options.Limits),
            Server = server,
            Journal = journal,
            Masked = MaskedDocument.Write(options, server, journal),
        };
    }

    private static IdSeal Seal(ProviderOptions provider, string account, string key) => new(provider.Name, account, Encoding.UTF8.GetBytes(key));

    private ProviderModel Provider(ProviderOptions provider)
    {
        var url = provider.BaseUrl.Value;
        var dialect = DialectTable.Of(DialectTable.Named(provider.Dialect.Value));
        var (headers, names) = FixedHeaders(provider, provider.Key.IsSet ? provider.Key.Value : null);
        var accounts = new AccountModel[provider.Accounts.Count];
        for (var i = 0; i < accounts.Length; i++)
        {
            var account = provider.Accounts[i];
            (var own, names) = FixedHeaders(provider, account.Key.Value);
            accounts[i] = new AccountModel
            {
                Name = account.Name,
                FixedHeaders = own,
                Seal = Seal(provider, account.Name, account.Key.Value),
                IsDisabled = account.IsDisabled,
            };
        }

        var caFile = _files.PathOf(provider.Tls.CaFile);
        var certificate = _files.PathOf(provider.Tls.Certificate);
        var key = _files.PathOf(provider.Tls.Key);
        var hosted = dialect.HostedBy(provider);
        return new ProviderModel
        {
            Name = provider.Name,
            IsDisabled = provider.IsDisabled || (accounts.Length > 0 && Array.TrueForAll(accounts, static account => account.IsDisabled)),
            Dialect = dialect.Id,
            Lacks = dialect.Lacks(provider),
            PrefersResponses = provider.Responses.Or("native") is "preferred" or "only",
            Hosted = hosted,
            Query = provider.IsOnAzure ? Encoding.ASCII.GetBytes("api-version=" + provider.ApiVersion.Value) : [],
            UseTls = url.UseTls,
            Host = url.Host,
            Port = url.Port,
            HostHeader = Encoding.ASCII.GetBytes(url.HostHeader),
            BasePath = Encoding.ASCII.GetBytes(url.Path),
            FixedHeaders = headers,
            Accounts = accounts.Length > 0
                ? accounts
                : [new AccountModel { Name = "", FixedHeaders = headers, Seal = Seal(provider, "", provider.Key.IsSet ? provider.Key.Value : "") }],
            FixedHeaderNames = names,
            Timeouts = Timeouts(provider.Timeouts.Over(_options.Timeouts)),
            UsageChunk = provider.UsageChunk.Or("inject") == "never" ? UsageChunkMode.Never : UsageChunkMode.Inject,
            CountsTokens = provider.CountTokens.Or("local") == "provider",
            TranslatesStrictly = provider.Translation.Or("report") == "strict",
            LacksFeatures = Features(provider.Lacks) | (hosted?.Lacks ?? RequestFeatures.None),
            TakesFeatures = Features(provider.Takes),
            RetryReused = provider.RetryReused.Or(ProviderOptions.RetryReusedField.Default),
            ConnectionsMax = provider.ConnectionsMax.Or(ProviderOptions.ConnectionsMaxField.Default),
            PoolIdle = provider.PoolIdle.Or(ProviderOptions.PoolIdleField.Default),
            DnsRefresh = provider.DnsRefresh.Or(ProviderOptions.DnsRefreshField.Default),
            Probe = Probe(provider.Probe),
            Capacity = Capacity(provider.Capacity),
            CaFile = caFile,
            CertificateFile = certificate,
            CertificateKeyFile = key,
            EndpointIdentity = string.Create(
                CultureInfo.InvariantCulture,
                $"{(url.UseTls ? "https" : "http")}\n{url.Host}\n{url.Port}\n{caFile}\n{certificate}\n{key}"),
        };
    }

    private static ProbeModel? Probe(ProbeOptions? probe) => probe is null ? null : new ProbeModel(
        Encoding.ASCII.GetBytes(probe.Path.Value),
        probe.Interval.Or(ProbeOptions.IntervalField.Default),
        probe.Timeout.Or(ProbeOptions.TimeoutField.Default),
        probe.Failures.Or(ProbeOptions.FailuresField.Default));

    private static CapacityModel? Capacity(CapacityOptions? capacity) => capacity is null ? null : new CapacityModel(
        Encoding.ASCII.GetBytes(capacity.Path.Or(CapacityOptions.DefaultPath)),
        capacity.Interval.Or(CapacityOptions.IntervalField.Default),
        capacity.Timeout.Or(CapacityOptions.TimeoutField.Default),
        capacity.Queue.Or(0),
        capacity.Cache.Or(0));

    private static (byte[] Lines, string[] Names) FixedHeaders(ProviderOptions provider, string? key)
    {
        var lines = new StringBuilder();
        var names = new List<string>();
        if (key is not null)
            Add(provider.AuthHeaderName, provider.IsBearer ? "Bearer " + key : key);
        if (provider.Headers.IsSet)
        {
            foreach (var (name, value) in provider.Headers.Value)
                Add(name, value.Value);
        }

        return (Encoding.ASCII.GetBytes(lines.ToString()), [.. names]);

        void Add(string name, string value)
        {
            lines.Append(name).Append(": ").Append(value).Append("\r\n");
            names.Add(name.ToLowerInvariant());
        }
    }

    private static TimeoutsModel Timeouts(TimeoutsOptions options) => new(
        options.Connect.Or(TimeoutsOptions.ConnectField.Default),
        options.FirstByte.Or(TimeoutsOptions.FirstByteField.Default),
        options.Idle.Or(TimeoutsOptions.IdleField.Default),
        options.Total.Or(TimeoutsOptions.TotalField.Default))
    {
        Whole = options.Whole.Or(TimeoutsOptions.WholeField.Default),
    };

    private static KeyValuePair<byte[], ModelName>[] Versions(ModelOptions model)
    {
        var written = model.Versions.Or([]);
        var versions = new KeyValuePair<byte[], ModelName>[written.Count];
        for (var i = 0; i < versions.Length; i++)
            versions[i] = new(Encoding.ASCII.GetBytes(written[i].Key), new ModelName(written[i].Value.Value));
        return versions;
    }

    private static StickyModel? Sticky(ModelOptions model) => !model.Sticky.IsSet ? null : model.Sticky.Value switch
    {
        "key" => new StickyModel(null),
        "user" => new StickyModel(null, IsUser: true),
        var tag => new StickyModel(tag[TextRules.TagPrefix.Length..]),
    };

    private ModelModel Model(ModelOptions model, long createdUnixSeconds)
    {
        var targets = new TargetModel[model.Targets.Count];
        for (var i = 0; i < targets.Length; i++)
        {
            var target = model.Targets[i];
            var (provider, providerTimeouts) = _providers[target.Provider.Value];
            targets[i] = new TargetModel
            {
                Provider = provider,
                UpstreamModel = target.Model.IsSet ? Encoding.ASCII.GetBytes(target.Model.Value) : null,
                UpstreamModelJson = target.Model.IsSet ? new ModelName(target.Model.Value).Json : null,
                Timeouts = Timeouts(target.Timeouts.Over(model.Timeouts).Over(providerTimeouts)),
                Weight = target.Weight.Or(TargetOptions.WeightField.Default),
                Priority = target.Priority.Or(TargetOptions.PriorityField.Default),
                Concurrent = (int)target.Concurrent.Or(0),
                Variant = target.Variant.IsSet ? target.Variant.Value : null,
                Region = Region(target, model.Targets[i].Provider.Value),
                ContextWindow = target.ContextWindow.Or(model.ContextWindow.Or(0)),
                Capabilities = Capabilities(target.Capabilities.IsSet ? target.Capabilities : model.Capabilities),
                Price = _prices.Of(model, target),
                OutputTokensMax = _prices.OutputTokensMaxOf(model, target),
                Prices = model.IsGlob ? _prices.ByName : null,
            };
        }

        return new ModelModel
        {
            Name = model.Name,
            NameUtf8 = Encoding.ASCII.GetBytes(model.Name),
            IsGlob = model.IsGlob,
            Targets = targets,
            Balance = model.Balance.Or(ModelOptions.BalanceField.Default!) switch
            {
                "least-pending" => BalanceMode.LeastPending,
                "latency" => BalanceMode.Latency,
                "cost" => BalanceMode.Cost,
                BalanceWords.CacheAffinity => BalanceMode.CacheAffinity,
                _ => BalanceMode.Weighted,
            },
            NativeFirst = model.IsNativeFirst,
            Affinity = model.Balance.Or("") == BalanceWords.CacheAffinity ? Affinity(model.Affinity) : null,
            Sticky = Sticky(model),
            Versions = Versions(model),
            OwnName = model.Aliases.IsSet ? new ModelName(model.Name) : null,
            Aliases = Array.ConvertAll(Texts(model.Aliases), Encoding.ASCII.GetBytes),
            Fallback = Array.ConvertAll(Texts(model.Fallback), static name => new ModelName(name)),
            Retry = Retry(model.Retry.Over(_options.Retry)),
            KeepPercent = model.Health.Keep.Or(HealthOptions.KeepField.Default),
            Hedge = Hedge(model.Hedge),
            Simple = Simple(model.Simple),
            Cascade = [.. model.Cascade.Select(Cascade)],
            Degrade = LimitCompiler.Degrade(model.Degrade),
            Ensemble = Ensemble(model.Ensemble),
            Tokenizer = model.Tokenizer.IsSet ? Tokenizer(model.Tokenizer.Value) : null,
            OutputTokensMax = _prices.OutputTokensMaxOf(model),
            OutputTokensGiven = model.OutputTokensMax.Or(0),
            Runaway = Runaway(model.Runaway.Over(_options.Runaway)),
            Created = createdUnixSeconds,
            IsDisabled = model.IsDisabled || Array.TrueForAll(targets, static target => target.Provider.IsDisabled || target.Weight == 0),
        };
    }

    /// <summary>What a provider's native paths go by; its place is behind those of the models.</summary>
    private PassthroughModel Passthrough(ProviderModel provider, ProviderOptions options, int index) => new(
        provider,
        Timeouts(options.Timeouts.Over(_options.Timeouts)),
        options.Region.IsSet ? Encoding.ASCII.GetBytes(options.Region.Value) : null,
        index);

    private static RetryModel Retry(RetryOptions retry) => new(
        retry.Attempts.Or(RetryOptions.AttemptsField.Default),
        retry.Budget.Or(RetryOptions.BudgetField.Default),
        retry.WaitMax.Or(RetryOptions.WaitMaxField.Default),
        retry.SameTarget.Or(RetryOptions.SameTargetField.Default));

    private static HedgeModel? Hedge(HedgeOptions? hedge) => hedge is null ? null : new HedgeModel(
        hedge.After.Or(HedgeOptions.AfterField.Default),
        hedge.Budget.Or(HedgeOptions.BudgetField.Default),
        hedge.CostMax.Or(long.MaxValue));

    private static SimpleModel? Simple(SimpleOptions? simple) => simple is null ? null : new SimpleModel(
        new ModelName(simple.Model.Value),
        simple.PromptTokensMax.Value,
        simple.Capabilities.IsSet ? Capabilities(simple.Capabilities) : Capability.None,
        [.. simple.Tags.Or([]).Select(static tag => new KeyValuePair<string, string>(tag.Key, tag.Value.Value))]);

    private static CascadeStep Cascade(CascadeOptions step) => new(
        new ModelName(step.Model.Value),
        Rules(step.Unless),
        step.ProbabilityMin.Or(0) is var least and > 0 ? Math.Log(least / Math.Pow(10, CascadeOptions.ProbabilityDigits)) : double.NegativeInfinity,
        step.Within.Or(CascadeOptions.WithinField.Default));

    private static EnsembleModel? Ensemble(EnsembleOptions? ensemble) => ensemble is null ? null : new(
        (int)ensemble.Size.Value,
        ensemble.Pick.Or(EnsembleOptions.PickField.Default!) switch
        {
            "first-valid" => EnsemblePick.FirstValid,
            "most-probable" => EnsemblePick.MostProbable,
            "shortest" => EnsemblePick.Shortest,
            "longest" => EnsemblePick.Longest,
            _ => EnsemblePick.Majority,
        },
        Rules(ensemble.Unless),
        (int)ensemble.AnswersMin.Or(ensemble.Size.Value),
        ensemble.Within.Or(EnsembleOptions.WithinField.Default));

    private static CascadeRules Rules(Setting<IReadOnlyList<Setting<string>>> unless) =>
        unless.IsSet ? unless.Value.Aggregate(CascadeRules.None, static (all, rule) => all | Rule(rule.Value)) : CascadeRules.All;

    private static CascadeRules Rule(string word) => word switch
    {
        "refusal" => CascadeRules.Refusal,
        "length" => CascadeRules.Length,
        _ => CascadeRules.Json,
    };

    private static AffinityModel Affinity(AffinityOptions affinity) => new(
        affinity.Prefix.Or(AffinityOptions.PrefixField.Default),
        affinity.Bound.Or(AffinityOptions.BoundField.Default!.Value));

    private static RunawayModel? Runaway(RunawayOptions runaway)
    {
        var (tokens, repeat) = (runaway.OutputTokens.Or(0), runaway.Repeat.Or(0));
        return tokens == 0 && repeat == 0 ? null : new RunawayModel(tokens, (int)repeat, runaway.Action.Or(RunawayOptions.ActionField.Default!) == "shadow");
    }

    /// <summary>The vocabulary of a name; one object for all models that name it.</summary>
    private TokenizerModel Tokenizer(string name)
    {
        if (!_tokenizers.TryGetValue(name, out var tokenizer))
            _tokenizers.Add(name, tokenizer = TokenizerModel.BuiltIn(name)!);
        return tokenizer;
    }

    /// <summary>The target's own region, else its provider's.</summary>
    private byte[]? Region(TargetOptions target, string provider)
    {
        var region = target.Region;
        foreach (var options in _options.Providers)
        {
            if (!region.IsSet && options.Name == provider)
                region = options.Region;
        }

        return region.IsSet ? Encoding.ASCII.GetBytes(region.Value) : null;
    }

    private static Capability Capabilities(Setting<IReadOnlyList<Setting<string>>> written)
    {
        if (!written.IsSet)
            return Capability.All;
        var all = Capability.None;
        foreach (var word in written.Value)
        {
            all |= word.Value switch
            {
                "tools" => Capability.Tools,
                "vision" => Capability.Vision,
                "json" => Capability.Json,
                "audio" => Capability.Audio,
                "files" => Capability.Files,
                _ => Capability.None,
            };
        }

        return all;
    }

    private static RequestFeatures Features(Setting<IReadOnlyList<Setting<string>>> written)
    {
        var all = RequestFeatures.None;
        foreach (var word in written.Or([]))
        {
            for (var i = 0; i < FeatureWords.Count; i++)
                all |= FeatureWords.All[i] == word.Value ? (RequestFeatures)(1u << i) : RequestFeatures.None;
        }

        return all;
    }

    private static string[] Texts(Setting<IReadOnlyList<Setting<string>>> written)
    {
        var texts = new string[written.Or([]).Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = written.Value[i].Value;
        return texts;
    }

    private static JournalModel Journal(JournalOptions journal) => new()
    {
        Mode = journal.Mode.Or(JournalOptions.ModeField.Default!) == "sync" ? JournalMode.Sync : JournalMode.Group,
        CommitInterval = journal.CommitInterval.Or(JournalOptions.CommitIntervalField.Default),
        Progress = journal.Progress.Or(JournalOptions.ProgressField.Default),
        BytesMax = journal.BytesMax.Or(JournalOptions.BytesMaxField.Default),
        Full = journal.Full.Or(JournalOptions.FullField.Default!) switch
        {
            "continue-and-count" => JournalFull.ContinueAndCount,
            "drop-oldest" => JournalFull.DropOldest,
            _ => JournalFull.Refuse,
        },
        Keep = journal.Keep.Or(JournalOptions.KeepField.Default),
    };

    private static System.Net.IPNetwork Network(string text) => NetworkText.TryParse(text, out var network) ? network : default;

    private static ServerModel Server(ServerOptions server, ListenerAddresses addresses) => new()
    {
        Listen = addresses.Listen,
        Admin = addresses.Admin,
        Probe = addresses.Probe,
        HeadBytesMax = (int)server.HeadBytesMax.Or(ServerOptions.HeadBytesMaxField.Default),
        BodyBytesMax = server.BodyBytesMax.Or(ServerOptions.BodyBytesMaxField.Default),
        BufferedBytesMax = server.BufferedBytesMax.Or(ServerOptions.BufferedBytesMaxField.Default),
        ConnectionsMax = server.ConnectionsMax.Or(ServerOptions.ConnectionsMaxField.Default),
        HeadTimeout = server.HeadTimeout.Or(ServerOptions.HeadTimeoutField.Default),
        BodyTimeout = server.BodyTimeout.Or(ServerOptions.BodyTimeoutField.Default),
        KeepAlive = server.KeepAlive.Or(ServerOptions.KeepAliveField.Default),
        ClientIdle = server.ClientIdle.Or(ServerOptions.ClientIdleField.Default),
        Heartbeat = server.Heartbeat.Or(ServerOptions.HeartbeatField.Default),
        DrainDelay = server.DrainDelay.Or(ServerOptions.DrainDelayField.Default),
        DrainTimeout = server.DrainTimeout.Or(ServerOptions.DrainTimeoutField.Default),
        Proxies = server.TrustedProxies.IsSet ? new TrustedProxies(Array.ConvertAll(Texts(server.TrustedProxies), Network)) : TrustedProxies.None,
        TakesProxyHeader = server.ProxyProtocol.Or(ServerOptions.ProxyProtocolField.Default!) == "v2",
        ShipOnDrain = server.ShipOnDrain.Or(ServerOptions.ShipOnDrainField.Default),
        ConfigMaxAge = server.ConfigMaxAge.Or(ServerOptions.ConfigMaxAgeField.Default),
        RefusesStale = server.StaleConfig.Or(ServerOptions.StaleConfigField.Default!) == "refuse",
        TlsCertificateFile = addresses.CertificateFile,
        TlsKeyFile = addresses.KeyFile,
    };
}
