using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// Writes the effective document: as the user could have written it with every default spelled out, and with every secret
/// masked. A secret is what is meant to be one (a key, the value of a header field) and whatever came by reference.
/// </summary>
internal sealed class MaskedDocument : IDisposable
{
    private const string Mask = "***";

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly MaskedLimits _limits;

    /// <summary>How the document is laid out.</summary>
    public static JsonWriterOptions Layout { get; } = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static ReadOnlySpan<byte> NothingText => "null"u8;

    /// <summary>As the writer writes it, whatever ends lines here.</summary>
    private static ReadOnlySpan<byte> NoKeys => "\n  \"keys\": null"u8;

    private MaskedDocument()
    {
        _json = new Utf8JsonWriter(_buffer, Layout);
        _limits = new MaskedLimits(_json, Mask);
    }

    /// <summary>
    /// Writes all but the keys, of which there may be very many, and gives what writes them between. Neither holds the options.
    /// </summary>
    public static Func<KeyTable, byte[]> Write(ConfigOptions options, ServerModel server, JournalModel journal)
    {
        using var document = new MaskedDocument();
        document.WriteAll(options, server, journal);

        // No text holds a line's end, and nothing but a name of the document stands so far to the left.
        var written = document._buffer.WrittenSpan;
        var before = written.IndexOf(NoKeys) + NoKeys.Length - NothingText.Length;
        var (head, tail) = (written[..before].ToArray(), written[(before + NothingText.Length)..].ToArray());
        return keys => MaskedKeys.Write(head, keys, tail);
    }

    public void Dispose() => _json.Dispose();

