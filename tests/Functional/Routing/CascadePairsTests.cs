using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>Each rule of a step holds for each client, whatever dialect the cheaper model's provider speaks.</summary>
public sealed class CascadePairsTests
{
    public static TheoryData<Spoken, Spoken> Every => Pairs.Every;

    [Theory]
    [MemberData(nameof(Every))]
    public Task What_the_model_refuses_is_given_up(Spoken client, Spoken upstream) => SeeAsync(client, upstream, Flaw.Refused, "refusal");

    [Theory]
    [MemberData(nameof(Every))]
    public Task What_a_filter_stops_is_given_up(Spoken client, Spoken upstream) => SeeAsync(client, upstream, Flaw.Filtered, "refusal");

    [Theory]
    [MemberData(nameof(Every))]
    public Task What_ends_at_its_bound_is_given_up(Spoken client, Spoken upstream) => SeeAsync(client, upstream, Flaw.Cut, "length");

    [Theory]
    [MemberData(nameof(Every))]
    public async Task What_breaks_the_schema_is_given_up(Spoken client, Spoken upstream)
    {
        await using var edge = await Pairs.StartAsync(client, upstream);
        foreach (var (text, rule) in new[] { ("{\\\"b\\\":1}", "json"), ("{\\\"a\\\":\\\"1\\\"}", "json"), ("and", "json"), ("{\\\"a\\\":1}", null) })
            await SeeAsync(edge, client, Pairs.Answer(upstream, text), Pairs.WantsJson(client), rule);
        await SeeAsync(edge, client, Pairs.Answer(upstream, "{\\\"b\\\":1}"), "", null);
    }

    private static async Task SeeAsync(Spoken client, Spoken upstream, Flaw flaw, string rule)
    {
        await using var edge = await Pairs.StartAsync(client, upstream);
        await SeeAsync(edge, client, Pairs.Answer(upstream, flaw: flaw), "", rule);
        await SeeAsync(edge, client, Pairs.Answer(upstream), "", null);
        await using var other = await Pairs.StartAsync(client, upstream, rule == "length" ? ", unless: [ refusal, json ]" : ", unless: [ length, json ]");
        await SeeAsync(other, client, Pairs.Answer(upstream, flaw: flaw), "", null);
    }

    private static async Task SeeAsync(Edge edge, Spoken client, string said, string more, string? rule)
    {
        edge.Fake.EnqueueRaw(Ask.Answer(said), close: false);
        var answer = await edge.AskAsync(Pairs.Request(client, more));
        Assert.Equal((200, rule), (answer.Status, answer.Field("x-aiedge-cascade")));
        Assert.Equal(rule is null ? Pairs.Small : "fake-n3-large", answer.Field("x-aiedge-model"));
    }
}
