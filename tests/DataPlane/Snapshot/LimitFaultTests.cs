namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>One wrong limit for each thing that can be wrong with one, with the line that must be named.</summary>
public sealed class LimitFaultTests
{
    /// <summary>Lines 1 to 15; the limit of a test is on line 16.</summary>
    private const string Head = """
        providers:
          openai: { dialect: openai, baseUrl: "http://o" }
          local:  { dialect: openai, baseUrl: "http://l" }
          idle:   { dialect: openai, baseUrl: "http://i" }
        models:
          gpt-4o: { targets: [ { provider: openai } ] }
          "gpt-*": { targets: [ { provider: openai } ] }
          llama:  { targets: [ { provider: local } ] }
        teams: { blue: { tags: { env: prod, zone: eu } }, red: , empty: }
        keys:
          - { name: web, sha256: "0000000000000000000000000000000000000000000000000000000000000001", team: blue, tier: pro, models: [ gpt-4o ] }
          - { name: ml/batch, sha256: "0000000000000000000000000000000000000000000000000000000000000002", team: red, tags: { env: dev }, clientTags: [ run ] }
        #
        limits:
          - { name: all, requests: 1000/min }

        """;

    [Theory]
    [InlineData("{ requests: 1/s }", "16: limits[1].name: is required")]
    [InlineData("{ name: all, requests: 1/s }", "16: limits[1].name: the limit on line 15 has the same name")]
    [InlineData("{ name: provider, requests: 1/s }", "16: limits[1].name: is what x-aiedge-limit says of a provider's own limit")]
    [InlineData("{ name: runaway, requests: 1/s }", "16: limits[1].name: is what the end of a runaway stream says")]
    [InlineData("{ name: capacity, requests: 1/s }", "16: limits[1].name: is what x-aiedge-degraded says of a model's own capacity")]
    [InlineData("{ name: a/b, requests: 1/s }", "16: limits[1].name: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("{ name: a }", "16: limits[1]: limits nothing: it needs requests, tokens, inputTokens, outputTokens, cost or concurrent")]
    [InlineData("{ name: a, match: { key: web } }", "16: limits[1]: limits nothing: it needs requests, tokens, inputTokens, outputTokens, cost or concurrent")]
    [InlineData("{ name: a, tokens: 1k/s, requets: 1/s }", "16: limits[1].requets: is not a field of a limit (did you mean \"requests\"?)")]
    [InlineData("requests", "16: limits[1]: expected a limit (a map), found a string")]
    [InlineData("{ name: a, requests: 1/s, was: all }", "16: limits[1].was: the limit on line 15 has that name, so that what was used is its")]
    [InlineData("{ name: a, requests: 1/s, was: a }", "16: limits[1].was: the limit on line 16 has that name, so that what was used is its")]
    [InlineData("{ name: a, requests: 1/s, was: z }\n  - { name: b, requests: 1/s, was: z }", "17: limits[2].was: the limit on line 16 goes on with it already")]
    public void A_wrong_limit_is_named_with_its_line(string limit, string fault) => Assert.Equal([fault], Faults(limit));

    [Theory]
    [InlineData("requests: 600", "requests: expected an amount in a period, such as 600/min or 200k/day (one of /s, /min, /hour, /day, /month), found \"600\"")]
    [InlineData("requests: 600/week", "requests: expected an amount in a period, such as 600/min or 200k/day (one of /s, /min, /hour, /day, /month), found \"600/week\"")]
    [InlineData("requests: $6/min", "requests: expected an amount in a period, such as 600/min or 200k/day (one of /s, /min, /hour, /day, /month), found \"$6/min\"")]
    [InlineData("requests: 0/min", "requests: must be more than nothing")]
    [InlineData("tokens: 2000m/s", "tokens: must not be more than 1000m a second")]
    [InlineData("tokens: 0.5/s", "tokens: expected an amount in a period, such as 600/min or 200k/day (one of /s, /min, /hour, /day, /month), found \"0.5/s\"")]
    [InlineData("cost: 250/day", "cost: expected dollars in a period, such as $250/day ($ and one of /s, /min, /hour, /day, /month), found \"250/day\"")]
    [InlineData("cost: $0/day", "cost: must be more than nothing")]
    [InlineData("cost: $0.0000000001/day", "cost: expected dollars in a period, such as $250/day ($ and one of /s, /min, /hour, /day, /month), found \"$0.0000000001/day\"")]
    [InlineData("cost: 250/day, timezone: UTC, debt: carry", "cost: expected dollars in a period, such as $250/day ($ and one of /s, /min, /hour, /day, /month), found \"250/day\"")]
    [InlineData("tokens: 200k, burst: 100, queue: {}", "tokens: expected an amount in a period, such as 600/min or 200k/day (one of /s, /min, /hour, /day, /month), found \"200k\"")]
    [InlineData("concurrent: 0", "concurrent: must be between 1 and 1m")]
    [InlineData("concurrent: few", "concurrent: expected a number such as 50, 200k or 1.5m, found \"few\"")]
    [InlineData("tokens: 100k/min, inputTokens: 100k/min", "inputTokens: is never reached: tokens allows no more of input and output together")]
    [InlineData("tokens: 100k/day, outputTokens: 1m/day", "outputTokens: is never reached: tokens allows no more of input and output together")]
    public void A_wrong_amount_is_named_with_its_line(string fields, string fault) => Assert.Equal(["16: limits[1]." + fault], Faults($"{{ name: a, {fields} }}"));

    [Theory]
    [InlineData("requests: 1/s, burst: 0", "burst: must be between 1 and 1000000000m")]
    [InlineData("requests: 1/hour, burst: 5", "burst: has no meaning: nothing in this limit is by the second or minute, and a window has no burst")]
    [InlineData("cost: $1/min, unpriced: zero, burst: 5", "burst: has no meaning: nothing in this limit is by the second or minute, and a window has no burst")]
    [InlineData("concurrent: 1, burst: 5", "burst: has no meaning: nothing in this limit is by the second or minute, and a window has no burst")]
    [InlineData("requests: 1/s, tokens: 100k/min, burst: 100", "burst: is of which rate? write it by name, such as { requests: 20, tokens: 50k }")]
    [InlineData("requests: 1/s, burst: { token: 5 }", "burst.token: is not a rate that has a burst (did you mean \"tokens\"?)")]
    [InlineData("requests: 1/s, burst: { cost: 5 }", "burst.cost: is not a rate that has a burst")]
    [InlineData("requests: 1/s, burst: { tokens: 500 }", "burst.tokens: has no meaning: this limit does not limit tokens")]
    [InlineData("requests: 1/s, tokens: 1k/day, burst: { tokens: 500 }", "burst.tokens: has no meaning: tokens is a window here, which has no burst")]
    [InlineData("tokens: 50/min", "tokens: is less than the 64 tokens that an answer is admitted with, so that none would be")]
    [InlineData("outputTokens: 63/day, onStream: cut", "outputTokens: is less than the 64 tokens that an answer is admitted with, so that none would be")]
    [InlineData("tokens: 50k/day, inputTokens: 100k/min", "inputTokens: is never reached: tokens allows no more of input and output together")]
    [InlineData("tokens: 50k/day, outputTokens: 50k/hour", "outputTokens: is never reached: tokens allows no more of input and output together")]
    [InlineData("tokens: 1k/s, outputTokens: 60k/min", "outputTokens: is never reached: tokens allows no more of input and output together")]
    [InlineData("tokens: 60k/min, inputTokens: 1k/s, burst: { tokens: 1k }", "inputTokens: is never reached: tokens allows no more of input and output together")]
    [InlineData("tokens: 1k/s, burst: 63", "burst: is less than the 64 tokens that an answer is admitted with, so that none would be")]
    [InlineData("outputTokens: 1k/s, burst: { outputTokens: 1 }", "burst.outputTokens: is less than the 64 tokens that an answer is admitted with, so that none would be")]
    [InlineData("requests: 1/s, timezone: UTC", "timezone: has no meaning: nothing in this limit is by the hour, day or month")]
    [InlineData("requests: 1/day, timezone: Europe/Atlantis", "timezone: \"Europe/Atlantis\" is no time zone that this machine knows; names are those of the IANA data base, such as Europe/Zurich")]
    [InlineData("requests: 1/day, timezone: ../passwd", "timezone: \"../passwd\" is no time zone that this machine knows; names are those of the IANA data base, such as Europe/Zurich")]
    [InlineData("requests: 1/day, timezone: 1", "timezone: expected a time zone such as UTC or Europe/Zurich, found \"1\"")]
    [InlineData("requests: 1/s, debt: carry", "debt: has no meaning: nothing in this limit is a window, and a rate always keeps its debt")]
    [InlineData("requests: 1/s, unpriced: zero", "unpriced: has no meaning without cost")]
    [InlineData("requests: 1/s, weights: { cachedInput: 0.1 }", "weights: has no meaning without tokens or inputTokens")]
    [InlineData("tokens: 1k/s, weights: { cachedInput: 0.0001 }", "weights.cachedInput: has more than 3 digits behind the point")]
    [InlineData("tokens: 1k/s, weights: { cachedInput: 1.5 }", "weights.cachedInput: must be between 0 and 1")]
    [InlineData("tokens: 1k/s, weights: { output: 1 }", "weights.output: is not a field of weights")]
    [InlineData("requests: 1/s, per: key, bucketsMax: 10", "bucketsMax: has no meaning: only per: ip and per: tag:NAME have buckets without number")]
    [InlineData("requests: 1/s, mode: dry", "mode: expected enforce or shadow, found \"dry\"")]
    [InlineData("requests: 1/s, onOutage: pray", "onOutage: expected share or refuse or allow, found \"pray\"")]
    [InlineData("requests: 1/s, mode: shadow, queue: {}", "queue: has no meaning in mode: shadow, which lets everything pass")]
    [InlineData("requests: 1/day, queue: {}", "queue: has no meaning: nothing in this limit comes back while one waits; it needs concurrent, or an amount by the second or minute")]
    [InlineData("requests: 1/s, queue: { max: 0 }", "queue.max: must be between 1 and 100k")]
    [InlineData("requests: 1/s, queue: { wait: 11m }", "queue.wait: must be between 10ms and 10m")]
    public void A_field_without_meaning_is_named_with_its_line(string fields, string fault) =>
        Assert.Equal(["16: limits[1]." + fault], Faults($"{{ name: a, {fields} }}"));

    [Theory]
    [InlineData("tokens: 50/min, burst: 64")]
    [InlineData("tokens: 64/day, outputTokens: 64/month")]
    [InlineData("outputTokens: 50/day, onStream: overdraw")]
    [InlineData("inputTokens: 50/day")]
    [InlineData("requests: 1/min, cost: $0.00001/min, unpriced: zero")]
    [InlineData("tokens: 100k/min, inputTokens: 100k/day")]
    [InlineData("tokens: 100k/hour, inputTokens: 1m/day")]
    [InlineData("tokens: 60k/min, inputTokens: 1k/s")]
    [InlineData("tokens: 100k/min, inputTokens: 100k/min, burst: { inputTokens: 50k }")]
    [InlineData("tokens: 60k/min, inputTokens: 900/s, burst: { tokens: 100 }")]
    [InlineData("tokens: 50k/day, inputTokens: 99k/min")]
    [InlineData("tokens: 50k/hour, inputTokens: 800/min, burst: { inputTokens: 1m }")]
    public void Amounts_that_each_can_be_reached_are_none(string fields) => Assert.Empty(Faults($"{{ name: a, {fields} }}"));

    [Theory]
    [InlineData("per: tag", "per: expected global, key, team, model, provider, ip or tag:NAME, found \"tag\"")]
    [InlineData("per: keys", "per: expected global, key, team, model, provider, ip or tag:NAME, found \"keys\" (did you mean \"key\"?)")]
    [InlineData("per: \"tag:a b\"", "per: names a tag that may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("per: \"tag:feature\"", "per: no key carries the tag \"feature\", and none may set it")]
    [InlineData("shares: {}", "shares: is empty; leave it out or name something")]
    [InlineData("shares: { prod: 10% }", "shares.prod: is not a tag with its value, such as env=prod")]
    [InlineData("shares: { \"env=prod\": 80 }", "shares[\"env=prod\"]: expected a whole percentage from 1% to 100%, found \"80\"")]
    [InlineData("shares: { \"env=prod\": 0% }", "shares[\"env=prod\"]: expected a whole percentage from 1% to 100%, found \"0%\"")]
    [InlineData("shares: { \"env=prod\": 80%, \"env=dev\": 21% }", "shares: add up to 101%, which is more than there is")]
    [InlineData("shares: { \"env=prod\": 80%, \"zone=eu\": 20% }", "shares[\"zone=eu\"]: is of another tag than the first, \"env\"")]
    [InlineData("shares: { \"env=test\": 80% }", "shares[\"env=test\"]: no key carries the tag \"env=test\"")]
    [InlineData("per: key, shares: { \"env=prod\": 80% }", "shares: has no meaning with per: key, where nobody shares a bucket with another tag; use global, team, model or provider")]
    [InlineData("per: \"tag:env\", shares: { \"env=prod\": 80% }", "shares: has no meaning with per: tag, where nobody shares a bucket with another tag; use global, team, model or provider")]
    [InlineData("lend: pace", "lend: has no meaning without shares")]
    [InlineData("shares: { \"env=prod\": 80% }, lend: late", "lend: expected none or pace, found \"late\"")]
    [InlineData(
        "shares: { \"env=prod\": 80% }, lend: pace",
        "lend: has no meaning here: only windows (an hour, day or month, and cost) keep what a share leaves; all else lends it")]
    public void A_wrong_scope_or_share_is_named_with_its_line(string fields, string fault) =>
        Assert.Equal(["16: limits[1]." + fault], Faults($"{{ name: a, requests: 1/s, {fields} }}"));

    [Theory]
    [InlineData("degrade: small", "degrade: expected a list, found a string")]
    [InlineData("degrade: []", "degrade: is empty; leave it out or name something")]
    [InlineData("degrade: [ { model: llama } ]", "degrade[0].at: is required")]
    [InlineData("degrade: [ { at: 90, model: llama } ]", "degrade[0].at: expected a whole percentage such as 20%, found \"90\"")]
    [InlineData("degrade: [ { at: 101%, model: llama } ]", "degrade[0].at: must be between 0% and 100%")]
    [InlineData("degrade: [ { at: 90% } ]", "degrade[0]: changes nothing: it needs model or maxTokens")]
    [InlineData("degrade: [ { at: 90%, maxTokens: 0 } ]", "degrade[0].maxTokens: must be between 1 and 1000m")]
    [InlineData("degrade: [ { at: 90%, model: lama } ]", "degrade[0].model: no model answers to \"lama\" (did you mean \"llama\"?)")]
    [InlineData("degrade: [ { at: 90%, maxTokens: 9 }, { at: 90%, model: llama } ]", "degrade[1].at: must be more than the 90% of the step before")]
    [InlineData("degrade: [ { at: 90%, modle: llama, maxTokens: 1 } ]", "degrade[0].modle: is not a field of a step (did you mean \"model\"?)")]
    [InlineData("mode: shadow, degrade: [ { at: 90%, model: llama } ]", "degrade: has no meaning in mode: shadow, which lets everything pass as it is")]
    [InlineData("per: provider, degrade: [ { at: 90%, model: llama } ]", "degrade: is not supported yet where the provider decides whether the limit binds")]
    [InlineData("match: { provider: local }, degrade: [ { at: 90%, model: llama } ]", "degrade: is not supported yet where the provider decides whether the limit binds")]
    public void A_wrong_step_of_degrade_is_named_with_its_line(string fields, string fault) =>
        Assert.Equal(["16: limits[1]." + fault], Faults($"{{ name: a, requests: 1/s, {fields} }}"));

    [Theory]
    [InlineData("{}", "match: is empty; leave it out or name something")]
    [InlineData("{ keys: web }", "match.keys: is not a field of match (did you mean \"key\"?)")]
    [InlineData("{ key: [] }", "match.key: is empty; leave it out or name something")]
    [InlineData("{ key: wbe }", "match.key: no key named \"wbe\" (did you mean \"web\"?)")]
    [InlineData("{ key: [ web, \"app-*\" ] }", "match.key[1]: no key named \"app-*\"")]
    [InlineData("{ team: blu }", "match.team: no team named \"blu\" (did you mean \"blue\"?)")]
    [InlineData("{ tier: free }", "match.tier: no key of the tier \"free\"")]
    [InlineData("{ provider: opnai }", "match.provider: no provider named \"opnai\" (did you mean \"openai\"?)")]
    [InlineData("{ model: claude }", "match.model: the model \"claude\" is listed nowhere")]
    [InlineData("{ model: gpt-4.1 }", "match.model: the model \"gpt-4.1\" is listed nowhere by itself, and limits go by what is listed: name \"gpt-*\", or list it")]
    [InlineData("{ tag: env }", "match.tag: is not a tag with its value, such as env=prod")]
    [InlineData("{ tag: env=test }", "match.tag: no key carries the tag \"env=test\"")]
    [InlineData("{ tag: [ env=prod, zone=us ] }", "match.tag[1]: no key carries the tag \"zone=us\"")]
    [InlineData("{ tags: { env: [ prod, test ] } }", "match.tags.env[1]: no key carries the tag \"env=test\"")]
    [InlineData("{ tags: { env: prod }, tag: env=dev }", "match.tag: names a tag that tags names, too: \"env\"")]
    [InlineData("{ team: empty }", "match: can never match: no key is all of this at once")]
    [InlineData("{ team: red, tier: pro }", "match: can never match: no key is all of this at once")]
    [InlineData("{ key: web, tag: env=dev }", "match: can never match: no key is all of this at once")]
    [InlineData("{ provider: idle }", "match: can never match: no model that it names is answered by a provider that it names")]
    [InlineData("{ model: gpt-4o, provider: local }", "match: can never match: no model that it names is answered by a provider that it names")]
    [InlineData("{ key: web, model: llama }", "match: can never match: no key that it names may ask for a model that it names")]
    [InlineData("{ tier: pro, provider: local }", "match: can never match: no key that it names may ask for a model that it names")]
    public void A_limit_that_can_match_nobody_is_named_with_its_line(string match, string fault) =>
        Assert.Equal(["16: limits[1]." + fault], Faults($"{{ name: a, requests: 1/s, match: {match} }}"));

    /// <summary>The exact entry answers for the name that the key may ask for; the glob beside it never does.</summary>
    [Fact]
    public void An_exact_name_that_a_key_may_ask_for_comes_to_its_own_entry_alone()
    {
        Assert.Empty(Faults("{ name: a, requests: 1/s, match: { key: web, model: gpt-4o } }"));
        Assert.Empty(Faults("{ name: a, requests: 1/s, match: { key: web, model: \"gpt-*\" } }"));
        const string Glob = "{ name: a, cost: $1/day, match: { key: web } }";
        Assert.Empty(Faults(Glob));
        Assert.Equal(
            ["16: limits[1].cost: can match the model \"gpt-*\", of which not every name has a price; give it one, or say unpriced: refuse or unpriced: zero"],
            Faults(Glob.Replace("web", "ml/batch", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("match: { model: llama }", "", "can match the model \"llama\", which has no price")]
    [InlineData("match: { provider: local }", "", "can match the model \"llama\", which has no price")]
    [InlineData("match: { team: red }", "", "can match the model \"gpt-*\", of which not every name has a price")]
    [InlineData("match: { team: blue }", "", null)]
    [InlineData("match: { model: gpt-4o }", "", null)]
    [InlineData("match: { model: llama }, unpriced: refuse", "", null)]
    [InlineData("match: { model: llama }, unpriced: zero", "", null)]
    [InlineData("match: { model: llama }", "prices: { llama: { input: 1, output: 2 } }", null)]
    [InlineData("match: { model: llama }", "prices: { \"lla*\": { input: 1, output: 2 } }", null)]
    [InlineData("match: { model: llama }", "prices: { llama-2: { input: 1, output: 2 } }", "can match the model \"llama\", which has no price")]
    public void A_cost_limit_that_can_match_a_model_without_a_price_is_named_with_its_line(string fields, string rest, string? fault) =>
        Assert.Equal(
            fault is null ? [] : [$"16: limits[1].cost: {fault}; give it one, or say unpriced: refuse or unpriced: zero"],
            Faults($"{{ name: a, cost: $1/day, {fields} }}\n{rest}"));

    [Theory]
    [InlineData("match: { provider: hosted }", true)]
    [InlineData("match: { provider: \"lo*\" }", false)]
    [InlineData("match: { model: mixed }", false)]
    public void Of_a_model_s_targets_those_have_to_be_priced_that_the_limit_binds(string match, bool isFine)
    {
        var faults = Doc.Faults($$"""
            providers:
              hosted: { dialect: openai, baseUrl: "https://api.example.com/v1", key: k }
              local: { dialect: openai, baseUrl: "http://127.0.0.1:9/v1", key: k }
            models:
              mixed: { targets: [ { provider: hosted, model: gpt-4o }, { provider: local, model: nobody-knows } ] }
            limits:
              - { name: a, cost: $5/day, {{match}} }
            """);
        Assert.Equal(isFine ? [] : ["7: limits[0].cost: can match the model \"mixed\", which has no price; give it one, or say unpriced: refuse or unpriced: zero"], faults);
    }

    [Fact]
    public void A_document_without_keys_is_judged_by_what_it_has()
    {
        const string NoKeys = Doc.Head + "teams: { blue: }\nlimits:\n";
        Assert.Empty(Doc.Faults(NoKeys + "  - { name: a, match: { team: blue, tier: pro, key: x, tag: a=b }, requests: 1/s }\n"));
        Assert.Equal(["8: limits[0].match.team: no team named \"red\""], Doc.Faults(NoKeys + "  - { name: a, match: { team: red }, requests: 1/s }\n"));
        Assert.Equal(
            ["8: limits[0].cost: can match the model \"gpt-*\", of which not every name has a price; give it one, or say unpriced: refuse or unpriced: zero"],
            Doc.Faults(NoKeys + "  - { name: a, cost: $1/day }\n"));
    }

    [Theory]
    [InlineData("match: { key: web }, requests: 1/s", "12: keys[1].name: no enforcing limit bounds this key")]
    [InlineData("match: { tier: pro }, concurrent: 1", "12: keys[1].name: no enforcing limit bounds this key")]
    [InlineData("match: { model: llama }, requests: 1/s", "11: keys[0].name: no enforcing limit bounds this key")]
    [InlineData("match: { tags: { env: \"*\" } }, requests: 1/s", "")]
    [InlineData("requests: 1/s, mode: shadow", "11: keys[0].name: no enforcing limit bounds this key|12: keys[1].name: no enforcing limit bounds this key")]
    public void A_key_that_no_enforcing_limit_bounds_is_warned_of(string fields, string warnings)
    {
        var load = Doc.Load(Head.Replace("requests: 1000/min", fields, StringComparison.Ordinal));
        Assert.Empty(Doc.Lines(load.Faults));
        Assert.Equal(warnings, string.Join('|', Doc.Lines(load.Warnings)));
    }

    [Fact]
    public void What_a_stream_does_at_a_limit_that_no_stream_can_reach_is_warned_of() =>
        Assert.Equal(
            ["16: limits[1].onStream: has no effect: nothing in this limit counts what a stream brings"],
            Doc.Lines(Doc.Load(Head + "  - { name: a, requests: 1/s, onStream: cut }\n").Warnings));

    [Fact]
    public void More_buckets_than_one_request_can_draw_from_are_a_fault_and_no_refusal_later()
    {
        Assert.Equal(AiEdge.Limits.ReservationTable.BucketsMax, AiEdge.Contracts.Rules.LimitReach.BucketsMax);
        Assert.Empty(Doc.Faults(Head + Many("r", 63, "requests: 1/s") + Many("c", 64, "cost: $1/day, unpriced: zero")));
        Assert.Empty(Doc.Faults(Head + Many("r", 40, "match: { key: web }, requests: 1/s") + Many("t", 40, "match: { key: ml/batch }, tokens: 1k/s")));
        Assert.Equal(
            ["79: limits[64]: is one too many: a request of the key \"web\" for the model \"gpt-4o\" would draw from more than 64 buckets at once"],
            Doc.Faults(Head + Many("r", 70, "requests: 1/s")));
        Assert.Equal(
            ["47: limits[32]: is one too many: a request of the key \"ml/batch\" for the model \"llama\" would draw from more than 64 buckets at once"],
            Doc.Faults(Head + Many("r", 40, "match: { model: llama }, requests: 1/s, tokens: 1k/s")));

        static string Many(string name, int count, string fields) =>
            string.Concat(Enumerable.Range(0, count).Select(i => $"  - {{ name: {name}{i}, {fields} }}\n"));
    }

    /// <summary>Without its bound the look for what can match would take some 10^9 comparisons here, and the test minutes.</summary>
    [Fact]
    public void Many_limits_over_many_keys_and_models_are_judged_by_a_bounded_look()
    {
        var text = new System.Text.StringBuilder("providers:\n  p: { dialect: openai, baseUrl: \"http://h\" }\nmodels:\n");
        for (var i = 0; i < 5_000; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  m{i}: {{ targets: [ {{ provider: p }} ] }}\n");
        text.Append("keys:\n");
        for (var i = 0; i < 5_000; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"- {{ name: k{i}, tier: t{i}, sha256: \"{i:x64}\", models: [ m{i} ] }}\n");
        text.Append("limits:\n");
        for (var i = 0; i < 100; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"- {{ name: l{i}, match: {{ tier: \"t*\", model: \"m{4999 - i}\" }}, cost: $1/day, unpriced: zero }}\n");
        Assert.Equal(100, Doc.Snapshot(text.ToString()).Limits.Length);
    }

    private static string[] Faults(string limit) => Doc.Faults(Head + "  - " + limit + "\n");
}