    private void WriteAll(ConfigOptions options, ServerModel server, JournalModel journal)
    {
        _json.WriteStartObject();
        _json.WriteStartObject(ConfigOptions.ProvidersField.Name);
        foreach (var provider in options.Providers)
            WriteProvider(provider, options.Timeouts);
        _json.WriteEndObject();
        _json.WriteStartObject(ConfigOptions.ModelsField.Name);
        foreach (var model in options.Models)
            WriteModel(model, options.Runaway, options.Retry);
        _json.WriteEndObject();
        WriteTokenizers(options.Tokenizers);
        _json.WriteStartObject(ConfigOptions.TeamsField.Name);
        foreach (var team in options.Teams)
        {
            _json.WriteStartObject(team.Name);
            WriteTexts(TeamOptions.TagsField, team.Tags, isSecret: false);
            WriteList(TeamOptions.RegionsField, team.Regions);
            WriteDisabled(TeamOptions.DisabledField, team.IsDisabled);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
        _json.WriteNull(ConfigOptions.KeysField.Name);
        _limits.WriteLimits(options.Limits);
        _limits.WritePrices(options.Prices);
        _limits.WriteRunaway(ConfigOptions.RunawayField.Name, options.Runaway);
        WriteRetry(ConfigOptions.RetryField, options.Retry);
        WriteTimeouts(ConfigOptions.TimeoutsField, options.Timeouts, withDefaults: true);
        WriteServer(options.Server, server);
        WriteJournal(journal);
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteProvider(ProviderOptions provider, TimeoutsOptions global)
    {
        _json.WriteStartObject(provider.Name);
        WriteText(ProviderOptions.DialectField, provider.Dialect);
        if (provider.BaseUrl.IsSet)
            _json.WriteString(ProviderOptions.BaseUrlField.Name, provider.BaseUrl.ByReference ? Mask : provider.BaseUrl.Value.ToString());
        if (provider.Key.IsSet)
            _json.WriteString(ProviderOptions.KeyField.Name, Mask);
        WriteAccounts(provider);
        if (provider.HasKey)
            _json.WriteString(ProviderOptions.AuthHeaderField.Name, Shown(provider.AuthHeader, provider.AuthHeaderName));

        WriteTexts(ProviderOptions.HeadersField, provider.Headers, isSecret: true);
        WriteText(ProviderOptions.RegionField, provider.Region);
        WriteTimeouts(ProviderOptions.TimeoutsField, provider.Timeouts.Over(global), withDefaults: true);
        _json.WriteString(ProviderOptions.UsageChunkField.Name, provider.UsageChunk.Or(ProviderOptions.UsageChunkField.Default!));
        if (provider.CountTokens.IsSet)
            WriteText(ProviderOptions.CountTokensField, provider.CountTokens);
        _json.WriteString(ProviderOptions.TranslationField.Name, provider.Translation.Or(ProviderOptions.TranslationField.Default!));
        if (provider.Responses.IsSet)
            WriteText(ProviderOptions.ResponsesField, provider.Responses);
        WriteList(ProviderOptions.LacksField, provider.Lacks);
        WriteList(ProviderOptions.TakesField, provider.Takes);
        WriteText(ProviderOptions.HostingField, provider.Hosting);
        WriteText(ProviderOptions.ApiVersionField, provider.ApiVersion);
        _json.WriteBoolean(ProviderOptions.RetryReusedField.Name, provider.RetryReused.Or(ProviderOptions.RetryReusedField.Default));
        _json.WriteNumber(ProviderOptions.ConnectionsMaxField.Name, provider.ConnectionsMax.Or(ProviderOptions.ConnectionsMaxField.Default));
        WriteDuration(ProviderOptions.PoolIdleField, provider.PoolIdle.Or(ProviderOptions.PoolIdleField.Default));
        WriteDuration(ProviderOptions.DnsRefreshField, provider.DnsRefresh.Or(ProviderOptions.DnsRefreshField.Default));
        WriteTls(ProviderOptions.TlsField, provider.Tls);
        WriteProbe(provider.Probe);
        WriteCapacity(provider.Capacity);
        WriteDisabled(ProviderOptions.DisabledField, provider.IsDisabled);
        _json.WriteEndObject();
    }

    private void WriteProbe(ProbeOptions? probe)
    {
        if (probe is null)
            return;
        _json.WriteStartObject(ProviderOptions.ProbeField.Name);
        WriteText(ProbeOptions.PathField, probe.Path);
        WriteDuration(ProbeOptions.IntervalField, probe.Interval.Or(ProbeOptions.IntervalField.Default));
        WriteDuration(ProbeOptions.TimeoutField, probe.Timeout.Or(ProbeOptions.TimeoutField.Default));
        _json.WriteNumber(ProbeOptions.FailuresField.Name, probe.Failures.Or(ProbeOptions.FailuresField.Default));
        _json.WriteEndObject();
    }

    private void WriteCapacity(CapacityOptions? capacity)
    {
        if (capacity is null)
            return;
        _json.WriteStartObject(ProviderOptions.CapacityField.Name);
        _json.WriteString(CapacityOptions.PathField.Name, Shown(capacity.Path, CapacityOptions.DefaultPath));
        WriteDuration(CapacityOptions.IntervalField, capacity.Interval.Or(CapacityOptions.IntervalField.Default));
        WriteDuration(CapacityOptions.TimeoutField, capacity.Timeout.Or(CapacityOptions.TimeoutField.Default));
        _limits.WriteCount(CapacityOptions.QueueField, capacity.Queue);
        if (capacity.Cache.IsSet)
            _json.WriteString(CapacityOptions.CacheField.Name, PercentField.Text(capacity.Cache.Value));
        _json.WriteEndObject();
    }

    private void WriteAccounts(ProviderOptions provider)
    {
        if (provider.Accounts.Count == 0)
            return;
        _json.WriteStartObject(ProviderOptions.AccountsField.Name);
        foreach (var account in provider.Accounts)
        {
            _json.WriteStartObject(account.Name);
            _json.WriteString(AccountOptions.KeyField.Name, Mask);
            WriteDisabled(AccountOptions.DisabledField, account.IsDisabled);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
    }

    private void WriteTokenizers(IReadOnlyList<TokenizerOptions> tokenizers)
    {
        if (tokenizers.Count == 0)
            return;
        _json.WriteStartObject(ConfigOptions.TokenizersField.Name);
        foreach (var tokenizer in tokenizers)
        {
            _json.WriteStartObject(tokenizer.Name);
            WriteText(TokenizerOptions.FileField, tokenizer.File);
            _json.WriteString(TokenizerOptions.FormatField.Name, tokenizer.FormatName);
            WriteText(TokenizerOptions.SplitField, tokenizer.Split);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
    }

    private void WriteModel(ModelOptions model, RunawayOptions global, RetryOptions retry)
    {
        _json.WriteStartObject(model.Name);
        _json.WriteStartArray(ModelOptions.TargetsField.Name);
        foreach (var target in model.Targets)
        {
            _json.WriteStartObject();
            WriteText(TargetOptions.ProviderField, target.Provider);
            WriteText(TargetOptions.ModelField, target.Model);
            _json.WriteNumber(TargetOptions.WeightField.Name, target.Weight.Or(TargetOptions.WeightField.Default));
            _json.WriteNumber(TargetOptions.PriorityField.Name, target.Priority.Or(TargetOptions.PriorityField.Default));
            _limits.WriteCount(TargetOptions.ConcurrentField, target.Concurrent);
            WriteText(TargetOptions.VariantField, target.Variant);
            WriteText(TargetOptions.RegionField, target.Region);
            _limits.WriteCount(TargetOptions.ContextWindowField, target.ContextWindow);
            WriteList(TargetOptions.CapabilitiesField, target.Capabilities);
            WriteTimeouts(TargetOptions.TimeoutsField, target.Timeouts, withDefaults: false);
            _limits.WritePrice(TargetOptions.PriceField.Name, target.Price);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        WriteList(ModelOptions.AliasesField, model.Aliases);
        WriteTexts(ModelOptions.VersionsField, model.Versions, isSecret: false);
        _json.WriteString(ModelOptions.BalanceField.Name, model.Balance.Or(ModelOptions.BalanceField.Default!));
        _json.WriteString(ModelOptions.NativeField.Name, model.IsNativeFirst ? "first" : "equal");
        if (model.Balance.Or("") == BalanceWords.CacheAffinity)
            WriteAffinity(model.Affinity);
        WriteText(ModelOptions.StickyField, model.Sticky);
        WriteList(ModelOptions.FallbackField, model.Fallback);
        WriteRetry(ModelOptions.RetryField, model.Retry.Over(retry));
        _json.WriteStartObject(ModelOptions.HealthField.Name);
        _json.WriteString(HealthOptions.KeepField.Name, PercentField.Text(model.Health.Keep.Or(HealthOptions.KeepField.Default)));
        _json.WriteEndObject();
        WriteHedge(model.Hedge);
        WriteSimple(model.Simple);
        WriteCascade(model.Cascade);
        _limits.WriteDegrade(ModelOptions.DegradeField, model.Degrade);
        WriteEnsemble(model.Ensemble);
        WriteTimeouts(ModelOptions.TimeoutsField, model.Timeouts, withDefaults: false);
        WriteText(ModelOptions.TokenizerField, model.Tokenizer);
        _limits.WritePrice(ModelOptions.PriceField.Name, model.Price);
        _limits.WriteCount(ModelOptions.OutputTokensMaxField, model.OutputTokensMax);
        _limits.WriteCount(ModelOptions.ContextWindowField, model.ContextWindow);
        WriteList(ModelOptions.CapabilitiesField, model.Capabilities);
        _limits.WriteRunaway(ModelOptions.RunawayField.Name, model.Runaway.Over(global));
        WriteDisabled(ModelOptions.DisabledField, model.IsDisabled);
        _json.WriteEndObject();
    }

    private void WriteServer(ServerOptions options, ServerModel server)
    {
        _json.WriteStartObject(ConfigOptions.ServerField.Name);
        _json.WriteString(ServerOptions.ListenField.Name, server.Listen.ToString());
        _json.WriteString(ServerOptions.AdminField.Name, server.Admin.ToString());
        if (server.Probe is not null)
            _json.WriteString(ServerOptions.ProbeField.Name, server.Probe.ToString());
        WriteSize(ServerOptions.BodyBytesMaxField, server.BodyBytesMax);
        WriteSize(ServerOptions.BufferedBytesMaxField, server.BufferedBytesMax);
        WriteSize(ServerOptions.HeadBytesMaxField, server.HeadBytesMax);
        _json.WriteNumber(ServerOptions.ConnectionsMaxField.Name, server.ConnectionsMax);
        WriteDuration(ServerOptions.HeadTimeoutField, server.HeadTimeout);
        WriteDuration(ServerOptions.BodyTimeoutField, server.BodyTimeout);
        WriteDuration(ServerOptions.KeepAliveField, server.KeepAlive);
        WriteDuration(ServerOptions.ClientIdleField, server.ClientIdle);
        WriteDuration(ServerOptions.HeartbeatField, server.Heartbeat);
        WriteDuration(ServerOptions.DrainDelayField, server.DrainDelay);
        WriteDuration(ServerOptions.DrainTimeoutField, server.DrainTimeout);
        WriteList(ServerOptions.TrustedProxiesField, options.TrustedProxies);
        _json.WriteString(ServerOptions.ProxyProtocolField.Name, options.ProxyProtocol.Or(ServerOptions.ProxyProtocolField.Default!));
        WriteDuration(ServerOptions.ShipOnDrainField, server.ShipOnDrain);
        WriteDuration(ServerOptions.ConfigMaxAgeField, server.ConfigMaxAge);
        _json.WriteString(ServerOptions.StaleConfigField.Name, server.RefusesStale ? "refuse" : "serve");
        WriteTls(ServerOptions.TlsField, options.Tls);
        _json.WriteEndObject();
    }

    private void WriteJournal(JournalModel journal)
    {
        _json.WriteStartObject(ConfigOptions.JournalField.Name);
        _json.WriteString(JournalOptions.ModeField.Name, JournalOptions.ModeField.Words[(int)journal.Mode]);
        WriteDuration(JournalOptions.CommitIntervalField, journal.CommitInterval);
        WriteDuration(JournalOptions.ProgressField, journal.Progress);
        WriteSize(JournalOptions.BytesMaxField, journal.BytesMax);
        _json.WriteString(JournalOptions.FullField.Name, JournalOptions.FullField.Words[(int)journal.Full]);
        WriteDuration(JournalOptions.KeepField, journal.Keep);
        _json.WriteEndObject();
    }

    private void WriteTls(SectionField field, TlsOptions tls)
    {
        if (tls.Node is null)
            return;
        _json.WriteStartObject(field.Name);
        WriteText(TlsOptions.CaFileField, tls.CaFile);
        WriteText(TlsOptions.CertificateField, tls.Certificate);
        WriteText(TlsOptions.KeyField, tls.Key);
        _json.WriteEndObject();
    }

    private void WriteAffinity(AffinityOptions affinity)
    {
        _json.WriteStartObject(ModelOptions.AffinityField.Name);
        WriteSize(AffinityOptions.PrefixField, affinity.Prefix.Or(AffinityOptions.PrefixField.Default));
        _json.WritePropertyName(AffinityOptions.BoundField.Name);
        _json.WriteRawValue(DecimalText.Format(affinity.Bound.Or(AffinityOptions.BoundField.Default!.Value), AffinityOptions.BoundDigits));
        _json.WriteEndObject();
    }

    private void WriteRetry(SectionField field, RetryOptions retry)
    {
        _json.WriteStartObject(field.Name);
        _json.WriteNumber(RetryOptions.AttemptsField.Name, retry.Attempts.Or(RetryOptions.AttemptsField.Default));
        _json.WriteString(RetryOptions.BudgetField.Name, PercentField.Text(retry.Budget.Or(RetryOptions.BudgetField.Default)));
        WriteDuration(RetryOptions.WaitMaxField, retry.WaitMax.Or(RetryOptions.WaitMaxField.Default));
        _json.WriteBoolean(RetryOptions.SameTargetField.Name, retry.SameTarget.Or(RetryOptions.SameTargetField.Default));
        _json.WriteEndObject();
    }

    private void WriteHedge(HedgeOptions? hedge)
    {
        if (hedge is null)
            return;
        _json.WriteStartObject(ModelOptions.HedgeField.Name);
        if (hedge.After.IsSet && hedge.After.Value == TimeSpan.Zero)
            _json.WriteString(HedgeOptions.AfterField.Name, HedgeOptions.Learned);
        else
            WriteDuration(HedgeOptions.AfterField, hedge.After.Or(HedgeOptions.AfterField.Default));
        _json.WriteString(HedgeOptions.BudgetField.Name, PercentField.Text(hedge.Budget.Or(HedgeOptions.BudgetField.Default)));
        if (hedge.CostMax.IsSet)
        {
            _json.WritePropertyName(HedgeOptions.CostMaxField.Name);
            _json.WriteRawValue(DecimalText.Format(hedge.CostMax.Value, HedgeOptions.CostDigits));
        }

        _json.WriteEndObject();
    }

    private void WriteSimple(SimpleOptions? simple)
    {
        if (simple is null)
            return;
        _json.WriteStartObject(ModelOptions.SimpleField.Name);
        WriteText(SimpleOptions.ModelField, simple.Model);
        _limits.WriteCount(SimpleOptions.PromptTokensMaxField, simple.PromptTokensMax);
        WriteList(SimpleOptions.CapabilitiesField, simple.Capabilities);
        WriteTexts(SimpleOptions.TagsField, simple.Tags, isSecret: false);
        _json.WriteEndObject();
    }

    private void WriteCascade(IReadOnlyList<CascadeOptions> steps)
    {
        if (steps.Count == 0)
            return;
        _json.WriteStartArray(ModelOptions.CascadeField.Name);
        foreach (var step in steps)
        {
            _json.WriteStartObject();
            WriteText(CascadeOptions.ModelField, step.Model);
            WriteList(CascadeOptions.UnlessField, step.Unless);
            if (step.ProbabilityMin.IsSet)
            {
                _json.WritePropertyName(CascadeOptions.ProbabilityMinField.Name);
                _json.WriteRawValue(DecimalText.Format(step.ProbabilityMin.Value, CascadeOptions.ProbabilityDigits));
            }

            WriteDuration(CascadeOptions.WithinField, step.Within.Or(CascadeOptions.WithinField.Default));
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteEnsemble(EnsembleOptions? ensemble)
    {
        if (ensemble is null)
            return;
        _json.WriteStartObject(ModelOptions.EnsembleField.Name);
        _json.WriteNumber(EnsembleOptions.SizeField.Name, ensemble.Size.Value);
        _json.WriteString(EnsembleOptions.PickField.Name, ensemble.Pick.Or(EnsembleOptions.PickField.Default!));
        WriteList(EnsembleOptions.UnlessField, ensemble.Unless);
        if (ensemble.AnswersMin.IsSet)
            _json.WriteNumber(EnsembleOptions.AnswersMinField.Name, ensemble.AnswersMin.Value);
        WriteDuration(EnsembleOptions.WithinField, ensemble.Within.Or(EnsembleOptions.WithinField.Default));
        _json.WriteEndObject();
    }

    private void WriteTimeouts(SectionField field, TimeoutsOptions timeouts, bool withDefaults)
    {
        _json.WriteStartObject(field.Name);
        One(TimeoutsOptions.ConnectField, timeouts.Connect);
        One(TimeoutsOptions.FirstByteField, timeouts.FirstByte);
        One(TimeoutsOptions.IdleField, timeouts.Idle);
        One(TimeoutsOptions.WholeField, timeouts.Whole);
        One(TimeoutsOptions.TotalField, timeouts.Total);
        _json.WriteEndObject();

        void One(DurationField one, Setting<TimeSpan> written)
        {
            if (withDefaults || written.IsSet)
                WriteDuration(one, written.Or(one.Default));
        }
    }

    private void WriteTexts(StringMapField field, Setting<IReadOnlyList<KeyValuePair<string, Setting<string>>>> texts, bool isSecret)
    {
        if (!texts.IsSet)
            return;
        _json.WriteStartObject(field.Name);
        foreach (var (name, value) in texts.Value)
            _json.WriteString(name, isSecret ? Mask : Shown(value, ""));
        _json.WriteEndObject();
    }

    private void WriteList(Field<IReadOnlyList<Setting<string>>> field, Setting<IReadOnlyList<Setting<string>>> texts)
    {
        if (!texts.IsSet)
            return;
        _json.WriteStartArray(field.Name);
        foreach (var text in texts.Value)
            _json.WriteStringValue(Shown(text, ""));
        _json.WriteEndArray();
    }

    private void WriteText(Field<string> field, Setting<string> text)
    {
        if (text.IsSet)
            _json.WriteString(field.Name, Shown(text, ""));
    }

    private void WriteDuration(DurationField field, TimeSpan value) => _json.WriteString(field.Name, DurationText.Format(value));

    private void WriteSize(SizeField field, long value) => _json.WriteString(field.Name, SizeText.Format(value));

    private void WriteDisabled(BooleanField field, bool isDisabled)
    {
        if (isDisabled)
            _json.WriteBoolean(field.Name, true);
    }

    private static string Shown(Setting<string> text, string absent) => text.ByReference ? Mask : text.Or(absent);
}
