using System.Text.Json;
using AiEdge.Contracts.Prices;
using AiEdge.Contracts.Source;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Snapshot;

public sealed class PriceTests
{
    /// <summary>Lines 1 to 3; a test's model is on line 4.</summary>
    private const string Head = "providers:\n  p: { dialect: openai, baseUrl: \"http://h\" }\nmodels:\n";

    private static ModelModel Model(string model, string rest = "") => Doc.Snapshot($"{Head}  {model}\n{rest}\n").Models.All[0];

    private static PriceModel? Price(string price) => Model($"m: {{ targets: [ {{ provider: p }} ], price: {price} }}").Targets[0].Price;

    [Fact]
    public void A_price_is_taken_exactly_in_nanodollars_for_a_million_tokens()
    {
        var price = Price("{ input: 2.50, cachedInput: 1.25, cacheWrite: 3.125, output: 10.00, reasoning: 12, audioInput: 40, audioOutput: 80, imageInput: 0.000000001, imageOutput: 30, request: 0.04 }")!;
        Assert.Equal((2_500_000_000, 1_250_000_000, 3_125_000_000), (price.Input, price.CachedInput, price.CacheWrite));
        Assert.Equal((10_000_000_000, 12_000_000_000, 40_000_000_000, 80_000_000_000), (price.Output, price.Reasoning, price.AudioInput, price.AudioOutput));
        Assert.Equal((1, 30_000_000_000, 40_000_000), (price.ImageInput, price.ImageOutput, price.Request));
    }

    [Fact]
    public void A_class_without_a_price_has_its_parents()
    {
        var price = Price("{ input: 3, output: 15 }")!;
        Assert.Equal((3_000_000_000, 3_000_000_000, 3_000_000_000, 3_000_000_000), (price.CachedInput, price.CacheWrite, price.AudioInput, price.ImageInput));
        Assert.Equal((15_000_000_000, 15_000_000_000, 15_000_000_000, 0), (price.Reasoning, price.AudioOutput, price.ImageOutput, price.Request));
    }

    [Fact]
    public void A_tier_of_service_has_its_factor_and_any_other_has_one()
    {
        var price = Price("{ input: 3, output: 15, factors: { flex: 0.5, priority: 2, batch: 0.333333 } }")!;
        Assert.Equal((500_000, 2_000_000, 333_333), (price.FactorOf("flex"u8), price.FactorOf("priority"u8), price.FactorOf("batch"u8)));
        Assert.Equal((1_000_000, 1_000_000), (price.FactorOf("default"u8), price.FactorOf(""u8)));
    }

    [Fact]
    public void A_long_prompt_has_prices_of_its_own()
    {
        var price = Price("{ input: 2, cachedInput: 0.2, output: 10, audioInput: 30, longContext: { above: 200k, input: 4, output: 15 } }")!;
        Assert.Same(price, price.At(200_000));
        var longer = price.At(200_001);
        Assert.Equal((4_000_000_000, 200_000_000, 4_000_000_000), (longer.Input, longer.CachedInput, longer.CacheWrite));
        Assert.Equal((15_000_000_000, 15_000_000_000, 30_000_000_000), (longer.Output, longer.Reasoning, longer.AudioInput));
        Assert.Equal(price.Version, longer.Version);
    }

    [Fact]
    public void A_target_wins_over_its_model_field_by_field()
    {
        var price = Model("m: { targets: [ { provider: p, price: { input: 1 } } ], price: { input: 3, cachedInput: 0.3, output: 15 } }").Targets[0].Price!;
        Assert.Equal((1_000_000_000, 300_000_000, 15_000_000_000), (price.Input, price.CachedInput, price.Output));
    }

