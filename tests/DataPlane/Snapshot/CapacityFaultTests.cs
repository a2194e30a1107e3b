namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>What a document may say of capacity: how a provider is asked for it, and what a model makes of requests for want of it.</summary>
public sealed class CapacityFaultTests
{
    [Theory]
    [InlineData("capacity: { path: metrics }", "2: providers.p.capacity.path: must be a path that begins with one /")]
    [InlineData("capacity: { interval: 50ms }", "2: providers.p.capacity.interval: must be between 100ms and 1h")]
    [InlineData("capacity: { timeout: 2m }", "2: providers.p.capacity.timeout: must be between 10ms and 1m")]
    [InlineData("capacity: { queue: 0 }", "2: providers.p.capacity.queue: must be between 1 and 1m")]
    [InlineData("capacity: { cache: 0% }", "2: providers.p.capacity.cache: must be more than 0%, which every server has in use")]
    [InlineData("capacity: { cache: 101% }", "2: providers.p.capacity.cache: must be between 0% and 100%")]
    [InlineData("capacity: { metrics: /metrics }", "2: providers.p.capacity.metrics: is not a field of capacity")]
    public void A_capacity_is_judged(string fields, string fault) => Assert.Contains(
        fault, Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\", {fields} }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ] }}\n"));

    [Theory]
    [InlineData("{}", "/metrics", 0, 0, "path /metrics, interval 2s, timeout 1s")]
    [InlineData("{ path: /m, queue: 20, cache: 90% }", "/m", 20, 90, "path /m, interval 2s, timeout 1s, queue 20, cache 90%")]
    public void A_capacity_has_its_defaults_and_is_shown(string written, string path, long queue, int cache, string shown)
    {
        var snapshot = Doc.Snapshot(
            $"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h/v1\", capacity: {written} }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ] }}\n" + Doc.Limits);
        var capacity = snapshot.Providers[0].Capacity!;
        Assert.Equal((path, queue, cache), (System.Text.Encoding.ASCII.GetString(capacity.Path), capacity.QueueMax, capacity.CachePercentMax));
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 7000), (capacity.Interval, capacity.Timeout, capacity.KeptMs));
        var section = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("providers").GetProperty("p").GetProperty("capacity");
        Assert.Equal(shown, string.Join(", ", section.EnumerateObject().Select(field => $"{field.Name} {field.Value}")));
    }

    [Theory]
    [InlineData("[]", "degrade: is empty; leave it out or name something")]
    [InlineData("[ { model: small } ]", "degrade[0].at: is required")]
    [InlineData("[ { at: 90% } ]", "degrade[0]: changes nothing: it needs model or maxTokens")]
    [InlineData("[ { at: 90%, model: smal } ]", "degrade[0].model: no model answers to \"smal\" (did you mean \"small\"?)")]
    [InlineData("[ { at: 90%, model: large } ]", "degrade[0].model: is the model itself")]
    [InlineData("[ { at: 90%, model: big } ]", "degrade[0].model: is the model itself")]
    [InlineData("[ { at: 90%, maxTokens: 9 }, { at: 50%, model: small } ]", "degrade[1].at: must be more than the 90% of the step before")]
    [InlineData("[ { at: 9%, maxTokens: 9, to: small } ]", "degrade[0].to: is not a field of a step")]
    public void A_wrong_step_of_a_model_is_named_with_its_line(string steps, string fault) =>
        Assert.Contains("4: models.large." + fault, Doc.Faults(Degrading(steps)));

    [Fact]
    public void Steps_of_a_model_are_compiled_and_shown_and_two_models_may_turn_to_each_other()
    {
        var text = Degrading("[ { at: 90%, model: small }, { at: 97%, maxTokens: 256 } ]", "[ { at: 100%, model: large } ]");
        Assert.Empty(SchemaTests.Errors(text));
        var snapshot = Doc.Snapshot(text + Doc.Limits);
        Assert.Equal(
            [(90, "small", 0), (97, "", 256)],
            snapshot.Models.Find("large"u8)!.Degrade.Select(step => (step.AtPercent, System.Text.Encoding.UTF8.GetString(step.Model?.Utf8 ?? []), step.MaxTokens)));
        Assert.Single(snapshot.Models.Find("small"u8)!.Degrade);
        var shown = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("models").GetProperty("large").GetProperty("degrade");
        Assert.Equal(
            ["at 90%, model small", "at 97%, maxTokens 256"],
            shown.EnumerateArray().Select(step => string.Join(", ", step.EnumerateObject().Select(field => $"{field.Name} {field.Value}"))));
    }

    private static string Degrading(string steps, string back = "[ { at: 100%, maxTokens: 1 } ]") => $$"""
        providers:
          p: { dialect: openai, baseUrl: "http://h" }
        models:
          large: { targets: [ { provider: p, concurrent: 9 } ], aliases: [ big ], degrade: {{steps}} }
          small: { targets: [ { provider: p } ], degrade: {{back}} }

        """;
}
