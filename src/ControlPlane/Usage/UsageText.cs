using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Answers as JSON and as CSV. Money is a string of nanodollars: a number of JSON holds no more than $9 million exactly.</summary>
internal static class UsageText
{
    /// <summary>The columns of a sum, in their order.</summary>
    private static readonly (string Name, Func<UsageCounters, long> Of, bool IsMoney)[] Columns =
    [
        ("requests", static c => c.Requests, false),
        ("errors", static c => c.Errors, false),
        ("refused", static c => c.Refused, false),
        ("inputTokens", static c => c.Input, false),
        ("cachedInputTokens", static c => c.CachedInput, false),
        ("outputTokens", static c => c.Output, false),
        ("reasoningTokens", static c => c.Reasoning, false),
        ("audioInputTokens", static c => c.AudioInput, false),
        ("audioOutputTokens", static c => c.AudioOutput, false),
        ("costNanodollars", static c => c.Cost, true),
        ("savedNanodollars", static c => c.Saved, true),
        ("requestBytes", static c => c.RequestBytes, false),
        ("responseBytes", static c => c.ResponseBytes, false),
    ];

    public static string Time(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    public static string Money(long nanodollars) => nanodollars.ToString(CultureInfo.InvariantCulture);

    public static void Write(Utf8JsonWriter to, UsageQuery query, List<UsageRow> rows)
    {
        Begin(to, query);
        foreach (var row in rows)
            Write(to, query, row);
        End(to);
    }

    public static void Begin(Utf8JsonWriter to, UsageQuery query)
    {
        to.WriteStartObject();
        to.WriteString("from", Time(query.FromUnixMs));
        to.WriteString("to", Time(query.ToUnixMs));
        if (query.IsStepped)
            to.WriteString("step", StepName(query.Step));
        to.WriteStartArray("groupBy");
        foreach (var dimension in query.GroupBy)
            to.WriteStringValue(dimension.Name);
        to.WriteEndArray();
        to.WriteStartArray("rows");
    }

    public static void End(Utf8JsonWriter to)
    {
        to.WriteEndArray();
        to.WriteEndObject();
    }

    public static string Csv(UsageQuery query, List<UsageRow> rows)
    {
        var text = new StringBuilder();
        if (query.IsStepped)
            text.Append("from,");
        foreach (var dimension in query.GroupBy)
            text.Append(Cell(dimension.Name)).Append(',');
        text.AppendJoin(',', Columns.Select(static c => c.Name)).Append("\r\n");
        foreach (var row in rows)
        {
            if (query.IsStepped)
                text.Append(Time(row.FromUnixMs)).Append(',');
            foreach (var value in row.Values)
                text.Append(Cell(value)).Append(',');
            text.AppendJoin(',', Columns.Select(c => c.Of(row.Sum).ToString(CultureInfo.InvariantCulture))).Append("\r\n");
        }

        return text.ToString();
    }

    /// <summary>
    /// A cell that no spreadsheet takes for a formula: one that begins with = + - @, a tabulator or a return gets an apostrophe in front. Quoted
    /// where it has to be (RFC 4180).
    /// </summary>
    public static string Cell(string value)
    {
        var text = value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + value : value;
        return text.Length != value.Length || text.AsSpan().IndexOfAny("\",\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
    }

    public static void Write(Utf8JsonWriter to, UsageRecord record, string planeId, string epoch)
    {
        to.WriteStartObject();
        to.WriteString("kind", record.Kind == RecordKind.Attempt ? "attempt" : "exchange");
        to.WriteString("requestId", record.RequestId);
        Optional(to, "clientRequestId", record.ClientRequestId);
        to.WriteString("dataplane", planeId);
        to.WriteString("epoch", epoch);
        to.WriteNumber("sequence", record.Sequence);
        to.WriteString("endedAt", Time(record.EndedUnixMs));
        Optional(to, "key", record.Key);
        Optional(to, "team", record.Team);
        if (record.Tags.Count > 0)
        {
            to.WriteStartObject("tags");
            foreach (var (name, value) in record.Tags.OrderBy(static t => t.Key, StringComparer.Ordinal))
                to.WriteString(name, value);
            to.WriteEndObject();
        }

        Optional(to, "modelAsked", record.ModelAsked);
        Optional(to, "model", record.Model);
        Optional(to, "rule", record.Rule);
        Optional(to, "provider", record.Provider);
        Optional(to, "target", record.Target);
        Optional(to, "account", record.Account);
        Optional(to, "purpose", record.Purpose);
        to.WriteNumber("attempts", record.Attempts);
        to.WriteNumber("status", record.Status);
        to.WriteString("end", record.End);
        Optional(to, "limit", record.Limit);
        if (record.RefusalsLeftOut > 0)
            to.WriteNumber("refusalsLeftOut", record.RefusalsLeftOut);
        Optional(to, "dialectIn", record.DialectIn);
        Optional(to, "dialectOut", record.DialectOut);
        Tokens(to, "reported", record.Reported);
        Tokens(to, "counted", record.Counted);
        Tokens(to, "billed", record.Billed);
        to.WriteString("costNanodollars", Money(record.CostNanodollars));
        to.WriteString("savedNanodollars", Money(record.SavedNanodollars));
        Optional(to, "priceVersion", record.PriceVersion);
        to.WriteNumber("firstTokenMs", record.FirstTokenMs);
        to.WriteNumber("totalMs", record.TotalMs);
        to.WriteNumber("requestBytes", record.RequestBytes);
        to.WriteNumber("responseBytes", record.ResponseBytes);
        Optional(to, "cache", record.Cache);
        to.WriteNumber("configGeneration", record.ConfigGeneration);
        to.WriteEndObject();
    }

    private static string StepName(UsageStep step) => step switch
    {
        UsageStep.Minute => "minute",
        UsageStep.Hour => "hour",
        _ => "day",
    };

    public static void Write(Utf8JsonWriter to, UsageQuery query, in UsageRow row)
    {
        to.WriteStartObject();
        if (query.IsStepped)
            to.WriteString("from", Time(row.FromUnixMs));
        for (var i = 0; i < row.Values.Length; i++)
            to.WriteString(query.GroupBy[i].Name, row.Values[i]);
        foreach (var (name, of, isMoney) in Columns)
        {
            if (isMoney)
                to.WriteString(name, Money(of(row.Sum)));
            else
                to.WriteNumber(name, of(row.Sum));
        }

        to.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter to, string name, string value)
    {
        if (value.Length > 0)
            to.WriteString(name, value);
    }

    private static void Tokens(Utf8JsonWriter to, string name, TokenCounts? counts)
    {
        if (counts is not { IsKnown: true })
            return;
        to.WriteStartObject(name);
        to.WriteNumber("input", counts.Input);
        to.WriteNumber("cachedInput", counts.CachedInput);
        to.WriteNumber("output", counts.Output);
        to.WriteNumber("reasoning", counts.Reasoning);
        to.WriteNumber("audioInput", counts.AudioInput);
        to.WriteNumber("audioOutput", counts.AudioOutput);
        to.WriteEndObject();
    }
}
