using System.Globalization;
using System.Text.Json;

namespace AiEdge.ControlPlane.Usage;

/// <summary>
/// Looks each minute whether a budget has passed a threshold or an hour costs more than usual, and tells whom it concerns: each finding once, as
/// a message that is kept until its receiver has taken it, a day at most.
/// </summary>
internal sealed class AlertEngine(
    UsageBook book, Func<IReadOnlyList<AlertRule>> rules, Func<IEnumerable<BudgetUse>> budgets, Webhook webhook, AlertMemory memory, TimeProvider time)
{
    /// <summary>An hour is unusual beyond so many times the median.</summary>
    public const int AnomalyFactor = 3;

    /// <summary>Days of the past whose same hour is looked at, and how many of them there must be.</summary>
    public const int AnomalyDays = 28;
    public const int AnomalyDaysMin = 7;

    private static readonly TimeSpan[] Waits =
        [TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(20)];

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Receivers that are told at a time.</summary>
    private const int ReceiversMax = 16;

    /// <summary>How long one of them may keep a minute's work.</summary>
    private static readonly TimeSpan ReceiverTime = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();

    /// <summary>Told why a message was not taken, or why nothing could be looked at.</summary>
    public Action<string>? OnFault { get; init; }

    /// <summary>Looks and tells until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                try
                {
                    await StepAsync(stop);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // Whatever it was, the next minute is looked at again: nobody misses alerts that have ended.
                    OnFault?.Invoke(e.Message);
                }

                await Task.Delay(Interval, time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>Looks once, and sends what is due.</summary>
    public async ValueTask StepAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var all = rules();
        foreach (var rule in all)
        {
            if (rule.Thresholds.Count > 0)
                LookAtBudgets(rule, now);
            if (rule.AnomalyBy is { } dimension)
                LookForAnomalies(rule, dimension, now);
        }

        // What was found is on disk before anybody is told.
        memory.Save(now);
        await SendAllAsync(all, now, cancel);
        memory.Save(now);
    }

    private void LookAtBudgets(AlertRule rule, long now)
    {
        foreach (var budget in budgets())
        {
            if (budget.Allowed <= 0 || (rule.Limits.Count > 0 && !rule.Limits.Contains(budget.Limit)))
                continue;
            var passed = 0;
            var isNew = false;
            foreach (var threshold in rule.Thresholds)
            {
                if ((Int128)budget.Used * 100 < (Int128)budget.Allowed * threshold)
                    break;
                passed = threshold;
                isNew = memory.TryNote(Join("budget", rule.Name, budget.Limit, budget.Value, Text(budget.WindowUnixMs), Text(threshold)), now);
            }

            // Of several that were passed at once, the highest is told.
            if (isNew)
                Add(rule, now, to => WriteBudget(to, budget, passed));
        }
    }

    private void LookForAnomalies(AlertRule rule, UsageDimension dimension, long now)
    {
        var day = UsageSlots.LengthMs(UsageStep.Day);
        var hour = UsageSlots.FirstUnixMs(UsageSlots.Of(UsageStep.Hour, now));
        foreach (var (value, cost) in Costs(dimension, hour))
        {
            var what = Join("anomaly", rule.Name, value, Text(hour));
            if (cost <= rule.AnomalyCostMin || value == UsageSeries.Other || memory.WasNoted(what))
                continue;
            var past = new List<long>();
            for (var days = 1; days <= AnomalyDays; days++)
                past.Add(Costs(dimension, hour - (days * day)).GetValueOrDefault(value));

            // Days before its first cost are no history: a new key is no anomaly.
            var first = past.FindLastIndex(static c => c > 0);
            if (first + 1 < AnomalyDaysMin)
                continue;
            past.RemoveRange(first + 1, past.Count - first - 1);
            past.Sort();
            var median = past.Count % 2 == 1 ? past[past.Count / 2] : (past[(past.Count / 2) - 1] / 2) + (past[past.Count / 2] / 2);
            if ((Int128)cost > (Int128)median * AnomalyFactor && memory.TryNote(what, now))
                Add(rule, now, to => WriteAnomaly(to, dimension, value, hour, cost, median, past.Count));
        }
    }

    private Dictionary<string, long> Costs(UsageDimension dimension, long hour)
    {
        var rows = UsageAnswer.Of(book.Rollups, new()
        {
            FromUnixMs = hour,
            ToUnixMs = hour + UsageSlots.LengthMs(UsageStep.Hour),
            Step = UsageStep.Hour,
            GroupBy = [dimension],
        });
        return rows!.ToDictionary(static r => r.Values[0], static r => r.Sum.Cost);
    }

    private void Add(AlertRule rule, long now, Action<Utf8JsonWriter> write)
    {
        var id = Guid.NewGuid().ToString("n");
        using var body = new MemoryStream();
        using (var to = new Utf8JsonWriter(body))
        {
            to.WriteStartObject();
            to.WriteString("id", id);
            to.WriteString("alert", rule.Name);
            to.WriteString("at", UsageText.Time(now));
            write(to);
            to.WriteEndObject();
        }

        memory.Add(new(id, rule.Name, body.ToArray(), Tries: 0, now));
    }

    private static void WriteBudget(Utf8JsonWriter to, BudgetUse budget, int threshold)
    {
        to.WriteString("type", "budget");
        to.WriteString("limit", budget.Limit);
        to.WriteString("scope", budget.Scope);
        to.WriteString("value", budget.Value);
        to.WriteString("windowFrom", UsageText.Time(budget.WindowUnixMs));
        to.WriteNumber("thresholdPercent", threshold);
        to.WriteString("usedNanodollars", UsageText.Money(budget.Used));
        to.WriteString("allowedNanodollars", UsageText.Money(budget.Allowed));
    }

    private static void WriteAnomaly(Utf8JsonWriter to, UsageDimension dimension, string value, long hour, long cost, long median, int days)
    {
        to.WriteString("type", "anomaly");
        to.WriteString("scope", dimension.Name);
        to.WriteString("value", value);
        to.WriteString("hour", UsageText.Time(hour));
        to.WriteString("costNanodollars", UsageText.Money(cost));
        to.WriteString("medianNanodollars", UsageText.Money(median));
        to.WriteNumber("days", days);
    }

    /// <summary>Sends what is due: to several receivers at a time, and to each one message behind the other.</summary>
    private async Task SendAllAsync(IReadOnlyList<AlertRule> all, long now, CancellationToken cancel)
    {
        var due = memory.Messages.Where(m => m.NextUnixMs <= now).OrderBy(static m => m.NextUnixMs)
            .Select(m => (Message: m, Rule: all.FirstOrDefault(r => r.Name == m.Rule))).ToArray();

        // The rule was taken away meanwhile, and with it whom to tell.
        foreach (var (message, _) in due.Where(static d => d.Rule is null))
            memory.Replace(message, null);
        using var places = new SemaphoreSlim(ReceiversMax);
        await Task.WhenAll(due.Where(static d => d.Rule is not null).GroupBy(static d => d.Rule!.Webhook.AbsoluteUri).Select(async receiver =>
        {
            await places.WaitAsync(cancel);
            try
            {
                await SendAsync([.. receiver.Select(static d => (d.Message, d.Rule!))], now, cancel);
            }
            finally
            {
                places.Release();
            }
        }));
    }

    /// <summary>Sends one receiver its messages. Where it does not answer, the others are not waited for: they have been tried with it.</summary>
    private async Task SendAsync(IReadOnlyList<(AlertMessage Message, AlertRule Rule)> messages, long now, CancellationToken cancel)
    {
        var begin = time.GetTimestamp();
        var isSilent = false;
        foreach (var (message, rule) in messages)
        {
            // What a slow one has not had by then it gets in the next minute.
            if (!isSilent && time.GetElapsedTime(begin) > ReceiverTime)
                return;
            var end = WebhookEnd.Silent;
            if (!isSilent)
            {
                (end, var why) = await webhook.SendAsync(rule, message, cancel);
                if (end != WebhookEnd.Taken)
                    OnFault?.Invoke($"alert {rule.Name}: the webhook {why}");
                isSilent = end == WebhookEnd.Silent;
            }

            lock (_lock)
                Note(message, end, now);
        }
    }

    private void Note(AlertMessage message, WebhookEnd end, long now)
    {
        if (end == WebhookEnd.Taken)
            memory.Replace(message, null);
        else if (message.Tries == Waits.Length)
            memory.GiveUp(message);
        else
            memory.Replace(message, message with { Tries = message.Tries + 1, NextUnixMs = now + (long)Waits[message.Tries].TotalMilliseconds });
    }

    private static string Join(params string[] parts) => string.Join('\n', parts);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
