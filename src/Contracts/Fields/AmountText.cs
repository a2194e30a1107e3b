using System.Globalization;

namespace AiEdge.Contracts.Fields;

/// <summary>The time that an amount is allowed in.</summary>
public enum AmountPeriod
{
    /// <summary><c>/s</c> or <c>/sec</c>.</summary>
    Second,

    /// <summary><c>/min</c>.</summary>
    Minute,

    /// <summary><c>/hour</c>.</summary>
    Hour,

    /// <summary><c>/day</c>.</summary>
    Day,

    /// <summary><c>/month</c>.</summary>
    Month,
}

/// <summary>So much in a period.</summary>
/// <param name="Value">A count, or nanodollars.</param>
/// <param name="Period">The period.</param>
public readonly record struct Amount(long Value, AmountPeriod Period);

/// <summary>
/// Counts and amounts as documents write them: <c>50</c>, <c>200k</c>, <c>1.5m</c> (by 1000), <c>600/min</c>, <c>$250/day</c>.
/// </summary>
public static class AmountText
{
    /// <summary>Largest count that is read.</summary>
    public const long CountMax = 1_000_000_000_000_000;

    /// <summary>Largest sum of money that is read: a thousand million dollars, in nanodollars.</summary>
    public const long NanodollarsMax = 1_000_000_000 * NanodollarsPerDollar;

    /// <summary>Nanodollars of a dollar.</summary>
    public const long NanodollarsPerDollar = 1_000_000_000;

    private static readonly string[] Words = ["s", "min", "hour", "day", "month"];

    /// <summary>Reads a whole number, with or without <c>k</c> or <c>m</c> behind it; false where the text is none.</summary>
    public static bool TryCount(ReadOnlySpan<char> text, out long count)
    {
        count = 0;
        var digits = text.IsEmpty ? 0 : text[^1] switch
        {
            'k' or 'K' => 3,
            'm' or 'M' => 6,
            _ => 0,
        };
        return DecimalText.TryParse(digits > 0 ? text[..^1] : text, digits, out count) && count <= CountMax;
    }

    /// <summary>Reads dollars with their sign, <c>$12.50</c>, as nanodollars; false where the text is none.</summary>
    public static bool TryMoney(ReadOnlySpan<char> text, out long nanodollars)
    {
        nanodollars = 0;
        return text.Length > 1 && text[0] == '$' && DecimalText.TryParse(text[1..], 9, out nanodollars) && nanodollars <= NanodollarsMax;
    }

    /// <summary>Reads a count or a sum of money in a period; false where the text is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, bool isMoney, out Amount amount)
    {
        amount = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryPeriod(text[(slash + 1)..], out var period))
            return false;
        if (!(isMoney ? TryMoney(text[..slash], out var value) : TryCount(text[..slash], out value)))
            return false;
        amount = new Amount(value, period);
        return true;
    }

    /// <summary>Writes a count in its largest whole unit.</summary>
    public static string FormatCount(long count) => count switch
    {
        0 => "0",
        _ when count % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{count / 1_000_000}m"),
        _ when count % 1000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{count / 1000}k"),
        _ => count.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Writes an amount as it is read.</summary>
    public static string Format(Amount amount, bool isMoney) =>
        (isMoney ? "$" + DecimalText.Format(amount.Value, 9) : FormatCount(amount.Value)) + "/" + Words[(int)amount.Period];

    private static bool TryPeriod(ReadOnlySpan<char> word, out AmountPeriod period)
    {
        for (var i = 0; i < Words.Length; i++)
        {
            period = (AmountPeriod)i;
            if (word.SequenceEqual(Words[i]))
                return true;
        }

        period = AmountPeriod.Second;
        return word is "sec";
    }
}
