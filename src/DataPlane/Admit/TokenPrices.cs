using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Admit;

/// <summary>What tokens come to in the unit of a limit, before anybody knows of which class they will be: at the plain prices.</summary>
internal readonly struct TokenPrices(PriceModel? price, int requests = 1)
{
    private const long Million = 1_000_000;

    private readonly long _input = price?.Input ?? 0;
    private readonly long _output = price is null ? 0 : Math.Max(price.Output, price.Reasoning);
    private readonly long _request = (price?.Request ?? 0) * requests;

    public bool IsKnown { get; } = price is not null;

    /// <summary>Units of the request and its prompt.</summary>
    public long Input(LimitUnit unit, long tokens) => unit switch
    {
        LimitUnit.Requests => 1,
        LimitUnit.Tokens or LimitUnit.InputTokens => tokens,
        LimitUnit.Cost => _request + Cost(tokens, _input),
        _ => 0,
    };

    /// <summary>Units of so much output.</summary>
    public long Output(LimitUnit unit, long tokens) => unit switch
    {
        LimitUnit.Tokens or LimitUnit.OutputTokens => tokens,
        LimitUnit.Cost => Cost(tokens, _output),
        _ => 0,
    };

    /// <summary>Output tokens that so many units are enough for; <see cref="long.MaxValue"/> where output costs nothing.</summary>
    public long OutputFor(LimitUnit unit, long units) => unit switch
    {
        LimitUnit.Tokens or LimitUnit.OutputTokens => Math.Max(0, units),
        LimitUnit.Cost when _output > 0 => Tokens(Math.Max(0, units), _output),
        _ => long.MaxValue,
    };

    /// <summary>Nanodollars, rounded up.</summary>
    private static long Cost(long tokens, long price)
    {
        tokens = Math.Max(0, tokens);

        // Nearly always 64 bits do, and one division of 128 costs as much as a draw.
        if (Math.BigMul(tokens, price, out var product) == 0 && product is >= 0 and <= long.MaxValue - Million)
            return (product + (Million - 1)) / Million;
        return (long)Int128.Min(long.MaxValue / 4, ((Int128)tokens * price + (Million - 1)) / Million);
    }

    /// <summary>Tokens that so many nanodollars buy, rounded down.</summary>
    private static long Tokens(long units, long price)
    {
        // In two steps, so that no product is too large for 64 bits.
        var (whole, rest) = Math.DivRem(units, price);
        return whole < long.MaxValue / Million - 1 && rest <= long.MaxValue / Million
            ? whole * Million + rest * Million / price
            : (long)Int128.Min(long.MaxValue, (Int128)units * Million / price);
    }
}
