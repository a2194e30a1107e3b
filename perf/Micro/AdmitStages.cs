using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Admit;
using AiEdge.Limits;

namespace AiEdge.Micro;

/// <summary>Admission by six limits, from the key to the settled bill: requests and tokens of the key, tokens of the team and of all, money of two.</summary>
internal static class AdmitStages
{
    private static readonly Demand Demand = new(400, IsCounted: false, OutputTokensMax: -1, Choices: 1, IsStream: true, HasOutput: true);

    /// <summary>Admitted in both steps, and settled.</summary>
    public static Action Six()
    {
        var (admission, exchange) = Begin(last: 1L << 50);
        return () =>
        {
            admission.Begin();
            HttpStages.Expect(admission.Admit(exchange, Demand) == AdmitVerdict.Admitted && admission.AdmitTarget(exchange, Demand) == AdmitVerdict.Admitted);
            admission.Settle(exchange);
        };
    }

    /// <summary>The same, with ten slices of output drawn ahead.</summary>
    public static Action Stream()
    {
        var (admission, exchange) = Begin(last: 1L << 50);
        return () =>
        {
            admission.Begin();
            HttpStages.Expect(admission.Admit(exchange, Demand) == AdmitVerdict.Admitted && admission.AdmitTarget(exchange, Demand) == AdmitVerdict.Admitted);
            for (var tokens = 64; tokens < 704; tokens += 64)
                HttpStages.Expect(admission.TryCover(tokens + 1));
            admission.Settle(exchange);
        };
    }

    /// <summary>Refused by the last of six, and settled.</summary>
    public static Action Refused()
    {
        var (admission, exchange) = Begin(last: 1);
        var counted = Demand with { IsCounted = true };
        return () =>
        {
            admission.Begin();
            HttpStages.Expect(admission.Admit(exchange, counted) == AdmitVerdict.Admitted && admission.AdmitTarget(exchange, counted) == AdmitVerdict.Refused);
            admission.Settle(exchange);
        };
    }

    /// <summary>Which limits bind a key for a model.</summary>
    public static Action Resolve()
    {
        var (_, exchange) = Begin(last: 1L << 50);
        return () => HttpStages.Expect(exchange.Config.LimitTable.Resolve(exchange.Key!, exchange.Model!).Of(LimitWorld.First).Length == 2);
    }

    /// <summary>An exchange that is over, with a price and six limits.</summary>
    public static Exchange Exchange()
    {
        var (_, exchange) = Begin(last: 1L << 50);
        exchange.SetRequestId("req_0123456789abcdef"u8);
        exchange.SetAskedModel("gpt-4o"u8);
        exchange.Status = 200;
        exchange.Attempts = 1;
        exchange.Usage = new Usage { InputTokens = 212, OutputTokens = 180, IsPresent = true };
        exchange.Bill = new Bill { InputTokens = 212, OutputTokens = 180, CostNanodollars = 2_330_000, PriceVersion = 1 };
        exchange.StartedAt = exchange.EndedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        return exchange;
    }

    private static (Admission Admission, Exchange Exchange) Begin(long last)
    {
        var price = new PriceModel
        {
            Version = 1,
            Input = 2_500_000_000,
            CachedInput = 1_250_000_000,
            CacheWrite = 2_500_000_000,
            CacheWriteHour = 2_500_000_000,
            Output = 10_000_000_000,
            Reasoning = 10_000_000_000,
            AudioInput = 0,
            AudioOutput = 0,
            ImageInput = 0,
            ImageOutput = 0,
        };
        var model = LimitWorld.Model("gpt-4o", price: price);
        var config = new ConfigSnapshot
        {
            Generation = 1,
            Providers = [LimitWorld.First, LimitWorld.Second],
            Models = new ModelTable([model]),
            Keys = new KeyTable([]),
            Server = null!,
            Journal = null!,
            Masked = static _ => [],
            Limits =
            [
                LimitWorld.Limit("key", LimitScope.Key, quantities: [LimitWorld.Amount(LimitUnit.Requests, 1 << 30), LimitWorld.Amount(LimitUnit.Tokens, 1L << 34)]),
                LimitWorld.Limit(
                    "team",
                    LimitScope.Team,
                    quantities: [LimitWorld.Amount(LimitUnit.Tokens, 1L << 34), LimitWorld.Amount(LimitUnit.Cost, 1L << 55, LimitPeriod.Month)]),
                LimitWorld.Limit(
                    "all",
                    quantities: [LimitWorld.Amount(LimitUnit.Tokens, 1L << 50, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.Cost, last << 5, LimitPeriod.Day)]),
            ],
        };
        var states = new LimitStates(new LimitClock(), 16);
        states.Use(config);
        var exchange = new Exchange();
        exchange.Reset(config);
        exchange.Key = LimitWorld.Key("checkout", "blue");
        exchange.Model = model;
        exchange.Target = model.Targets[0];
        return (new Admission(states), exchange);
    }
}
