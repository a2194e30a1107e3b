using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

public sealed class EntryTests
{
    private const string Sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Fact]
    public async Task An_entry_is_put_read_patched_and_removed()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var put = await rest.SendAsync("PUT", "models/Qwen%2FQwen3", """{"targets": [ {"provider":"openai"} ], "contextWindow": 1000}""");
        Assert.True(put.Status is HttpStatusCode.OK or HttpStatusCode.UnprocessableEntity, put.Text);
        await rest.DoAsync("PUT", "models/Qwen%2FQwen3", Domain.World.Model);
        var got = await rest.GetAsync("models/Qwen%2FQwen3");
        Assert.Equal((HttpStatusCode.OK, Domain.World.Model), (got.Status, got.Text));
        await rest.DoAsync("PATCH", "models/Qwen%2FQwen3", """{"outputTokensMax":99}""");
        Assert.Equal(99, (int)(await rest.GetAsync("models/Qwen%2FQwen3")).Json["outputTokensMax"]!);
        await rest.DoAsync("PATCH", "models/Qwen%2FQwen3", """{"outputTokensMax":null}""");
        Assert.Equal(Domain.World.Model, (await rest.GetAsync("models/Qwen%2FQwen3")).Text);
        await rest.DoAsync("DELETE", "models/Qwen%2FQwen3");
        Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("models/Qwen%2FQwen3")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("DELETE", "models/Qwen%2FQwen3")).Status);
    }

    [Fact]
    public async Task All_faults_come_at_once_and_nothing_changes()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var version = rig.State.Current.Version;
        var answer = await rest.SendAsync("PUT", "keys/a", """{"sha256":"x","team":"red","bogus":1}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/problem+json"), (answer.Status, answer.Type));
        Assert.Equal(3, answer.Faults.Length);
        Assert.All(answer.Faults, f => Assert.StartsWith("keys.a.", f, StringComparison.Ordinal));
        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task Conditions_hold_or_nothing_changes()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "models/x", Domain.World.Model);
        var tag = (await rest.GetAsync("models/x")).ETag!;
        Assert.Equal(HttpStatusCode.OK, (await rest.SendAsync("PUT", "models/x", Domain.World.Model, "application/json", ("If-Match", tag))).Status);
        foreach (var (name, value) in new[] { ("If-Match", tag), ("If-Match", "\"v0\""), ("If-None-Match", "*") })
            Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync("PUT", "models/x", Domain.World.Model, "application/json", (name, value))).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync("PUT", "models/y", Domain.World.Model, "application/json", ("If-Match", "*"))).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync("DELETE", "models/x", null, "application/json", ("If-Match", tag))).Status);
        Assert.NotNull(rig.State.Current.Find("models", "x"));
    }

    [Fact]
    public async Task Lists_come_in_pages_that_leave_none_out()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        for (var i = 0; i < 5; i++)
            await rig.PutAsync("teams", "t" + i, "{}");
        var names = new List<string>();
        for (var next = ""; next is not null;)
        {
            var page = (await rest.GetAsync($"teams?limit=2&after={next}")).Json;
            names.AddRange(page["items"]!.AsArray().Select(i => (string)i!["name"]!));
            next = (string?)page["next"];
        }

        Assert.Equal(["t0", "t1", "t2", "t3", "t4"], names);
        foreach (var bad in (string[])["teams?limit=0", "teams?limit=x", "teams?limit=1001", "teams?page=2"])
            Assert.Equal(HttpStatusCode.BadRequest, (await rest.GetAsync(bad)).Status);
    }

    [Fact]
    public async Task A_dry_run_judges_and_changes_nothing()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var version = rig.State.Current.Version;
        var added = await rest.DoAsync("PUT", "models/x?dryRun=true", Domain.World.Model);
        Assert.True((bool)added["dryRun"]!);
        Assert.Equal("models x added", Change(added));
        var changed = await rest.DoAsync("PATCH", "models/gpt-4o?dryRun=true", """{"outputTokensMax":7}""");
        Assert.Equal("models gpt-4o changed", Change(changed));
        Assert.Equal((null, 7), ((int?)changed["changes"]![0]!["before"]!["outputTokensMax"], (int)changed["changes"]![0]!["after"]!["outputTokensMax"]!));
        Assert.Equal("models gpt-4o removed", Change(await rest.DoAsync("DELETE", "models/gpt-4o?dryRun=true")));
        var alert = """{"webhook":"https://hooks.example.com/a","secret":"0123456789abcdef","thresholds":[50]}""";
        var signed = await rest.DoAsync("PUT", "alerts/a?dryRun=true", alert);
        Assert.Equal("alerts a added", Change(signed));
        Assert.DoesNotContain("0123456789abcdef", signed.ToJsonString(), StringComparison.Ordinal);
        var key = await rest.SendAsync("POST", "keys?dryRun=true", """{"name":"k"}""", "application/json", ("Idempotency-Key", "i"));
        Assert.Equal((HttpStatusCode.OK, "keys k added"), (key.Status, Change(key.Json)));
        Assert.DoesNotContain("sk-aiedge", key.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("sha256", key.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("POST", "keys?dryRun=true", """{"name":"k","team":"none"}""")).Status);
        foreach (var odd in (string[])["1", "yes", "True", ""])
            Assert.Equal(HttpStatusCode.BadRequest, (await rest.SendAsync("PUT", "models/x?dryRun=" + odd, Domain.World.Model)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("DELETE", "providers/openai?dryRun=true")).Status);
        Assert.Equal(version, rig.State.Current.Version);
        Assert.Equal(HttpStatusCode.Created, (await rest.SendAsync("POST", "keys", """{"name":"k"}""", "application/json", ("Idempotency-Key", "i"))).Status);
        Assert.Equal("keys k changed", Change(await rest.DoAsync("POST", "keys/k/rotate?dryRun=true&overlap=1h")));

        static string Change(JsonNode answer)
        {
            var change = Assert.Single(answer["changes"]!.AsArray())!;
            return $"{change["section"]} {change["name"]} {change["change"]}";
        }
    }

    [Fact]
    public async Task A_keys_secret_is_shown_once_and_its_hash_is_what_is_kept()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var answer = await rest.SendAsync("POST", "keys", """{"name":"a"}""", "application/json", ("Idempotency-Key", "k1"));
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var secret = (string)answer.Json["secret"]!;
        var kept = Encoding.UTF8.GetString(rig.State.Current.Find("keys", "a")!.Value.Json.Span);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(secret))), (string)JsonNode.Parse(kept)!["sha256"]!);
        var listed = await rest.GetAsync("keys");
        Assert.DoesNotContain(secret, listed.Text, StringComparison.Ordinal);
        Assert.Equal(secret[..14], (string)listed.Json["items"]![0]!["prefix"]!);
        var again = await rest.SendAsync("POST", "keys", """{"name":"b"}""", "application/json", ("Idempotency-Key", "k1"));
        Assert.Equal(HttpStatusCode.Conflict, again.Status);
        Assert.Contains("keys/a", again.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await rest.SendAsync("POST", "keys", """{"name":"a"}""")).Status);
        var own = await rest.DoAsync("POST", "keys", $$"""{"name":"own","sha256":"{{Sha}}"}""");
        Assert.Null(own["secret"]);
        var rotated = (string)(await rest.DoAsync("POST", "keys/a/rotate"))["secret"]!;
        Assert.NotEqual(secret, rotated);
        Assert.DoesNotContain(kept[..60], Encoding.UTF8.GetString(rig.State.Current.Find("keys", "a")!.Value.Json.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_providers_secret_is_signednever_returned_and_bound_to_its_address()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "providers/p", """{"dialect":"openai","baseUrl":"https://a.example","key":"sk-very-secret-1"}""");
        Assert.Equal("${store:p}", (string)(await rest.GetAsync("providers/p")).Json["key"]!);
        foreach (var path in (string[])["providers", "providers/p", "config", "config/generations/3", "audit"])
            Assert.DoesNotContain("sk-very-secret-1", (await rest.GetAsync(path)).Text, StringComparison.Ordinal);
        var log = string.Concat(Directory.GetFiles(rig.DataDir, "*", SearchOption.AllDirectories).Select(Read));
        Assert.DoesNotContain("sk-very-secret-1", log, StringComparison.Ordinal);
        await rest.DoAsync("PATCH", "providers/p", """{"connectionsMax":9}""");
        var moved = await rest.SendAsync("PATCH", "providers/p", """{"baseUrl":"https://evil.example"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, moved.Status);
        Assert.Contains("give it again", Assert.Single(moved.Faults), StringComparison.Ordinal);
        var stolen = await rest.SendAsync("PUT", "providers/q", """{"dialect":"openai","baseUrl":"https://evil.example","headers":{"x":"${store:p}"}}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, stolen.Status);
        await rest.DoAsync("PATCH", "providers/p", """{"baseUrl":"https://b.example","key":"sk-very-secret-2"}""");
        await using var plane = new Publish.PlaneClient(rig.Channel(await rig.JoinAsync("p1")), "p1");
        await plane.HelloAsync();
        await plane.ChangeAsync();
        Assert.Equal("sk-very-secret-2", plane.Secrets["p"]);
        await rest.DoAsync("DELETE", "providers/p");
        Assert.Empty(rig.State.Current.Section(Sections.Secrets));

        static string Read(string path)
        {
            // The lock of the store holds nothing and cannot be opened.
            if (path.EndsWith("lock", StringComparison.Ordinal))
                return "";
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[Math.Min(file.Length, 8 << 20)];
            file.ReadExactly(bytes);
            return Encoding.Latin1.GetString(bytes);
        }
    }

    [Fact]
    public async Task An_alert_is_judged_and_its_secret_is_not_returned()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var bad = await rest.SendAsync("PUT", "alerts/a", """{"webhook":"http://127.0.0.1/","thresholds":[100,50],"secret":"short"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, bad.Status);
        Assert.Equal(3, bad.Faults.Length);
        await rest.DoAsync("PUT", "alerts/a", """{"webhook":"https://hooks.example.com/x","thresholds":[50,100],"secret":"0123456789abcdef0"}""");
        Assert.DoesNotContain("0123456789abcdef0", (await rest.GetAsync("alerts/a")).Text, StringComparison.Ordinal);
        await rest.DoAsync("PATCH", "alerts/a", """{"thresholds":[80]}""");
        await rest.DoAsync("DELETE", "alerts/a");
        Assert.Empty(rig.State.Current.Section(Sections.Secrets));
    }

    [Theory]
    [InlineData("a", "'secret':'${store:alert/a}'", "alerts.a.secret: refers to nothing that is stored")]
    [InlineData("a", "'secret':'${store:alert/b}'", "alerts.a.secret: refers to nothing that is stored")]
    [InlineData("a", "'secret':'0123456789abcdef0','limits':['nope']", "alerts.a.limits: no limit named \"nope\"")]
    [InlineData("x%0aFAKE", "'secret':'0123456789abcdef0'", "its name may hold letters")]
    public async Task An_alert_that_would_never_be_sent_is_refused(string name, string fields, string fault)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        const string Begin = """{"webhook":"https://hooks.example.com/x","thresholds":[50],""";
        await rest.DoAsync("PUT", "alerts/b", Begin + "\"secret\":\"0123456789abcdef0\"}");
        var refused = await rest.SendAsync("PUT", "alerts/" + name, Begin + fields.Replace('\'', '"') + "}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains(fault, Assert.Single(refused.Faults), StringComparison.Ordinal);
        await rest.DoAsync("PUT", "limits/cap", """{"requests":"9/min"}""");
        await rest.DoAsync("PATCH", "alerts/b", """{"limits":["cap"]}""");
    }

    [Theory]
    [InlineData("'headers':{'x-api-key':'sk-canary'}", "providers.p.headers.x-api-key")]
    [InlineData("'headers':{'Authorization':'Bearer sk-canary'}", "providers.p.headers.Authorization")]
    [InlineData("'headers':{'x-Secret':'sk-canary$${x'}", "providers.p.headers.x-Secret")]
    [InlineData("'key':'sk-canary${env:AIEDGE_SECRET_X}'", "providers.p.key")]
    [InlineData("'accounts':{'one':{'key':'sk-canary${env:AIEDGE_SECRET_X}'}}", "providers.p.accounts.one.key")]
    public async Task A_secret_as_text_is_refused_where_it_is_not_sealed(string field, string path)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        const string Begin = """{"dialect":"openai","baseUrl":"https://a.example",""";
        var refused = await rest.SendAsync("PUT", "providers/p", Begin + field.Replace('\'', '"') + "}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.StartsWith(path + ": ", Assert.Single(refused.Faults), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-canary", refused.Text, StringComparison.Ordinal);
        const string Headers = "\"headers\":{\"x-api-key\":\"${env:AIEDGE_SECRET_X}\",\"Authorization\":\"Bearer ${file:b}\",\"x-title\":\"us\"}}";
        await rest.DoAsync("PUT", "providers/p", Begin + Headers);
    }

    [Fact]
    public async Task A_key_with_an_escaped_reference_is_a_text_and_is_sealed()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "providers/p", """{"dialect":"openai","baseUrl":"https://a.example","key":"sk-$${canary}"}""");
        Assert.Equal("${store:p}", (string)(await rest.GetAsync("providers/p")).Json["key"]!);
        await using var plane = new Publish.PlaneClient(rig.Channel(await rig.JoinAsync("p1")), "p1");
        await plane.HelloAsync();
        await plane.ChangeAsync();
        Assert.Equal("sk-${canary}", plane.Secrets["p"]);
    }

    [Fact]
    public async Task Keys_of_accounts_are_taken_by_reference_and_never_as_text()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        const string Put = """{"dialect":"openai","baseUrl":"https://api.example.com/v1","accounts":{"one":{"key":"KEY"},"two":{"key":"${file:two}","disabled":true}}}""";
        var refused = await rest.SendAsync("PUT", "providers/pool", Put.Replace("KEY", "sk-canary", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("providers.pool.accounts.one.key", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-canary", refused.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("GET", "providers/pool")).Status);

        var taken = Put.Replace("KEY", "${env:AIEDGE_SECRET_ONE}", StringComparison.Ordinal);
        await rest.DoAsync("PUT", "providers/pool", taken);
        Assert.Equal(taken, (await rest.GetAsync("providers/pool")).Text);
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await rest.SendAsync("PUT", "providers/pool", Put.Replace("KEY", "${env:HOME}", StringComparison.Ordinal))).Status);
    }
}
