using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Flow;

namespace AiEdge.DataPlane.Hosting;

/// <summary>
/// What the admin port's <c>/limits</c> shows: every bucket of every limit. Names of the configuration, addresses and values of tags;
/// no secret. Paged, as a limit may have a bucket for each of a hundred thousand keys.
/// </summary>
internal static class LimitsText
{
    /// <summary>Buckets of one answer, at most.</summary>
    public const int PageMax = 1000;

    /// <summary>The page that <paramref name="query"/> asks for: <c>limit=NAME</c>, <c>offset=N</c>, <c>count=N</c>.</summary>
    public static ReadOnlySpan<byte> Write(LimitStates states, ReadOnlySpan<byte> query)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer);
        var name = Parameter(query, "limit="u8);
        var offset = Number(query, "offset="u8, 0);
        var count = Math.Min(Number(query, "count="u8, PageMax), PageMax);
        var nowNs = states.Clock.NowNs;
        var seen = 0L;
        json.WriteStartObject();
        json.WriteStartArray("buckets"u8);
        foreach (var part in states.Parts)
        {
            if (!name.IsEmpty && !Ascii(part.Part.Limit.Name).SequenceEqual(name))
                continue;
            foreach (var (_, scope) in part.Scopes)
            {
                if (seen++ >= offset && seen <= offset + count)
                    Write(json, part.Part, scope, nowNs);
            }
        }

        json.WriteEndArray();
        json.WriteNumber("total"u8, seen);
        if (offset + count < seen)
            json.WriteNumber("nextOffset"u8, offset + count);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static void Write(Utf8JsonWriter json, LimitPart part, ScopeState scope, long nowNs)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, part.Limit.Name);
        json.WriteString("scope"u8, LimitError.Scope(part.Limit));
        json.WriteString("value"u8, scope.Value);
        json.WriteString("mode"u8, part.Limit.IsShadow ? "shadow"u8 : "enforce"u8);
        if (scope.Gate is { } gate)
        {
            json.WriteString("unit"u8, "concurrent"u8);
            var (limit, count) = (scope.SharedGate?.Limit ?? gate.Capacity, gate.Count);
            for (var i = 0; i < scope.Shares.Count - 1 && scope.Common.Lent is not null; i++)
                (limit, count) = (limit + scope.Shares[i].Gate!.Capacity, count + scope.Shares[i].Gate!.Count);
            Amounts(json, limit, count, Math.Max(0, limit - count), isMoney: false);
            json.WriteEndObject();
            return;
        }

        var quantity = part.Quantity!;
        json.WriteString("unit"u8, Unit(quantity.Unit));
        json.WriteString("period"u8, Period(quantity.Period));
        var (used, remaining) = (scope.Bucket.Used(nowNs), scope.Bucket.Remaining(nowNs));
        for (var i = 0; i < scope.Shares.Count - 1 && scope.Common.Lent is not null; i++)
            (used, remaining) = (used + scope.Shares[i].Bucket!.Used(nowNs), remaining + scope.Shares[i].Bucket!.Remaining(nowNs));
        Amounts(json, quantity.Amount, used, remaining, quantity.Unit == LimitUnit.Cost);
        json.WriteNumber("resetMs"u8, LimitTimes.WaitMs(scope.Bucket.ResetNs(nowNs)));
        json.WriteEndObject();
    }

    /// <summary>Money as text, in nanodollars: they do not fit into the numbers of every reader of JSON.</summary>
    private static void Amounts(Utf8JsonWriter json, long limit, long used, long remaining, bool isMoney)
    {
        if (isMoney)
        {
            json.WriteString("limit"u8, Text(limit));
            json.WriteString("used"u8, Text(used));
            json.WriteString("remaining"u8, Text(remaining));
            return;
        }

        json.WriteNumber("limit"u8, limit);
        json.WriteNumber("used"u8, used);
        json.WriteNumber("remaining"u8, remaining);
    }

    private static string Text(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static ReadOnlySpan<byte> Unit(LimitUnit unit) => unit switch
    {
        LimitUnit.Requests => "requests"u8,
        LimitUnit.Tokens => "tokens"u8,
        LimitUnit.InputTokens => "inputTokens"u8,
        LimitUnit.OutputTokens => "outputTokens"u8,
        _ => "cost"u8,
    };

    private static ReadOnlySpan<byte> Period(LimitPeriod period) => period switch
    {
        LimitPeriod.Second => "second"u8,
        LimitPeriod.Minute => "minute"u8,
        LimitPeriod.Hour => "hour"u8,
        LimitPeriod.Day => "day"u8,
        _ => "month"u8,
    };

    private static ReadOnlySpan<byte> Ascii(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static long Number(ReadOnlySpan<byte> query, ReadOnlySpan<byte> name, long otherwise) =>
        System.Buffers.Text.Utf8Parser.TryParse(Parameter(query, name), out long value, out _) ? Math.Max(0, value) : otherwise;

    private static ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> query, ReadOnlySpan<byte> name)
    {
        foreach (var range in query.Split((byte)'&'))
        {
            if (query[range].StartsWith(name))
                return query[range][name.Length..];
        }

        return default;
    }
}
