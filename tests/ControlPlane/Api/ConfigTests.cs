using System.Net;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

public sealed class ConfigTests
{
    private const string Sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private const string Yaml = $$"""
        # a file as a data plane reads it
        providers:
          openai: { dialect: openai, baseUrl: "https://api.openai.com/v1", key: "${file:/run/secrets/openai}" }
        models:
          "gpt-4*": { targets: [ { provider: openai } ] }
          "gpt-*": { targets: [ { provider: openai } ], price: { input: 0.5, output: 1 } }
        teams: { blue: { tags: { env: prod } } }
        keys:
          - { name: checkout, sha256: {{Sha}}, team: blue }
        limits:
          - { name: per-key, per: key, requests: 600/min }
        timeouts: { connect: 2s }
        """;

    private static Task<RestAnswer> PutAsync(RestClient rest, string text, string query = "", string type = "application/yaml") =>
        rest.SendAsync("PUT", "config" + query, text, type);

    [Fact]
    public async Task What_goes_for_good_with_an_entry_is_said_before_it_goes()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "providers/openai", """{"dialect":"openai","baseUrl":"https://api.openai.com/v1","key":"sk-canary"}""");
        await rest.DoAsync("PUT", "models/m", Domain.World.Model);
        await rest.DoAsync("PUT", "teams/blue", "{}");
        await rest.DoAsync("POST", "tokens", """{"name":"o","role":"owner","team":"blue"}""");
        foreach (var (method, path, body) in new[] { ("DELETE", "teams/blue", null), ("PUT", "config", """{"providers":{"p":{"dialect":"openai","baseUrl":"https://a.example"}}}""") })
        {
            var said = (await rest.DoAsync(method, path + "?dryRun=true", body))["changes"]!.AsArray().Where(c => c!["after"] is null).Select(c => $"{c!["change"]} {c["section"]}/{c["name"]}").ToList();
            Assert.Contains("removed tokens/o", said);
            Assert.Equal(method == "PUT", said.Contains("removed secrets/openai"));
            var text = (await rest.SendAsync(method, path + "?dryRun=true", body)).Text;
            Assert.DoesNotContain("sha256", text, StringComparison.Ordinal);
            Assert.DoesNotContain("sealed", text, StringComparison.Ordinal);
        }

        Assert.Equal(System.Net.HttpStatusCode.OK, (await rest.GetAsync("tokens/o")).Status);
    }

    [Fact]
    public async Task Tags_of_one_store_are_none_of_another_that_counts_the_same_writes()
    {
        var tags = new List<(string? Entry, string? Config)>();
        foreach (var weight in (int[])[1, 2])
        {
            await using var rig = await ControlRig.StartAsync();
            using var rest = new RestClient(rig);
            await rest.DoAsync("PUT", "providers/openai", Domain.World.Provider);
            await rest.DoAsync("PUT", "models/m", $$"""{"targets":[{"provider":"openai","weight":{{weight}}}]}""");
            tags.Add(((await rest.GetAsync("models/m")).ETag, (await rest.GetAsync("config")).ETag));
            Assert.Equal(tags[^1], ((await rest.GetAsync("models/m")).ETag, (await rest.GetAsync("config")).ETag));
        }

        Assert.Equal(tags[0].Entry!.Split('-')[0], tags[1].Entry!.Split('-')[0]);
        Assert.NotEqual(tags[0].Entry, tags[1].Entry);
        Assert.NotEqual(tags[0].Config, tags[1].Config);
    }

    [Fact]
    public async Task What_is_put_as_yaml_comes_back_as_yaml_and_json_that_say_the_same()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        var put = await PutAsync(rest, Yaml, "?owner=git");
        Assert.True(put.Status == HttpStatusCode.OK, put.Text);
        var generation = rig.State.Current.Generation;
        var yaml = await rest.SendAsync("GET", "config", null, "application/json", ("Accept", "application/yaml"));
        Assert.Equal("application/yaml", yaml.Type);
        Assert.Empty((await PutAsync(rest, yaml.Text, "?owner=git")).Json["changes"]!.AsArray());
        var json = await rest.GetAsync("config");
        Assert.Empty((await PutAsync(rest, json.Text, "?owner=git", "application/json")).Json["changes"]!.AsArray());
        Assert.Equal(generation, rig.State.Current.Generation);
        Assert.Equal(["gpt-4*", "gpt-*"], json.Json["models"]!.AsObject().Select(m => m.Key));
        Assert.Equal(0.5m, (decimal)json.Json["models"]!["gpt-*"]!["price"]!["input"]!);
    }

    [Fact]
    public async Task Faults_of_a_document_have_their_lines()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        var answer = await PutAsync(rest, Yaml.Replace("provider: openai } ], price", "provider: openia } ], price", StringComparison.Ordinal).Replace("team: blue", "team: red", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal([6, 9], answer.Json["faults"]!.AsArray().Select(f => (int)f!["line"]!));
        Assert.Contains("keys.checkout.team", answer.Text, StringComparison.Ordinal);
        Assert.Equal(0UL, rig.State.Current.Generation);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(rest, "a: [")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PutAsync(rest, "modles: {}")).Status);
        foreach (var file in (string[])["/etc/passwd", "../plane.credential, format: tiktoken, split: o200k", "a/../../b.json", "\"${file:x.json}\"", "\"${env:AIEDGE_SECRET_X}.json\""])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PutAsync(rest, $"tokenizers: {{ a: {{ file: {file} }} }}")).Status);
    }

    [Fact]
    public async Task A_document_with_vocabularies_of_its_own_comes_back_as_it_was_and_names_them_to_models()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        const string Own = """
            providers: { p: { dialect: openai, baseUrl: "https://api.example.com" } }
            models: { m: { targets: [ { provider: p } ], tokenizer: qwen } }
            tokenizers:
              qwen: { file: vocabularies/qwen/tokenizer.json }
              llama: { file: llama.tiktoken, split: llama3 }
            """;
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(rest, Own)).Status);
        var read = await rest.SendAsync("GET", "config", null, "application/json", ("Accept", "application/yaml"));
        Assert.Contains("vocabularies/qwen/tokenizer.json", read.Text, StringComparison.Ordinal);
        Assert.Empty((await PutAsync(rest, read.Text)).Json["changes"]!.AsArray());
        Assert.Empty((await rest.DoAsync("PUT", "config", (await rest.GetAsync("config")).Text))["changes"]!.AsArray());

        // A model goes by the names that there are, and they stay while one goes by them.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("PATCH", "models/m", """{"tokenizer":"other"}""")).Status);
        await rest.DoAsync("PATCH", "models/m", """{"tokenizer":"llama"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PutAsync(rest, Own.Replace("llama:", "other:", StringComparison.Ordinal).Replace("tokenizer: qwen", "tokenizer: llama", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task Git_replaces_its_own_entries_and_no_others()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        await PutAsync(rest, Yaml, "?owner=git");
        await rest.DoAsync("PUT", "models/by-hand", Domain.World.Model);
        Assert.Equal(HttpStatusCode.Conflict, (await rest.SendAsync("PATCH", "keys/checkout", """{"disabled":true,"tier":"x"}""")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await rest.SendAsync("DELETE", "models/gpt-*")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await PutAsync(rest, Yaml.Replace("\"gpt-4*\"", "by-hand", StringComparison.Ordinal), "?owner=git")).Status);
        var less = await PutAsync(rest, Yaml.Replace("timeouts: { connect: 2s }", "", StringComparison.Ordinal), "?owner=git");
        Assert.Equal("settings timeouts removed", string.Join('\n', less.Json["changes"]!.AsArray().Select(c => $"{c!["section"]} {c["name"]} {c["change"]}")));
        Assert.NotNull(rig.State.Current.Find("models", "by-hand"));
    }

    [Fact]
    public async Task What_was_switched_off_by_rest_stays_off_whatever_git_says()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        await PutAsync(rest, Yaml, "?owner=git");
        foreach (var path in (string[])["keys/checkout", "models/gpt-*", "teams/blue"])
            await rest.DoAsync("PATCH", path, """{"disabled":true}""");
        Assert.Empty((await PutAsync(rest, Yaml, "?owner=git")).Json["changes"]!.AsArray());
        await PutAsync(rest, Yaml.Replace("output: 1", "output: 2", StringComparison.Ordinal), "?owner=git");
        Assert.True((bool)(await rest.GetAsync("models/gpt-*")).Json["disabled"]!);
        Assert.Equal(2, (int)(await rest.GetAsync("models/gpt-*")).Json["price"]!["output"]!);
        Assert.Equal([true, false], (await rest.GetAsync("models")).Json["items"]!.AsArray().Select(m => (bool?)m!["switchedOff"] ?? false));
        await rest.DoAsync("PATCH", "keys/checkout", """{"disabled":null}""");
        await PutAsync(rest, Yaml, "?owner=git");
        Assert.Null((await rest.GetAsync("keys/checkout")).Json["disabled"]);
        Assert.Equal("git", (string)(await rest.GetAsync("keys")).Json["items"]![0]!["owner"]!);
        Assert.Equal(HttpStatusCode.Conflict, (await rest.SendAsync("DELETE", "keys/checkout")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await rest.SendAsync("PUT", "teams/blue", """{"tags":{}}""")).Status);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_change()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        var answer = await PutAsync(rest, Yaml, "?dryRun=true");
        Assert.Equal(7, answer.Json["changes"]!.AsArray().Count);
        Assert.Equal(0UL, rig.State.Current.Version - 2);
    }

    [Fact]
    public async Task A_document_that_was_changed_meanwhile_is_neither_replaced_nor_rolled_back()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var seen = await rest.GetAsync("config");
        var yaml = await rest.SendAsync("GET", "config", null, "application/json", ("Accept", "application/yaml"));
        Assert.NotNull(seen.ETag);
        Assert.NotEqual(seen.ETag, yaml.ETag);
        await rest.DoAsync("PUT", "models/later", Domain.World.Model);
        var generation = rig.State.Current.Generation;
        foreach (var (method, path, body) in new[] { ("PUT", "config", seen.Text), ("PUT", "config?dryRun=true", seen.Text), ("POST", $"config/generations/{generation - 1}/rollback", null) })
        {
            foreach (var tag in (string[])[seen.ETag!, yaml.ETag!])
                Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync(method, path, body, "application/json", ("If-Match", tag))).Status);
            Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync(method, path, body, "application/json", ("If-None-Match", "*"))).Status);
        }

        Assert.Equal(generation, rig.State.Current.Generation);
        yaml = await rest.SendAsync("GET", "config", null, "application/json", ("Accept", "application/yaml"));
        var back = await rest.SendAsync("POST", $"config/generations/{generation - 1}/rollback", null, "application/json", ("If-Match", yaml.ETag!));
        Assert.Equal(HttpStatusCode.OK, back.Status);
        Assert.Equal((await rest.GetAsync("config")).ETag, back.ETag);
        Assert.Equal(HttpStatusCode.OK, (await rest.SendAsync("PUT", "config", seen.Text, "application/json", ("If-Match", back.ETag!))).Status);
    }

    [Fact]
    public async Task A_rollback_is_done_once_for_one_idempotency_key()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var then = rig.State.Current.Generation;
        await rest.DoAsync("PUT", "models/later", Domain.World.Model);
        var path = $"config/generations/{then}/rollback";
        foreach (var (query, status) in new[] { ("?dryRun=true", HttpStatusCode.OK), ("", HttpStatusCode.OK), ("", HttpStatusCode.Conflict) })
            Assert.Equal(status, (await rest.SendAsync("POST", path + query, null, "application/json", ("Idempotency-Key", "r"))).Status);
        Assert.Null(rig.State.Current.Find("models", "later"));
        await rig.ReopenAsync();
        using var again = new RestClient(rig);
        var answer = await again.SendAsync("POST", path, null, "application/json", ("Idempotency-Key", "r"));
        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Contains($"config/generations/{then}", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollback_brings_back_what_was_but_no_revoked_key()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("POST", "keys", """{"name":"revoked"}""");
        await rest.DoAsync("POST", "keys", """{"name":"rotated"}""");
        await rest.DoAsync("POST", "keys", """{"name":"disabled"}""");
        var then = rig.State.Current.Generation;
        await rest.DoAsync("DELETE", "keys/revoked");
        await rest.DoAsync("POST", "keys/rotated/rotate");
        await rest.DoAsync("PATCH", "keys/disabled", """{"disabled":true}""");
        await rest.DoAsync("PATCH", "models/gpt-4o", """{"outputTokensMax":5}""");
        await rest.DoAsync("PUT", "models/later", Domain.World.Model);
        var rotated = (string)(await rest.GetAsync("keys/rotated")).Json["sha256"]!;
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        Assert.Equal(Domain.World.Model, (await rest.GetAsync("models/gpt-4o")).Text);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("models/later")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("keys/revoked")).Status);
        Assert.Equal(rotated, (string)(await rest.GetAsync("keys/rotated")).Json["sha256"]!);
        Assert.True((bool)(await rest.GetAsync("keys/disabled")).Json["disabled"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("POST", "config/generations/999/rollback")).Status);
    }

    [Fact]
    public async Task A_write_can_wait_for_the_planes()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await using var plane = new Publish.PlaneClient(rig.Channel(await rig.JoinAsync("p1")), "p1");
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await plane.AppliedAsync();
        var write = rest.DoAsync("PUT", "models/x?wait=all&timeout=30s", Domain.World.Model);
        await plane.ChangeAsync();
        await plane.AppliedAsync();
        Assert.Equal("p1", (string)(await write)["planes"]!["applied"]![0]!);
        write = rest.DoAsync("PUT", "models/y?wait=all&timeout=30s", Domain.World.Model);
        await plane.ChangeAsync();
        await plane.RejectedAsync("models.y", "no");
        Assert.Equal("p1", (string)(await write)["planes"]!["rejected"]![0]!);
        Assert.Equal("no", (string)(await rest.GetAsync("dataplanes/p1")).Json["faults"]![0]!["message"]!);
        Assert.Equal("p1", (string)(await rest.DoAsync("PUT", "models/z?wait=all&timeout=10ms", Domain.World.Model))["planes"]!["pending"]![0]!);
        Assert.Equal(HttpStatusCode.BadRequest, (await rest.SendAsync("PUT", "models/z?wait=some", Domain.World.Model)).Status);
        await rest.DoAsync("DELETE", "dataplanes/p1");
        Assert.Equal(AiEdge.Grpc.GrpcCode.Unauthenticated, (await plane.EndAsync()).Code);
    }
}