    [Fact]
    public void Versions_of_prices_differ_exactly_where_the_prices_do()
    {
        string[] prices =
        [
            "{ input: 3, output: 15 }", "{ input: 3, output: 16 }", "{ input: 3, output: 15, cachedInput: 1 }", "{ input: 3, output: 15, cacheWrite: 1 }",
            "{ input: 3, output: 15, cacheWriteHour: 1 }", "{ input: 3, output: 15, longContext: { above: 2k, input: 4, cacheWriteHour: 1 } }",
            "{ input: 3, output: 15, reasoning: 1 }", "{ input: 3, output: 15, audioInput: 1 }", "{ input: 3, output: 15, audioOutput: 1 }",
            "{ input: 3, output: 15, imageInput: 1 }", "{ input: 3, output: 15, imageOutput: 1 }", "{ input: 3, output: 15, request: 1 }", "{ input: 3, output: 15, factors: { flex: 0.5 } }",
            "{ input: 3, output: 15, factors: { batch: 0.5 } }", "{ input: 3, output: 15, longContext: { above: 1k, input: 4 } }",
            "{ input: 3, output: 15, longContext: { above: 2k, input: 4 } }",
        ];
        var versions = prices.Select(p => Price(p)!.Version).ToList();
        Assert.Equal(prices.Length, versions.Distinct().Count());
        Assert.All(versions, v => Assert.InRange(v, 1L << 52, (1L << 53) - 1));
        Assert.Equal(versions[0], Price("{ output: 15.000, input: 3.0 }")!.Version);
        Assert.Equal(versions[0], Price("{ output: 15, input: 3, cachedInput: 3 }")!.Version);
    }

    [Theory]
    [InlineData("gpt-4o: { targets: [ { provider: p } ] }", 2_500_000_000, 16_384)]
    [InlineData("gpt-4o-2024-11-20: { targets: [ { provider: p } ] }", 2_500_000_000, 16_384)]
    [InlineData("gpt-4o-2024-05-13: { targets: [ { provider: p } ] }", 5_000_000_000, 4_096)]
    [InlineData("fast: { targets: [ { provider: p, model: gpt-4o-mini-2024-07-18 } ] }", 150_000_000, 16_384)]
    [InlineData("gpt-4o: { targets: [ { provider: p, model: my-deployment } ] }", 2_500_000_000, 16_384)]
    [InlineData("gpt-4o: { targets: [ { provider: p } ], outputTokensMax: 4k }", 2_500_000_000, 4_000)]
    [InlineData("fast*: { targets: [ { provider: p, model: gpt-4o-mini } ] }", 150_000_000, 16_384)]
    public void A_model_of_the_catalogue_has_its_price_and_its_longest_output(string model, long input, long outputTokensMax)
    {
        var found = Model(model);
        Assert.Equal((input, PriceCatalogue.Shipped.Version), (found.Targets[0].Price!.Input, found.Targets[0].Price!.Version));
        Assert.Equal(outputTokensMax, found.OutputTokensMax);
    }

    [Theory]
    [InlineData("llama: { targets: [ { provider: p } ] }")]
    [InlineData("gpt-4o-unheard-of: { targets: [ { provider: p } ] }")]
    [InlineData("gpt-4: { targets: [ { provider: p } ], price: { input: 0, output: 0 } }", 0L)]
    public void A_model_that_nobody_knows_has_none(string model, long? input = null)
    {
        var found = Model(model);
        Assert.Equal(input, found.Targets[0].Price?.Input);
        Assert.Equal(input, found.Targets[0].PriceOf("gpt-4o"u8)?.Input);
    }

    [Fact]
    public void Behind_a_glob_the_asked_name_tells_price_and_longest_output()
    {
        var model = Model("\"*\": { targets: [ { provider: p } ] }", "prices: { gpt-4.1: { input: 7, output: 9 }, \"house-*\": { input: 1, output: 1 } }");
        Assert.Equal((null, 0), (model.Targets[0].Price, model.OutputTokensMax));
        Assert.Equal((2_500_000_000, 16_384), (model.Targets[0].PriceOf("gpt-4o-2024-08-06"u8)!.Input, model.OutputTokensMaxOf("gpt-4o-2024-08-06"u8)));
        Assert.Equal((7_000_000_000, 32_768), (model.Targets[0].PriceOf("gpt-4.1"u8)!.Input, model.OutputTokensMaxOf("gpt-4.1-2025-04-14"u8)));
        Assert.Equal(7_000_000_000, model.Targets[0].PriceOf("gpt-4.1-2025-04-14"u8)!.Input);
        Assert.Equal((1_000_000_000, 0), (model.Targets[0].PriceOf("house-x"u8)!.Input, model.OutputTokensMaxOf("house-x"u8)));
        Assert.Null(model.Targets[0].PriceOf("llama"u8));
        Assert.Null(model.Targets[0].PriceOf("gpt-4o-unheard-of"u8));
        Assert.Equal(500, Model("\"*\": { targets: [ { provider: p } ], outputTokensMax: 500 }").OutputTokensMaxOf("gpt-4o"u8));
    }

