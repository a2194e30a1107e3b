using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold within a limit, and between the names of all.</summary>
public sealed class LimitRules
{
    /// <summary>What <c>x-aiedge-limit</c> says of a provider's own refusal.</summary>
    private const string ProviderWord = "provider";

    /// <summary>What the end of a stream says that a guard has cut.</summary>
    private const string RunawayWord = "runaway";

    /// <summary>What <c>x-aiedge-degraded</c> says where a model's targets were nearly full.</summary>
    private const string CapacityWord = "capacity";

    /// <summary>An answer is admitted with credit for as many tokens, so that a smaller burst would admit none.</summary>
    private const long OutputSliceTokens = 64;

    private static readonly AmountField[] AmountFields =
    [
        LimitOptions.RequestsField, LimitOptions.TokensField, LimitOptions.InputTokensField, LimitOptions.OutputTokensField, LimitOptions.CostField,
    ];

    private readonly ConfigOptions _document;
    private readonly FaultList _faults;
    private readonly FaultList _warnings;
    private readonly Dictionary<string, int> _lineOfName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lineOfWas = new(StringComparer.Ordinal);

    /// <summary>Makes the rules of one document.</summary>
    public LimitRules(ConfigOptions document, FaultList faults, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(document);
        _document = document;
        _faults = faults;
        _warnings = warnings;
        foreach (var limit in document.Limits)
        {
            if (limit.Name.IsSet && !_lineOfName.TryAdd(limit.Name.Value, limit.Name.Source!.Line))
                Fault(limit, LimitOptions.NameField, $"the limit on line {Number(_lineOfName[limit.Name.Value])} has the same name");
        }
    }

    /// <summary>All rules for one limit.</summary>
    public void Check(LimitOptions limit)
    {
        ArgumentNullException.ThrowIfNull(limit);
        CheckNames(limit);
        CheckAmounts(limit);
        CheckShares(limit);
        DegradeRules.Check(limit, _document, _faults);
        if (!IsReadable(limit))
            return;
        CheckSlice(limit);
        CheckBurst(limit);
        CheckMeaning(limit);
        CheckQueue(limit);
    }

    /// <summary>Whether every amount is one: what goes with an amount that could not be read is left open.</summary>
    private static bool IsReadable(LimitOptions limit)
    {
        var set = 0;
        foreach (var _ in limit.Amounts())
            set++;
        var written = 0;
        foreach (var field in AmountFields)
            written += IsWritten(limit, field) ? 1 : 0;
        return set == written;
    }

    private void CheckNames(LimitOptions limit)
    {
        if (limit.Name.IsSet && limit.Name.Value == ProviderWord)
            Fault(limit, LimitOptions.NameField, "is what x-aiedge-limit says of a provider's own limit");
        if (limit.Name.IsSet && limit.Name.Value == RunawayWord)
            Fault(limit, LimitOptions.NameField, "is what the end of a runaway stream says");
        if (limit.Name.IsSet && limit.Name.Value == CapacityWord)
            Fault(limit, LimitOptions.NameField, "is what x-aiedge-degraded says of a model's own capacity");
        if (!limit.Was.IsSet)
            return;
        if (_lineOfName.TryGetValue(limit.Was.Value, out var line))
            Fault(limit, LimitOptions.WasField, $"the limit on line {Number(line)} has that name, so that what was used is its");
        else if (!_lineOfWas.TryAdd(limit.Was.Value, limit.Was.Source!.Line))
            Fault(limit, LimitOptions.WasField, $"the limit on line {Number(_lineOfWas[limit.Was.Value])} goes on with it already");
    }

    private void CheckAmounts(LimitOptions limit)
    {
        var isWritten = IsWritten(limit, LimitOptions.ConcurrentField);
        foreach (var field in AmountFields)
            isWritten |= IsWritten(limit, field);
        if (!isWritten)
            _faults.Add(limit.Node, "limits nothing: it needs requests, tokens, inputTokens, outputTokens, cost or concurrent");
        CheckPart(limit, LimitOptions.InputTokensField, limit.InputTokens);
        CheckPart(limit, LimitOptions.OutputTokensField, limit.OutputTokens);
    }

    /// <summary>Input or output alone is never reached where both together may not be more.</summary>
    private void CheckPart(LimitOptions limit, AmountField field, Setting<Amount> part)
    {
        if (part.IsSet && limit.Tokens.IsSet && AmountBounds.IsNeverReached(limit, field, part.Value))
            Fault(limit, field, "is never reached: tokens allows no more of input and output together");
    }

    /// <summary>An answer has to be admitted by what there is at once: the burst of a rate, all of a window.</summary>
    private void CheckSlice(LimitOptions limit)
    {
        if (limit.OnStream.Or("cut") != "cut")
            return;
        foreach (var (field, amount) in limit.Amounts())
        {
            var brings = field == LimitOptions.TokensField || field == LimitOptions.OutputTokensField;
            if (!brings || AmountBounds.AtOnce(limit, field, amount.Value) >= OutputSliceTokens)
                continue;
            var burst = LimitOptions.IsRate(field, amount.Value) ? limit.BurstOf(field) : default;
            _faults.Add(
                burst.IsSet ? burst.Source! : amount.Source!,
                $"is less than the {OutputSliceTokens} tokens that an answer is admitted with, so that none would be");
        }
    }

