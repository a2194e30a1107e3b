using System.Buffers.Text;
using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>
/// What a provider's answer says of the limits of our account: in the words of any dialect, for others have taken them over. A
/// number below 0 says nothing: Azure answers -1 where it does not know. Nor does what is left of a limit that holds nothing or cannot be read, or that
/// nothing is left where the request was served and no time is told when there is more: servers that count nothing say so.
/// </summary>
internal static class ProviderRateReader
{
    private const int DigitsMax = 64;
    private const long NoLimit = -1;

    private static readonly RateWords[] Words = WordsOfAll();

    /// <summary>What Mistral and Cerebras put behind the unit: <c>x-ratelimit-remaining-req-minute</c>.</summary>
    private static ReadOnlySpan<byte> Minute => "-minute"u8;

    private enum Field : byte
    {
        None,
        Limit,
        Remaining,
        Reset,
    }

    /// <summary>Reads a head.</summary>
    /// <param name="head">The answer's.</param>
    /// <param name="now">The time of day, for resets that are told as one.</param>
    public static ProviderRates Of(ResponseHead head, DateTimeOffset now)
    {
        var rates = default(ProviderRates);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            var name = head.Name(i);
            foreach (var words in Words)
            {
                if (StartsWith(name, words.Prefix))
                    Take(ref rates, words, name[words.Prefix.Length..], head.Value(i), now);
            }
        }

        var isServed = head.Status is >= 200 and < 300;
        Close(ref rates.Requests, isServed);
        Close(ref rates.Tokens, isServed);
        Close(ref rates.InputTokens, isServed);
        Close(ref rates.OutputTokens, isServed);
        return rates;
    }

    private static void Close(ref ProviderRate rate, bool isServed)
    {
        if (rate.Limit == NoLimit || (isServed && rate is { Remaining: 0, ResetMs: 0 }))
            rate = default;
    }

    /// <summary>
    /// <c>6m0s</c>, <c>120ms</c>, <c>2m59.5s</c>, a number of seconds, or a moment (RFC 3339), in milliseconds from now; -1 where it is none.
    /// </summary>
    internal static long ResetMs(ReadOnlySpan<byte> text, DateTimeOffset now)
    {
        if (text.Length is 0 or > DigitsMax)
            return -1;
        if (text.IndexOf((byte)'T') > 0)
        {
            Span<char> chars = stackalloc char[DigitsMax];
            var length = Encoding.ASCII.GetChars(text, chars);
            return DateTimeOffset.TryParse(chars[..length], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
                ? Math.Max(0, (long)(moment - now).TotalMilliseconds) : -1;
        }

        var ms = 0.0;
        while (!text.IsEmpty)
        {
            if (!Utf8Parser.TryParse(text, out double number, out var read) || number is not (>= 0 and < 1e9))
                return -1;
            text = text[read..];
            var unit = text.IsEmpty ? 1000 : text.StartsWith("ms"u8) ? 1 : UnitMs(text[0]);
            if (unit < 0)
                return -1;
            text = text[Math.Min(text.Length, unit == 1 ? 2 : 1)..];
            ms += number * unit;
        }

        return (long)ms;
    }

    private static int UnitMs(byte letter) => letter switch
    {
        (byte)'s' => 1000,
        (byte)'m' => 60_000,
        (byte)'h' => 3_600_000,
        _ => -1,
    };

    private static void Take(ref ProviderRates rates, RateWords words, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        var dash = words.IsUnitFirst ? name.LastIndexOf((byte)'-') : name.IndexOf((byte)'-');
        if (dash < 0)
            return;
        var field = FieldOf(words.IsUnitFirst ? name[(dash + 1)..] : name[..dash]);
        var unit = words.IsUnitFirst ? name[..dash] : name[(dash + 1)..];
        if (!words.IsUnitFirst && EndsWith(unit, Minute))
            unit = unit[..^Minute.Length];
        if (Is(unit, "requests"u8) || Is(unit, "req"u8))
            Take(ref rates.Requests, field, value, now);
        else if (Is(unit, "tokens"u8))
            Take(ref rates.Tokens, field, value, now);
        else if (words.HasParts && Is(unit, "input-tokens"u8))
            Take(ref rates.InputTokens, field, value, now);
        else if (words.HasParts && Is(unit, "output-tokens"u8))
            Take(ref rates.OutputTokens, field, value, now);
    }

    private static RateWords[] WordsOfAll()
    {
        var all = new List<RateWords>();
        foreach (var dialect in DialectTraits.All)
        {
            if (dialect.Rates is { } words)
                all.Add(words);
        }

        return [.. all];
    }

    private static void Take(ref ProviderRate rate, Field field, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        if (field == Field.Reset)
        {
            if (ResetMs(value, now) is var ms and >= 0)
                rate = rate with { ResetMs = ms };
            return;
        }

        var isNumber = Utf8Parser.TryParse(value, out long number, out var read) && read == value.Length && number >= 0;
        if (field == Field.Limit)
            rate = rate with { Limit = isNumber && number > 0 ? number : NoLimit };
        else if (field == Field.Remaining && isNumber)
            rate = rate with { Remaining = number, IsTold = true };
    }

    private static Field FieldOf(ReadOnlySpan<byte> name) =>
        Is(name, "limit"u8) ? Field.Limit : Is(name, "remaining"u8) ? Field.Remaining : Is(name, "reset"u8) ? Field.Reset : Field.None;

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) => name.Length == lower.Length && Ascii.EqualsIgnoreCase(name, lower);

    private static bool EndsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) =>
        name.Length > lower.Length && Ascii.EqualsIgnoreCase(name[^lower.Length..], lower);

    private static bool StartsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) =>
        name.Length > lower.Length && Ascii.EqualsIgnoreCase(name[..lower.Length], lower);
}