    [Theory]
    [InlineData("assistant: { targets: [ { provider: p, model: llama }, { provider: p, model: gpt-4o } ] }", 0, 0, 16_384)]
    [InlineData("assistant: { targets: [ { provider: p, model: gpt-4.1 }, { provider: p, model: gpt-4o } ] }", 16_384, 32_768, 16_384)]
    [InlineData("assistant: { targets: [ { provider: p, model: llama }, { provider: p, model: gpt-4o } ], outputTokensMax: 500 }", 500, 500, 500)]
    [InlineData("\"*\": { targets: [ { provider: p, model: gpt-4o }, { provider: p } ] }", 0, 16_384, 32_768)]
    public void Each_target_has_its_own_longest_output(string model, long least, long first, long second)
    {
        var found = Model(model);
        Assert.Equal(least, found.OutputTokensMax);
        Assert.Equal((first, second), (found.Targets[0].OutputTokensMaxOf("gpt-4.1"u8), found.Targets[1].OutputTokensMaxOf("gpt-4.1"u8)));
    }

    /// <summary>A look-up by the asked name is on every request's way.</summary>
    [Fact]
    public void A_look_up_by_name_allocates_nothing()
    {
        var model = Model("\"*\": { targets: [ { provider: p } ] }");
        var sum = 0L;
        Look();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Look();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);

        void Look()
        {
            One("gpt-4o-2024-08-06"u8);
            One("nothing"u8);
            One("claude-sonnet-4-5-20250929"u8);
        }