    private void CheckBurst(LimitOptions limit)
    {
        if (!limit.Burst.IsSet)
            return;
        var burst = limit.Burst.Value;
        var rates = 0;
        foreach (var (field, amount) in limit.Amounts())
            rates += LimitOptions.IsRate(field, amount.Value) ? 1 : 0;
        if (burst.Alone.IsSet && rates == 0)
            _faults.Add(burst.Alone.Source!, "has no meaning: nothing in this limit is by the second or minute, and a window has no burst");
        else if (burst.Alone.IsSet && rates > 1)
            _faults.Add(burst.Alone.Source!, "is of which rate? write it by name, such as { requests: 20, tokens: 50k }");
        foreach (var (name, value) in burst.ByName)
            CheckNamedBurst(limit, name, value);
    }

    private void CheckNamedBurst(LimitOptions limit, string name, Setting<long> value)
    {
        foreach (var (field, amount) in limit.Amounts())
        {
            if (field.Name != name)
                continue;
            if (!LimitOptions.IsRate(field, amount.Value))
                _faults.Add(value.Source!, $"has no meaning: {name} is a window here, which has no burst");
            return;
        }

        if (limit.Node.Entry(name) is null)
            _faults.Add(value.Source!, $"has no meaning: this limit does not limit {name}");
    }

    /// <summary>What is written has something to act on.</summary>
    private void CheckMeaning(LimitOptions limit)
    {
        var (hasWindow, hasCalendar) = (false, false);
        foreach (var (field, amount) in limit.Amounts())
        {
            hasWindow |= !LimitOptions.IsRate(field, amount.Value);
            hasCalendar |= amount.Value.Period >= AmountPeriod.Hour;
        }

        if (limit.Timezone.IsSet && !hasCalendar)
            Fault(limit, LimitOptions.TimezoneField, "has no meaning: nothing in this limit is by the hour, day or month");
        if (limit.Debt.IsSet && !hasWindow)
            Fault(limit, LimitOptions.DebtField, "has no meaning: nothing in this limit is a window, and a rate always keeps its debt");
        if (limit.Unpriced.IsSet && !IsWritten(limit, LimitOptions.CostField))
            Fault(limit, LimitOptions.UnpricedField, "has no meaning without cost");
        if (limit.Weights.Node is not null && !IsWritten(limit, LimitOptions.TokensField) && !IsWritten(limit, LimitOptions.InputTokensField))
            Fault(limit, LimitOptions.WeightsField, "has no meaning without tokens or inputTokens");
        if (limit.BucketsMax.IsSet && limit.Per.Or(ScopeField.Default).Word is not ("ip" or "tag"))
            Fault(limit, LimitOptions.BucketsMaxField, "has no meaning: only per: ip and per: tag:NAME have buckets without number");
        if (limit.OnStream.IsSet && !IsWritten(limit, LimitOptions.TokensField) && !IsWritten(limit, LimitOptions.OutputTokensField)
            && !IsWritten(limit, LimitOptions.CostField))
            _warnings.Add(limit.Node, LimitOptions.OnStreamField.Name, "has no effect: nothing in this limit counts what a stream brings");
    }

    private void CheckQueue(LimitOptions limit)
    {
        if (limit.Queue is not { } queue)
            return;
        if (limit.IsShadow)
        {
            _faults.Add(queue.Node, "has no meaning in mode: shadow, which lets everything pass");
            return;
        }

        var canWait = IsWritten(limit, LimitOptions.ConcurrentField);
        foreach (var (field, amount) in limit.Amounts())
            canWait |= LimitOptions.IsRate(field, amount.Value);
        if (!canWait)
        {
            _faults.Add(
                queue.Node, "has no meaning: nothing in this limit comes back while one waits; it needs concurrent, or an amount by the second or minute");
        }
    }

    private void CheckShares(LimitOptions limit)
    {
        CheckLend(limit);
        if (!limit.Shares.IsSet || limit.Shares.Value.Count == 0)
            return;
        var per = limit.Per.Or(ScopeField.Default).Word;
        if (per is "key" or "ip" or "tag")
        {
            Fault(
                limit, LimitOptions.SharesField,
                $"has no meaning with per: {per}, where nobody shares a bucket with another tag; use global, team, model or provider");
        }

        var sum = 0;
        var tag = limit.Shares.Value[0].Tag;
        foreach (var share in limit.Shares.Value)
        {
            sum += share.Percent;
            if (share.Tag != tag)
                _faults.Add(share.Node, $"is of another tag than the first, {Tree.ConfigText.Quote(tag)}");
        }

        if (sum > 100)
            Fault(limit, LimitOptions.SharesField, $"add up to {Number(sum)}%, which is more than there is");
    }

    private void CheckLend(LimitOptions limit)
    {
        if (!limit.Lend.IsSet)
            return;
        if (limit.Shares.Or([]).Count == 0)
            Fault(limit, LimitOptions.LendField, "has no meaning without shares");
        else if (limit.Amounts().All(static a => LimitOptions.IsRate(a.Field, a.Amount.Value)))
            Fault(
                limit, LimitOptions.LendField,
                "has no meaning here: only windows (an hour, day or month, and cost) keep what a share leaves; all else lends it");
    }

    private static bool IsWritten(LimitOptions limit, Field field) => limit.Node.Entry(field.Name) is not null;

    private void Fault(LimitOptions limit, Field field, string message) => _faults.Add(limit.Node, field.Name, message);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
