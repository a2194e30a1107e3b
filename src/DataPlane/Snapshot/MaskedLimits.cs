using System.Text.Json;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Writes limits, prices and guards of the effective document; what came by reference is masked.</summary>
internal sealed class MaskedLimits(Utf8JsonWriter json, string mask)
{
    public void WriteLimits(IReadOnlyList<LimitOptions> limits)
    {
        json.WriteStartArray(ConfigOptions.LimitsField.Name);
        foreach (var limit in limits)
            WriteLimit(limit);
        json.WriteEndArray();
    }

    public void WritePrices(IReadOnlyList<NamedPriceOptions> prices)
    {
        if (prices.Count == 0)
            return;
        json.WriteStartObject(ConfigOptions.PricesField.Name);
        foreach (var price in prices)
            WritePrice(price.Name, price.Price);
        json.WriteEndObject();
    }

    public void WritePrice(string name, PriceOptions price)
    {
        if (!price.IsSet)
            return;
        json.WriteStartObject(name);
        WriteDecimal(PriceOptions.InputField, price.Input, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.CachedInputField, price.CachedInput, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.CacheWriteField, price.CacheWrite, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.CacheWriteHourField, price.CacheWriteHour, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.OutputField, price.Output, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.ReasoningField, price.Reasoning, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.AudioInputField, price.AudioInput, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.AudioOutputField, price.AudioOutput, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.ImageInputField, price.ImageInput, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.ImageOutputField, price.ImageOutput, DecimalText.DigitsMax);
        WriteDecimal(PriceOptions.RequestField, price.Request, DecimalText.DigitsMax);
        if (price.Factors.IsSet)
        {
            json.WriteStartObject(PriceOptions.FactorsField.Name);
            foreach (var (tier, factor) in price.Factors.Value)
                WriteDecimal(tier, factor, 6);
            json.WriteEndObject();
        }

        if (price.LongContext is { } longer)
        {
            json.WriteStartObject(PriceOptions.LongContextField.Name);
            WriteCount(LongContextOptions.AboveField, longer.Above);
            WriteDecimal(LongContextOptions.InputField, longer.Input, DecimalText.DigitsMax);
            WriteDecimal(LongContextOptions.CachedInputField, longer.CachedInput, DecimalText.DigitsMax);
            WriteDecimal(LongContextOptions.CacheWriteField, longer.CacheWrite, DecimalText.DigitsMax);
            WriteDecimal(LongContextOptions.CacheWriteHourField, longer.CacheWriteHour, DecimalText.DigitsMax);
            WriteDecimal(LongContextOptions.OutputField, longer.Output, DecimalText.DigitsMax);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public void WriteRunaway(string name, RunawayOptions runaway)
    {
        if (runaway.Node is null)
            return;
        json.WriteStartObject(name);
        WriteCount(RunawayOptions.OutputTokensField, runaway.OutputTokens);
        WriteCount(RunawayOptions.RepeatField, runaway.Repeat);
        WriteChoice(RunawayOptions.ActionField, runaway.Action);
        json.WriteEndObject();
    }

    public void WriteCount(CountField field, Setting<long> count)
    {
        if (count.IsSet)
            json.WriteString(field.Name, count.Value == 0 ? "off" : AmountText.FormatCount(count.Value));
    }

    private void WriteLimit(LimitOptions limit)
    {
        json.WriteStartObject();
        WriteText(LimitOptions.NameField.Name, limit.Name);
        WriteMatch(limit.Match);
        var per = limit.Per.Or(ScopeField.Default);
        json.WriteString(LimitOptions.PerField.Name, limit.Per.ByReference ? mask : per.Tag is null ? per.Word : per.Word + ":" + per.Tag);
        WriteAmounts(limit);
        WriteChoice(LimitOptions.ModeField, limit.Mode);
        json.WriteString(LimitOptions.OnOutageField.Name, LimitOptions.OnOutageField.Words[(int)LimitCompiler.OnOutage(limit)]);
        if (limit.Unpriced.IsSet)
            json.WriteString(LimitOptions.UnpricedField.Name, limit.Unpriced.Value);
        if (per.Word is "ip" or "tag")
            json.WriteString(LimitOptions.BucketsMaxField.Name, AmountText.FormatCount(limit.BucketsMax.Or(LimitOptions.BucketsMaxField.Default)));
        if (limit.Weights.CachedInput.IsSet)
        {
            json.WriteStartObject(LimitOptions.WeightsField.Name);
            WriteDecimal(LimitWeightsOptions.CachedInputField, limit.Weights.CachedInput, 3);
            json.WriteEndObject();
        }

        WriteQueue(limit.Queue);
        if (limit.Shares.IsSet)
        {
            json.WriteStartObject(LimitOptions.SharesField.Name);
            foreach (var share in limit.Shares.Value)
                json.WriteString(share.Tag + "=" + share.Value, $"{share.Percent}%");
            json.WriteEndObject();
        }

        WriteText(LimitOptions.LendField.Name, limit.Lend);
        WriteDegrade(LimitOptions.DegradeField, limit.Degrade);
        WriteText(LimitOptions.WasField.Name, limit.Was);
        if (limit.IsDisabled)
            json.WriteBoolean(LimitOptions.DisabledField.Name, true);
        json.WriteEndObject();
    }

    public void WriteDegrade(SectionListField field, IReadOnlyList<DegradeOptions> steps)
    {
        if (steps.Count == 0)
            return;
        json.WriteStartArray(field.Name);
        foreach (var step in steps)
        {
            json.WriteStartObject();
            json.WriteString(DegradeOptions.AtField.Name, PercentField.Text(step.At.Value));
            WriteText(DegradeOptions.ModelField.Name, step.Model);
            WriteCount(DegradeOptions.MaxTokensField, step.MaxTokens);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The amounts, and what only means something for what they are.</summary>
    private void WriteAmounts(LimitOptions limit)
    {
        var (hasRate, hasWindow, hasCalendar, hasStream) = (false, false, false, false);
        foreach (var (field, amount) in limit.Amounts())
        {
            json.WriteString(field.Name, AmountText.Format(amount.Value, field.IsMoney));
            var isRate = LimitOptions.IsRate(field, amount.Value);
            hasRate |= isRate;
            hasWindow |= !isRate;
            hasCalendar |= amount.Value.Period >= AmountPeriod.Hour;
            hasStream |= field != LimitOptions.RequestsField && field != LimitOptions.InputTokensField;
        }

        WriteCount(LimitOptions.ConcurrentField, limit.Concurrent);
        if (hasRate)
        {
            json.WriteStartObject(LimitOptions.BurstField.Name);
            foreach (var (field, amount) in limit.Amounts())
            {
                if (LimitOptions.IsRate(field, amount.Value))
                    json.WriteString(field.Name, AmountText.FormatCount(limit.BurstOf(field).Or(amount.Value.Value)));
            }

            json.WriteEndObject();
        }

        if (hasCalendar)
            json.WriteString(LimitOptions.TimezoneField.Name, limit.Timezone.Or(TimeZoneInfo.Utc).Id);
        if (hasStream)
            WriteChoice(LimitOptions.OnStreamField, limit.OnStream);
        if (hasWindow)
            WriteChoice(LimitOptions.DebtField, limit.Debt);
    }

    private void WriteMatch(LimitMatchOptions match)
    {
        if (match.Node is null)
            return;
        json.WriteStartObject(LimitOptions.MatchField.Name);
        WritePatterns(LimitMatchOptions.KeyField.Name, match.Keys.Or([]));
        WritePatterns(LimitMatchOptions.TeamField.Name, match.Teams.Or([]));
        WritePatterns(LimitMatchOptions.TierField.Name, match.Tiers.Or([]));
        WritePatterns(LimitMatchOptions.ModelField.Name, match.Models.Or([]));
        WritePatterns(LimitMatchOptions.ProviderField.Name, match.Providers.Or([]));
        if (match.Tags.Count > 0)
        {
            json.WriteStartObject(LimitMatchOptions.TagsField.Name);
            foreach (var tag in match.Tags)
                WritePatterns(tag.Name, tag.Values);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteQueue(LimitQueueOptions? queue)
    {
        if (queue is null)
            return;
        json.WriteStartObject(LimitOptions.QueueField.Name);
        json.WriteString(LimitQueueOptions.MaxField.Name, AmountText.FormatCount(queue.Max.Or(LimitQueueOptions.MaxField.Default)));
        json.WriteString(LimitQueueOptions.WaitField.Name, DurationText.Format(queue.Wait.Or(LimitQueueOptions.WaitField.Default)));
        json.WriteEndObject();
    }

    private void WritePatterns(string name, IReadOnlyList<Setting<string>> patterns)
    {
        if (patterns.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var pattern in patterns)
            json.WriteStringValue(pattern.ByReference ? mask : pattern.Value);
        json.WriteEndArray();
    }

    private void WriteDecimal(DecimalField field, Setting<long> number, int digits) => WriteDecimal(field.Name, number, digits);

    /// <summary>A number of JSON, written from its own digits.</summary>
    private void WriteDecimal(string name, Setting<long> number, int digits)
    {
        if (!number.IsSet)
            return;
        json.WritePropertyName(name);
        json.WriteRawValue(DecimalText.Format(number.Value, digits));
    }

    private void WriteChoice(ChoiceField field, Setting<string> word) => json.WriteString(field.Name, word.Or(field.Default!));

    private void WriteText(string name, Setting<string> text)
    {
        if (text.IsSet)
            json.WriteString(name, text.ByReference ? mask : text.Value);
    }
}