        void One(ReadOnlySpan<byte> asked)
        {
            sum += model.Targets[0].PriceOf(asked)?.Input ?? 0;
            sum += model.OutputTokensMaxOf(asked);
        }
    }

    [Theory]
    [InlineData("price", 2_000_000_000)]
    [InlineData("prices by the provider's name", 3_000_000_000)]
    [InlineData("prices by the model's name", 4_000_000_000)]
    [InlineData("catalogue", 2_500_000_000)]
    public void The_nearest_word_counts(string nearest, long input)
    {
        var price = nearest == "price" ? ", price: { input: 2, output: 2 }" : "";
        var upstream = nearest != "prices by the model's name" && nearest != "catalogue" ? "gpt-4o-2024-11-20: { input: 3, output: 3 }, " : "";
        var own = nearest != "catalogue" ? "gpt: { input: 4, output: 4 }, " : "";
        var model = Model($"gpt: {{ targets: [ {{ provider: p, model: gpt-4o-2024-11-20 }} ]{price} }}", $"prices: {{ {upstream}{own}other: {{ input: 9, output: 9 }} }}");
        Assert.Equal(input, model.Targets[0].Price!.Input);
    }

    [Theory]
    [InlineData("price: {}", "4: models.m.price: is empty; leave it out or name a price")]
    [InlineData("price: 3", "4: models.m.price: expected a price (a map), found a number")]
    [InlineData("price: { inputs: 3 }", "4: models.m.price.inputs: is not a field of a price (did you mean \"input\"?)")]
    [InlineData("price: { input: \"3\", output: 1 }", "4: models.m.price.input: expected dollars for a million tokens, such as 2.50, found \"3\"")]
    [InlineData("price: { input: $3, output: 1 }", "4: models.m.price.input: expected dollars for a million tokens, such as 2.50, found \"$3\"")]
    [InlineData("price: { input: -3, output: 1 }", "4: models.m.price.input: expected dollars for a million tokens, such as 2.50, found \"-3\"")]
    [InlineData("price: { input: 3e-1, output: 1 }", "4: models.m.price.input: expected dollars for a million tokens, such as 2.50, found \"3e-1\"")]
    [InlineData("price: { input: .inf, output: 1 }", "4: models.m.price.input: expected dollars for a million tokens, such as 2.50, found \".inf\"")]
    [InlineData("price: { input: 0.0000000001, output: 1 }", "4: models.m.price.input: expected dollars for a million tokens, such as 2.50, found \"0.0000000001\"")]
    [InlineData("price: { input: 1000000.01, output: 1 }", "4: models.m.price.input: must be between 0 and 1000000")]
    [InlineData("price: { input: 1, output: 1, factors: { \"a b\": 1 } }", "4: models.m.price.factors[\"a b\"]: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("price: { input: 1, output: 1, factors: { flex: half } }", "4: models.m.price.factors.flex: expected a factor such as 0.5, found \"half\"")]
    [InlineData("price: { input: 1, output: 1, factors: { flex: 0.1234567 } }", "4: models.m.price.factors.flex: has more than 6 digits behind the point")]
    [InlineData("price: { input: 1, output: 1, factors: 2 }", "4: models.m.price.factors: expected a map of numbers, found a number")]
    [InlineData("price: { input: 1, output: 1, longContext: {} }", "4: models.m.price.longContext.above: is required|4: models.m.price.longContext: holds no price")]
    [InlineData("price: { input: 1, output: 1, longContext: { above: 1k } }", "4: models.m.price.longContext: holds no price")]
    [InlineData("outputTokensMax: 0", "4: models.m.outputTokensMax: must be between 1 and 1000m")]
    [InlineData("runaway: {}", "4: models.m.runaway: guards against nothing: it needs outputTokens or repeat")]
    [InlineData("runaway: { action: shadow }", "4: models.m.runaway: guards against nothing: it needs outputTokens or repeat")]
    [InlineData("runaway: { repeat: 1 }", "4: models.m.runaway.repeat: must be between 2 and 10k")]
    [InlineData("runaway: { outputTokens: lots }", "4: models.m.runaway.outputTokens: expected a number such as 50, 200k or 1.5m, or off, found \"lots\"")]
    [InlineData("runaway: { repeat: 5, action: stop }", "4: models.m.runaway.action: expected cut or shadow, found \"stop\"")]
    public void A_wrong_price_or_guard_is_named_with_its_line(string field, string faults) =>
        Assert.Equal(faults.Split('|').Order(StringComparer.Ordinal), Doc.Faults($"{Head}  m: {{ targets: [ {{ provider: p }} ], {field} }}\n").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("prices: { m: }", "5: prices.m: expected a price (a map), found nothing")]
    [InlineData("prices: []", "5: prices: expected a map of names, found a list")]
    [InlineData("prices: { \"a*b\": { input: 1, output: 1 } }", "5: prices[\"a*b\"]: may have a * at its end only")]
    [InlineData("prices: { \" m\": { input: 1, output: 1 } }", "5: prices[\" m\"]: begins or ends with a space")]
    [InlineData("prices: { m: {} }", "5: prices.m: is empty; leave it out or name a price")]
    [InlineData("runaway: {}", "5: runaway: guards against nothing: it needs outputTokens or repeat")]
    [InlineData("runaway: { tokens: 5 }", "5: runaway.tokens: is not a field of runaway|5: runaway: guards against nothing: it needs outputTokens or repeat")]
    public void A_wrong_entry_is_named_with_its_line(string rest, string faults) =>
        Assert.Equal(faults.Split('|').Order(StringComparer.Ordinal), Doc.Faults($"{Head}  m: {{ targets: [ {{ provider: p }} ] }}\n{rest}\n").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("{ input: 1 }", "4: models.m.price.output: is left out, so that these tokens cost nothing; write 0 where that is meant")]
    [InlineData("{ output: 1 }", "4: models.m.price.input: is left out, so that these tokens cost nothing; write 0 where that is meant")]
    [InlineData("{ input: 1, output: 0 }", null)]
    [InlineData("{ request: 0.04 }", null)]
    public void Tokens_that_would_cost_nothing_are_warned_of(string price, string? warning)
    {
        var load = Doc.Load($"{Head}  m: {{ targets: [ {{ provider: p }} ], price: {price} }}\n");
        Assert.Empty(Doc.Lines(load.Faults));
        Assert.Equal(warning is null ? [] : [warning], Doc.Lines(load.Warnings).Where(w => !w.Contains("keys:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("runaway: { outputTokens: 32k, repeat: 50 }", "", "32000 50 False")]
    [InlineData("runaway: { outputTokens: 32k, repeat: 50 }", ", runaway: { repeat: off, action: shadow }", "32000 0 True")]
    [InlineData("runaway: { outputTokens: 32k }", ", runaway: { outputTokens: off }", null)]
    [InlineData("runaway: { repeat: 5, action: shadow }", ", runaway: { action: cut }", "0 5 False")]
    [InlineData("", ", runaway: { outputTokens: 7 }", "7 0 False")]
    public void A_models_guards_are_its_own_over_the_documents(string rest, string fields, string? expected)
    {
        var runaway = Model($"m: {{ targets: [ {{ provider: p }} ]{fields} }}", rest).Runaway;
        Assert.Equal(expected, runaway is null ? null : $"{runaway.OutputTokensMax} {runaway.RepeatMax} {runaway.IsShadow}");
    }

    /// <summary>What <c>/config</c> shows is a document that means the same.</summary>
    [Fact]
    public void The_effective_document_loads_again_and_means_the_same()
    {
        const string Text = Head + """
              m: { targets: [ { provider: p, concurrent: 7, variant: v, price: { input: 1.5 } } ], price: { input: 3, output: 15, factors: { flex: 2 }, longContext: { above: 200k, output: 20 } }, runaway: { repeat: off, outputTokens: 5 } }
            prices: { "x*": { request: 0.000000001 } }
            runaway: { outputTokens: 32k, repeat: 50, action: shadow }
            keys: [ { name: a, sha256: "0000000000000000000000000000000000000000000000000000000000000001", tier: t, tags: { env: prod }, priority: low, onDisconnect: "drain:90", clientTags: [ run ] } ]
            limits:
              - { name: one, match: { tier: t, tag: env=prod, model: [ m ], provider: "p*" }, per: "tag:run", requests: 5/s, tokens: 2k/min, burst: { tokens: 1500 }, concurrent: 3, queue: { wait: 1s }, bucketsMax: 7 }
              - { name: two, cost: $0.25/month, timezone: America/New_York, debt: forgive, onOutage: share, shares: { "env=prod": 50% }, was: old, inputTokens: 1m/day, weights: { cachedInput: 0.1 } }
              - { name: three, requests: 5/s, degrade: [ { at: 90%, model: m }, { at: 97%, maxTokens: 256 } ] }
            """;
        var first = Doc.Snapshot(Text);
        var shown = JsonDocument.Parse(first.MaskedJson).RootElement;
        Assert.Equal("""{"requests":"5","tokens":"1500"}""", JsonSerializer.Serialize(shown.GetProperty("limits")[0].GetProperty("burst"), RawJson.Default.JsonElement));
        Assert.Equal("$0.25/month", shown.GetProperty("limits")[1].GetProperty("cost").GetString());
        Assert.Equal("drain:90s", shown.GetProperty("keys")[0].GetProperty("onDisconnect").GetString());
        Assert.Equal("1.5", shown.GetProperty("models").GetProperty("m").GetProperty("targets")[0].GetProperty("price").GetProperty("input").GetRawText());

        var whole = System.Text.Encoding.UTF8.GetString(first.MaskedJson).Replace("00000000…", new string('0', 63) + "1", StringComparison.Ordinal);
        var again = Doc.Load(whole, format: ConfigFormat.Json);
        Assert.Empty(Doc.Lines(again.Faults));
        Assert.Equal(whole, System.Text.Encoding.UTF8.GetString(again.Snapshot!.MaskedJson).Replace("00000000…", new string('0', 63) + "1", StringComparison.Ordinal));
        Assert.Equal(first.Models.All[0].Targets[0].Price!.Version, again.Snapshot.Models.All[0].Targets[0].Price!.Version);
        Assert.Equal(("v", "v"), (first.Models.All[0].Targets[0].Variant, again.Snapshot.Models.All[0].Targets[0].Variant));
        Assert.Equal((7, 7), (first.Models.All[0].Targets[0].Concurrent, again.Snapshot.Models.All[0].Targets[0].Concurrent));
        Assert.Equal(first.Models.All[0].Runaway, again.Snapshot.Models.All[0].Runaway);
        foreach (var (one, two) in first.Limits.Zip(again.Snapshot.Limits))
        {
            Assert.Equal(one.Quantities, two.Quantities);
            Assert.Equal((one.Per, one.PerTag, one.Queue, one.BucketsMax, one.CachedInputWeight), (two.Per, two.PerTag, two.Queue, two.BucketsMax, two.CachedInputWeight));
            Assert.Equal((one.Was, one.OnOutage, one.Debt, one.TimeZone.Id, one.Concurrent), (two.Was, two.OnOutage, two.Debt, two.TimeZone.Id, two.Concurrent));
            Assert.Equal(one.Shares, two.Shares);
            Assert.Equal(one.Degrade.Select(Step), two.Degrade.Select(Step));
        }

        static (int, string?, long) Step(DegradeStep step) =>
            (step.AtPercent, step.Model is { } model ? System.Text.Encoding.UTF8.GetString(model.Utf8) : null, step.MaxTokens);
    }
}
