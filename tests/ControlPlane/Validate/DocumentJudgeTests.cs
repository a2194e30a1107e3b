using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Domain;

namespace AiEdge.ControlPlane.Tests.Validate;

public sealed class DocumentJudgeTests
{
    private const string Sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("keys", "a", """{"name":"a","sha256":"x"}""", "keys.a.sha256: expected the SHA-256")]
    [InlineData("keys", "a", """{"name":"a","sha256":"SHA","team":"red"}""", "keys.a.team: no team named \"red\"")]
    [InlineData("keys", "b.c", """{"name":"b.c","sha256":"SHA","models":["o1"]}""", "keys[\"b.c\"].models[0]: the model \"o1\" is listed nowhere")]
    [InlineData("keys", "a", """{"name":"a","sha256":"SHA","bogus":1}""", "keys.a.bogus: is not a field of a key")]
    [InlineData("keys", "a", """{"name":"a","sha256":"SHA","disabled":"yes"}""", "keys.a.disabled: expected true or false")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai"}],"disabled":1}""", "models.m.disabled: expected true or false")]
    [InlineData("keys", "a", """{"name":"a","sha256":"SHA","previous":{"sha256":"SHA","until":"2030-01-01"}}""", "keys.a.previous.sha256: another key has the same digest")]
    [InlineData("models", "m", """[1]""", "models.m: expected a model (a map), found a list")]
    [InlineData("limits", "l", """{"name":"l","match":{"tier":"${env:AIEDGE_SECRET_X}"},"requests":"1/min"}""", "limits.l.match.tier: may not hold a reference")]
    [InlineData("limits", "l", """{"name":"l","requests":"1/min","degrade":[{"at":"90%","model":"o1"}]}""", "limits.l.degrade[0].model: no model answers to \"o1\"")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"${env:AIEDGE_SECRET_X}"}""", "providers.p.baseUrl: may not hold a reference")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"https://a","key":"${env:PATH}"}""", "providers.p.key: may name environment variables that begin with AIEDGE_SECRET_")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"https://a","key":"${file:../../etc/passwd}"}""", "providers.p.key: names a file by way of '..'")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"https://a","key":"${store:other}"}""", "providers.p.key: no secret named \"other\" is stored")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"http://169.254.169.254/latest"}""", "providers.p.baseUrl: is a link-local")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"http://[::ffff:169.254.169.254]/"}""", "providers.p.baseUrl: is a link-local")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"http://metadata.google.internal/"}""", "providers.p.baseUrl: leads to the metadata")]
    [InlineData("teams", "t", """{"may":{"models":"gpt-4o"}}""", "teams.t.may.models: expected a list")]
    [InlineData("teams", "t", """{"may":{"modles":["gpt-4o"]}}""", "teams.t.may.modles: is not a field")]
    [InlineData("settings", "timeouts", """{"connect":"never"}""", "timeouts.connect: expected a duration")]
    public async Task A_fault_names_the_entry_and_the_field(string section, string name, string json, string fault)
    {
        var world = await World.WithModelAsync();
        var outcome = await world.TryPutAsync(section, name, json.Replace("SHA", Sha, StringComparison.Ordinal));
        Assert.NotNull(outcome.Refusal);
        var lines = World.Lines(outcome.Refusal.Faults);
        Assert.True(lines.Any(f => f.StartsWith(fault, StringComparison.Ordinal)), string.Join('\n', lines));
    }

    [Theory]
    [InlineData("keys", "a", """{"name":"a","sha256":"SHA","disabled":true}""")]
    [InlineData("keys", "a", """{"name":"a","sha256":"${env:AIEDGE_SECRET_KEY}"}""")]
    [InlineData("teams", "t", """{"tags":{"env":"prod"},"may":{"models":["gpt-*"],"tiers":["pro"],"tags":["feature"],"priority":"low"}}""")]
    [InlineData("teams", "t", "null")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai","variant":"preview"}],"sticky":"user","versions":{"/v2":"gpt-4o"}}""")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"https://a","probe":{"path":"/health","interval":"5s"}}""")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"https://a","capacity":{"queue":20,"cache":"90%"}}""")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai","concurrent":50}]}""")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai","concurrent":50}],"degrade":[{"at":"90%","maxTokens":256}]}""")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai"}],"simple":{"model":"gpt-4o","promptTokensMax":"2k","tags":{"feature":"chat"}}}""")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai"}],"cascade":[{"model":"gpt-4o","unless":["length"],"probabilityMin":0.3,"within":"20s"}]}""")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai"}],"ensemble":{"size":3,"pick":"most-probable","unless":["refusal"],"answersMin":2,"within":"20s"}}""")]
    [InlineData("models", "m", """{"targets":[{"provider":"openai"}],"hedge":{"after":"800ms","budget":"5%","costMax":0.01}}""")]
    [InlineData("providers", "p", """{"dialect":"openai","baseUrl":"https://a","key":"${file:/run/secrets/p}","headers":{"x":"$${a}"}}""")]
    [InlineData("settings", "timeouts", """{"connect":"3s"}""")]
    [InlineData("limits", "l", """{"name":"l","requests":"1/min","shares":{"env=prod":"80%","env=dev":"20%"}}""")]
    [InlineData("limits", "l", """{"name":"l","requests":"1/min","was":"before"}""")]
    [InlineData("limits", "l", """{"name":"l","requests":"1/min","degrade":[{"at":"90%","model":"gpt-4o"},{"at":"95%","maxTokens":9}]}""")]
    public async Task What_is_good_passes(string section, string name, string json)
    {
        var world = await World.WithModelAsync();
        await world.PutAsync(section, name, json.Replace("SHA", Sha, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_digest_that_another_key_has_is_a_fault_without_a_line()
    {
        var world = await World.WithModelAsync();
        await world.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{Sha}}"}""");
        var outcome = await world.TryPutAsync("keys", "b", $$"""{"name":"b","sha256":"{{Sha}}"}""");
        Assert.Equal(["keys.b.sha256: another key has the same digest"], World.Lines(outcome.Refusal!.Faults));
    }

    [Fact]
    public async Task No_limit_stands_in_the_way_of_a_keys_removal()
    {
        var world = await World.WithModelAsync();
        await world.PutAsync("limits", "pro", """{"name":"pro","match":{"tier":"pro"},"per":"key","requests":"9/min"}""");
        await world.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{Sha}}","tier":"pro"}""");
        await world.PutAsync("keys", "b", $$"""{"name":"b","sha256":"{{Sha.Replace('9', '8')}}"}""");
        Assert.Null((await world.RemoveAsync("keys", "a")).Refusal);
        Assert.Null((await world.RemoveAsync("keys", "b")).Refusal);
    }

    [Fact]
    public async Task A_document_grows_from_nothing()
    {
        var world = await World.OpenAsync();
        await world.PutAsync("teams", "blue", "{}");
        await world.PutAsync("providers", "openai", World.Provider);
        Assert.Equal(2UL, world.State.Current.Generation);
        Assert.Equal(RefusalKind.Invalid, (await world.TryPutAsync("models", "m", """{"targets":[]}""")).Refusal!.Kind);
    }
}
