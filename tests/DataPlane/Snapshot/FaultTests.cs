using System.Text;
using AiEdge.Contracts.Dialects;
using AiEdge.Contracts.Fields;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>One wrong document for each thing that can be wrong, with the line that must be named.</summary>
public sealed class FaultTests
{
    private const string Sha = Doc.Sha;

    /// <summary>The dialects that a provider may have, as a fault names them.</summary>
    private static readonly string Dialects = string.Join(" or ", DialectSheet.All.Select(sheet => sheet.Name));

    [Theory]
    [InlineData("providrs: {}", "6: providrs: is not a field of the document (did you mean \"providers\"?)")]
    [InlineData("server:\n  listn: x", "7: server.listn: is not a field of the server (did you mean \"listen\"?)")]
    [InlineData("timeouts: { conect: 2s }", "6: timeouts.conect: is not a field of timeouts (did you mean \"connect\"?)")]
    [InlineData("keys:\n  - { name: a, sha256: \"" + Sha + "\", modls: [] }", "7: keys[0].modls: is not a field of a key (did you mean \"models\"?)")]
    [InlineData("teams:\n  blue:\n    tag: {}", "8: teams.blue.tag: is not a field of a team (did you mean \"tags\"?)")]
    [InlineData("teams:\n  blue: { may: { modles: [] } }", "7: teams.blue.may.modles: is not a field of what owners of a team may (did you mean \"models\"?)")]
    [InlineData("server: { tls: { certificat: x } }", "6: server.tls.certificat: is not a field of the server's tls (did you mean \"certificate\"?)")]
    public void An_unknown_field_is_named_with_its_line(string rest, string fault) => Assert.Contains(fault, Doc.Faults(Doc.Head + rest));

    [Theory]
    [InlineData("openai: POST /v1/rerank", null)]
    [InlineData("openai: GET /v1/engines", null)]
    [InlineData("openai: POST v1/rerank", "has a path with an empty or a dotted part, or a sign that would have to be coded")]
    [InlineData("openai: POST /v1/../rerank", "has a path with an empty or a dotted part, or a sign that would have to be coded")]
    [InlineData("openai: POST /v1//rerank", "has a path with an empty or a dotted part, or a sign that would have to be coded")]
    [InlineData("openai: POST /v1/re%2frank", "has a path with an empty or a dotted part, or a sign that would have to be coded")]
    [InlineData("openai: POST /v1/rerank?a=b", "has a path with an empty or a dotted part, or a sign that would have to be coded")]
    [InlineData("openai: POST /v1/*", "has a path with an empty or a dotted part, or a sign that would have to be coded")]
    [InlineData("openai: HEAD /v1/rerank", "has another method than GET, POST, PUT, PATCH, DELETE")]
    [InlineData("openai POST /v1/rerank", "must be of the form 'PROVIDER: METHOD /PATH'")]
    [InlineData("openai: /v1/rerank", "must be of the form 'PROVIDER: METHOD /PATH'")]
    [InlineData("q: POST /v1/rerank", "no provider named \"q\"")]
    [InlineData("openai: POST /v2/rerank", "has to name a path below /v1/, which stands for what baseUrl ends in")]
    [InlineData("openai: POST /v1/Chat/completions", "is served under its own path, where it is metered")]
    [InlineData("openai: GET /v1/files", "is not supported yet: what lies at a provider under an id is not kept apart by team")]
    [InlineData("openai: GET /v1/responses/resp_1", "is not supported yet: what lies at a provider under an id is not kept apart by team")]
    [InlineData("openai: POST /v1/messages/batches", "is not supported yet: what lies at a provider under an id is not kept apart by team")]
    public void A_native_path_of_a_key_is_judged_with_its_line(string path, string? fault)
    {
        var rest = $"keys:\n  - {{ name: a, sha256: \"{Sha}\", passthrough: [ \"{path}\" ] }}";
        var faults = Doc.Faults(Doc.Head + rest);
        if (fault is null)
            Assert.Empty(faults);
        else
            Assert.Equal([$"7: keys[0].passthrough[0]: {fault}"], faults);
    }

    [Fact]
    public void No_path_that_is_served_by_itself_is_a_native_one()
    {
        string[] served =
        [
            "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/responses/input_tokens", "/v1/moderations", "/v1/images/generations", "/v1/images/edits",
            "/v1/images/variations", "/v1/audio/speech", "/v1/audio/transcriptions", "/v1/audio/translations", "/v1/messages", "/v1/messages/count_tokens",
            "/v1/models", "/v1beta/models", "/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent", "/v1beta/models/m:countTokens",
            "/v1beta/models/m:embedContent", "/v1beta/models/m:batchEmbedContents",
        ];
        foreach (var path in served)
        {
            Assert.NotNull(DialectTable.Find(Encoding.ASCII.GetBytes(path)));
            Assert.NotNull(PassthroughText.Rule("openai: POST " + path));
        }
    }

    [Theory]
    [InlineData("affinity: { bound: 2 }", "5: models.m.affinity: says nothing without balance: cache-affinity")]
    [InlineData("balance: cache-affinity\n    affinity: { bound: 0.9 }", "6: models.m.affinity.bound: must be between 1 and 10")]
    [InlineData("balance: cache-affinity\n    affinity: { prefix: 2mb }", "6: models.m.affinity.prefix: must be between 64 and 1mb")]
    [InlineData("contextWindow: 0", "5: models.m.contextWindow: must be between 1 and 1000m")]
    [InlineData("capabilities: [ sight ]", "5: models.m.capabilities[0]: must be text, tools, vision, json, audio or files")]
    [InlineData("capabilities: []", "5: models.m.capabilities: is empty; leave it out or name something")]
    [InlineData("aliases: [ m ]", "5: models.m.aliases[0]: is the name of a model")]
    [InlineData("aliases: [ n, n ]", "5: models.m.aliases[1]: is an alias already")]
    [InlineData("aliases: [ \"n*\" ]", "5: models.m.aliases[0]: must be an exact name; leave it out to pass the asked name on")]
    [InlineData("versions: { v2: n }", "5: models.m.versions.v2: must be one segment of a path, such as /v2: / and up to 32 letters, digits, '.', '-' and '_'")]
    [InlineData("versions: { /v2/x: n }", "5: models.m.versions[\"/v2/x\"]: must be one segment of a path, such as /v2: / and up to 32 letters, digits, '.', '-' and '_'")]
    [InlineData("versions: { /..: n }", "5: models.m.versions[\"/..\"]: must be one segment of a path, such as /v2: / and up to 32 letters, digits, '.', '-' and '_'")]
    [InlineData("versions: { /passthrough: n }", "5: models.m.versions[\"/passthrough\"]: is the beginning of the paths of providers")]
    [InlineData("versions: { /v2: n }", "5: models.m.versions[\"/v2\"]: no model answers to \"n\"")]
    [InlineData("versions: { /v2: m }", "5: models.m.versions[\"/v2\"]: is the model itself")]
    [InlineData("balance: random", "5: models.m.balance: expected weighted or least-pending or latency or cost or cache-affinity, found \"random\"")]
    [InlineData("sticky: team", "5: models.m.sticky: must be key, user or tag:NAME")]
    [InlineData("sticky: \"tag:a b\"", "5: models.m.sticky: names a tag that may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("fallback: []", "5: models.m.fallback: is empty; leave it out or name something")]
    [InlineData("fallback: [ n ]", "5: models.m.fallback[0]: no model answers to \"n\"")]
    [InlineData("fallback: m", "5: models.m.fallback: is the model itself")]
    [InlineData("fallback: [ \"gpt-*\" ]", "5: models.m.fallback[0]: must be an exact name; leave it out to pass the asked name on")]
    [InlineData("retry: { attempts: 0 }", "5: models.m.retry.attempts: must be between 1 and 10")]
    [InlineData("retry: { budget: 20 }", "5: models.m.retry.budget: expected a whole percentage such as 20%, found \"20\"")]
    [InlineData("retry: { budget: 101% }", "5: models.m.retry.budget: must be between 0% and 100%")]
    [InlineData("retry: { waitMax: 2m }", "5: models.m.retry.waitMax: must be between 1ms and 1m")]
    [InlineData("retry: { again: 2 }", "5: models.m.retry.again: is not a field of retry")]
    public void A_wrong_way_is_named_with_its_line(string field, string fault) =>
        Assert.Equal([fault], Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\" }}\nmodels:\n  m:\n    {field}\n    targets: [ {{ provider: p }} ]\n"));

    [Theory]
    [InlineData("{ provider: p, variant: a b }", "6: models.m.targets[0].variant: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("{ provider: p, concurrent: 0 }", "6: models.m.targets[0].concurrent: must be between 1 and 1m")]
    [InlineData("{ provider: p, weight: 1001 }", "6: models.m.targets[0].weight: must be between 0 and 1000")]
    [InlineData("{ provider: p, weight: 0 }", "5: models.m.targets: needs a target whose weight is not 0; a model is switched off by disabled")]
    [InlineData("{ provider: p, priority: 10 }", "6: models.m.targets[0].priority: must be between 0 and 9")]
    [InlineData("{ provider: p, price: {} }", "6: models.m.targets[0].price: is empty; leave it out or name a price")]
    [InlineData("{ provider: q }", "6: models.m.targets[0].provider: no provider named \"q\"")]
    [InlineData("{ model: x }", "6: models.m.targets[0].provider: is required")]
    [InlineData("{ provider: p, model: \"gpt-*\" }", "6: models.m.targets[0].model: must be an exact name; leave it out to pass the asked name on")]
    [InlineData("{ provider: p, model: 4 }", "6: models.m.targets[0].model: expected a string, found a number; write it in quotes")]
    [InlineData("p", "6: models.m.targets[0]: expected a target (a map), found a string")]
    public void A_wrong_target_is_named_with_its_line(string target, string fault) =>
        Assert.Equal([fault], Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\" }}\nmodels:\n  m:\n    targets:\n      - {target}\n"));

    [Theory]
    [InlineData("m: { targets: [] }", "4: models.m.targets: needs a target")]
    [InlineData("m: { targets: }", "4: models.m.targets: needs a target")]
    [InlineData("m: { targets: p }", "4: models.m.targets: expected a list, found a string")]
    [InlineData("m: {}", "4: models.m.targets: is required")]
    [InlineData("m:", "4: models.m: expected a model (a map), found nothing")]
    [InlineData("\"\": { targets: [ { provider: p } ] }", "4: models[\"\"]: is empty")]
    [InlineData("\" m\": { targets: [ { provider: p } ] }", "4: models[\" m\"]: begins or ends with a space")]
    [InlineData("\"m\\n\": { targets: [ { provider: p } ] }", "4: models[\"m\\u000a\"]: holds a control character or one beyond ASCII")]
    [InlineData("m: { targets: [ { provider: opena1 } ] }", "4: models.m.targets[0].provider: no provider named \"opena1\" (did you mean \"openai\"?)")]
    public void A_wrong_model_is_named_with_its_line(string model, string fault) =>
        Assert.Equal(
            [fault],
            Doc.Faults("providers:\n  { openai: { dialect: openai, baseUrl: \"http://h\" }, p: { dialect: openai, baseUrl: \"http://h\" } }\nmodels:\n  " + model + "\n"));

    [Theory]
    [InlineData("{baseUrl: \"http://h\"}", "2: providers.p.dialect: is required")]
    [InlineData("{dialect: openai}", "2: providers.p.baseUrl: is required")]
    [InlineData("{dialect: opnai, baseUrl: \"http://h\"}", "2: providers.p.dialect: expected DIALECTS, found \"opnai\" (did you mean \"openai\"?)")]
    [InlineData("{dialect: openai, baseUrl: \"ftp://h\"}", "2: providers.p.baseUrl: must start with http:// or https://")]
    [InlineData("{dialect: openai, baseUrl: 1}", "2: providers.p.baseUrl: expected a URL such as https://api.openai.com/v1, found \"1\"")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", proxy: x}", "2: providers.p.proxy: is not supported yet")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", price: x}", "2: providers.p.price: is not supported yet")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: \"\"}", "2: providers.p.key: is empty")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: }", "2: providers.p.key: expected a string, found nothing")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: [a]}", "2: providers.p.key: expected a string, found a list")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: \"a b\"}", "2: providers.p.key: holds a space")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: \"a\\r\\nX: y\"}", "2: providers.p.key: holds a control character or one beyond ASCII")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: x, authHeader: \"a:b\"}", "2: providers.p.authHeader: is not the name of a header field")]
    [InlineData("{dialect: openai, hosting: azure, baseUrl: \"http://h\"}", "2: providers.p.apiVersion: is required where hosting is azure")]
    [InlineData("{dialect: openai, hosting: vertex, baseUrl: \"http://h\"}", "2: providers.p.hosting: vertex has a meaning for the dialects anthropic and gemini alone")]
    [InlineData("{dialect: gemini, hosting: azure, apiVersion: v1, baseUrl: \"http://h\"}", "2: providers.p.hosting: azure has a meaning for the dialect openai alone")]
    [InlineData("{dialect: openai, apiVersion: v1, baseUrl: \"http://h\"}", "2: providers.p.apiVersion: has a meaning where hosting is azure alone")]
    [InlineData("{dialect: openai, hosting: azure, apiVersion: \"1&a=b\", baseUrl: \"http://h\"}", "2: providers.p.apiVersion: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: x, authHeader: Host}", "2: providers.p.authHeader: names a header field that the gateway writes itself")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {Connection: x}}", "2: providers.p.headers.Connection: is a header field that the gateway writes itself")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {host: x}}", "2: providers.p.headers.host: is a header field that the gateway writes itself")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {Content-Length: \"1\"}}", "2: providers.p.headers.Content-Length: is a header field that the gateway writes itself")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {transfer-encoding: x}}", "2: providers.p.headers.transfer-encoding: is a header field that the gateway writes itself")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {X-AiEdge-Foo: x}}", "2: providers.p.headers.X-AiEdge-Foo: is a header field that the gateway writes itself")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {X-A: x, x-a: y}}", "2: providers.p.headers.x-a: is the same header field as another one, or as the one that carries the key")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", key: k, headers: {authorization: y}}", "2: providers.p.headers.authorization: is the same header field as another one, or as the one that carries the key")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {\"X A\": y}}", "2: providers.p.headers[\"X A\"]: is not the name of a header field")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {X: \"a\\nb\"}}", "2: providers.p.headers.X: holds a control character or one beyond ASCII")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: {X: \" a\"}}", "2: providers.p.headers.X: begins or ends with a space")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", headers: [a]}", "2: providers.p.headers: expected a map of texts, found a list")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", timeouts: {connect: 0}}", "2: providers.p.timeouts.connect: must be between 1ms and 10m")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", timeouts: {connect: off}}", "2: providers.p.timeouts.connect: cannot be turned off")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", countTokens: never}", "2: providers.p.countTokens: expected local or provider, found \"never\"")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", usageChunk: maybe}", "2: providers.p.usageChunk: expected inject or never, found \"maybe\"")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", retryReused: yes}", "2: providers.p.retryReused: expected true or false, found \"yes\"")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", connectionsMax: 0}", "2: providers.p.connectionsMax: must be between 1 and 65535")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", connectionsMax: 1.5}", "2: providers.p.connectionsMax: expected a whole number, found \"1.5\"")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", connectionsMax: 99999999999999999999}", "2: providers.p.connectionsMax: expected a whole number, found \"99999999999999999999\"")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", poolIdle: off}", "2: providers.p.poolIdle: cannot be turned off")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", dnsRefresh: 999ms}", "2: providers.p.dnsRefresh: must be between 1s and 24h")]
    [InlineData("{dialect: openai, baseUrl: \"http://h\", tls: {}}", "2: providers.p.tls: has no meaning for a baseUrl of http://")]
    [InlineData("{dialect: openai, baseUrl: \"https://h\", tls: {certificate: /none/c.pem}}", "2: providers.p.tls.key: is required beside certificate")]
    [InlineData("{dialect: openai, baseUrl: \"https://h\", tls: {caFile: /none/ca.pem}}", "2: providers.p.tls.caFile: the file does not exist")]
    [InlineData("[]", "2: providers.p: expected a provider (a map), found a list")]
    [InlineData("sk-123", "2: providers.p: expected a provider (a map), found a string")]
    public void A_wrong_provider_is_named_with_its_line(string provider, string fault) =>
        Assert.Contains(
            fault.Replace("DIALECTS", Dialects, StringComparison.Ordinal), Doc.Faults($"providers:\n  p: {provider}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ] }}\n"));

    [Fact]
    public void What_a_section_lacks_is_told_at_the_line_of_its_name() =>
        Assert.Equal(
            ["3: providers.p.dialect: is required", "6: models.m.targets: is required"],
            Doc.Faults("# a comment\nproviders:\n  p:\n    baseUrl: http://h\nmodels:\n  m:\n    timeouts: {}\n"));

    [Theory]
    [InlineData("{ sha256: \"" + Sha + "\" }", "7: keys[0].name: is required")]
    [InlineData("{ name: a }", "7: keys[0].sha256: is required")]
    [InlineData("{ name: \"a b\", sha256: \"" + Sha + "\" }", "7: keys[0].name: may hold letters, digits and . - _ @ / + : only")]
    [InlineData("{ name: a, sha256: secret }", "7: keys[0].sha256: expected the SHA-256 of the key as 64 hexadecimal digits, found a text of length 6 that is not all hexadecimal digits")]
    [InlineData("{ name: a, sha256: abc0 }", "7: keys[0].sha256: expected the SHA-256 of the key as 64 hexadecimal digits, found a text of length 4")]
    [InlineData("{ name: a, sha256: 1234 }", "7: keys[0].sha256: expected the SHA-256 of the key as 64 hexadecimal digits, found a number; write it in quotes")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", team: blu }", "7: keys[0].team: no team named \"blu\" (did you mean \"blue\"?)")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", models: [ gpt-4o, claud ] }", "7: keys[0].models[1]: the model \"claud\" is listed nowhere")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", models: [ \"claude-*\" ] }", "7: keys[0].models[0]: the model \"claude-*\" is listed nowhere")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", models: [ gtp-4o ] }", "7: keys[0].models[0]: the model \"gtp-4o\" is listed nowhere (did you mean \"gpt-4o\"?)")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", models: [] }", "7: keys[0].models: is empty; leave it out or name something")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", models: gpt-4o }", "7: keys[0].models: expected a list, found a string")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", models: }", "7: keys[0].models: expected a list, found nothing")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", expires: tomorrow }", "7: keys[0].expires: expected a date such as 2027-01-01, or a time such as 2027-01-01T09:30:00Z, found \"tomorrow\"")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", tags: { a: 1 } }", "7: keys[0].tags.a: expected a string, found a number; write it in quotes")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", tags: { \"a b\": x } }", "7: keys[0].tags[\"a b\"]: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\", tags: { a: \"\" } }", "7: keys[0].tags.a: is empty")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\" }\n  - { name: a, sha256: \"" + Sha + "\" }", "8: keys[1].name: the key on line 7 has the same name")]
    [InlineData("{ name: a, sha256: \"" + Sha + "\" }\n  - { name: b, sha256: \"9F86D081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\" }", "8: keys[1].sha256: the key on line 7 has the same digest")]
    [InlineData("sk-secret", "7: keys[0]: expected a key (a map), found a string")]
    public void A_wrong_key_is_named_with_its_line(string key, string fault) => Assert.Contains(fault, Doc.Faults(Doc.Head + $"keys:\n  - {key}\nteams: {{ blue: }}\n"));

    [Theory]
    [InlineData("listen: here", "7: server.listen: expected an address such as 127.0.0.1:8080, [::1]:8080 or :8080, found \"here\"")]
    [InlineData("listen: 8080", "7: server.listen: expected an address such as 127.0.0.1:8080, [::1]:8080 or :8080, found \"8080\"")]
    [InlineData("admin: \"127.0.0.1:8080\"", "7: server.admin: asks for the same address as listen")]
    [InlineData("probe: \":8080\"", "7: server.probe: asks for the same address as listen")]
    [InlineData("probe: \"127.0.0.1:8081\"", "7: server.probe: asks for the same address as admin")]
    [InlineData("listen: \"127.0.0.1:8081\"", "server.admin: asks for the same address as listen")]
    [InlineData("headBytesMax: 1023", "7: server.headBytesMax: must be between 1kb and 1mb")]
    [InlineData("headBytesMax: 2mb", "7: server.headBytesMax: must be between 1kb and 1mb")]
    [InlineData("headBytesMax: big", "7: server.headBytesMax: expected a size such as 32mb, 512kb or a number of bytes, found \"big\"")]
    [InlineData("headBytesMax: -1", "7: server.headBytesMax: expected a size such as 32mb, 512kb or a number of bytes, found \"-1\"")]
    [InlineData("bodyBytesMax: 2gb", "7: server.bodyBytesMax: must be between 1kb and 1gb")]
    [InlineData("bodyBytesMax: 1gb", "7: server.bodyBytesMax: bufferedBytesMax (512mb) must not be less than bodyBytesMax (1gb)")]
    [InlineData("bufferedBytesMax: 1mb", "7: server.bufferedBytesMax: bufferedBytesMax (1mb) must not be less than bodyBytesMax (32mb)")]
    [InlineData("connectionsMax: 0", "7: server.connectionsMax: must be between 1 and 1000000")]
    [InlineData("connectionsMax: many", "7: server.connectionsMax: expected a whole number, found \"many\"")]
    [InlineData("connectionsMax: \"10\"", "7: server.connectionsMax: expected a whole number, found \"10\"")]
    [InlineData("connectionsMax: [1]", "7: server.connectionsMax: expected a whole number, found a list")]
    [InlineData("headTimeout: 5", "7: server.headTimeout: expected a duration such as 500ms, 2s, 30m or 24h, found \"5\"")]
    [InlineData("headTimeout: 11m", "7: server.headTimeout: must be between 10ms and 10m")]
    [InlineData("headTimeout: 0", "7: server.headTimeout: must be between 10ms and 10m")]
    [InlineData("bodyTimeout: off", "7: server.bodyTimeout: cannot be turned off")]
    [InlineData("keepAlive: 2h", "7: server.keepAlive: must be between 10ms and 1h")]
    [InlineData("clientIdle: 1", "7: server.clientIdle: expected a duration such as 500ms, 2s, 30m or 24h, found \"1\"")]
    [InlineData("heartbeat: false", "7: server.heartbeat: expected a duration such as 500ms, 2s, 30m or 24h, or off, found \"false\"")]
    [InlineData("heartbeat: \"OFF\"", "7: server.heartbeat: expected a duration such as 500ms, 2s, 30m or 24h, or off, found \"OFF\"")]
    [InlineData("drainDelay: off", "7: server.drainDelay: cannot be turned off")]
    [InlineData("drainTimeout: 25h", "7: server.drainTimeout: must be between 1ms and 24h")]
    [InlineData("tls: {}", "7: server.tls: needs a certificate and its key")]
    [InlineData("tls: { certificate: /none/c }", "7: server.tls.key: is required beside certificate")]
    [InlineData("tls: { key: /none/c }", "7: server.tls.certificate: is required beside key")]
    [InlineData("tls: { certificate: /none/c, key: /none/k }", "7: server.tls.key: the file does not exist")]
    [InlineData("tls: { certificate: \"\", key: /none/k }", "7: server.tls.certificate: is empty")]
    [InlineData("tls: { caFile: x, certificate: a, key: b }", "7: server.tls.caFile: is not a field of the server's tls")]
    [InlineData("trustedProxies: []", "7: server.trustedProxies: is empty; leave it out or name something")]
    [InlineData("trustedProxies: [ 10.0.0.1/8 ]", "7: server.trustedProxies[0]: is no network such as 10.0.0.0/8 or fd00::/8 (all bits behind the length 0), nor an address")]
    [InlineData("trustedProxies: [ \"::1\", proxy.local ]", "7: server.trustedProxies[1]: is no network such as 10.0.0.0/8 or fd00::/8 (all bits behind the length 0), nor an address")]
    [InlineData("proxyProtocol: v2", "7: server.proxyProtocol: needs trustedProxies: whoever may write it could be anybody")]
    public void A_wrong_server_is_named_with_its_line(string server, string fault) => Assert.Contains(fault, Doc.Faults(Doc.Head + $"server:\n  {server}\n").Select(f => f.TrimStart(' ')));

    [Theory]
    [InlineData("", "1: holds no document")]
    [InlineData("# nothing\n", "2: holds no document")]
    [InlineData("---\n", "2: expected the document (a map), found nothing")]
    [InlineData("just text", "1: expected the document (a map), found a string")]
    [InlineData("- a", "1: expected the document (a map), found a list")]
    [InlineData("{}", "1: models: is required|1: providers: is required")]
    [InlineData("providers: {}\nmodels:\n", "1: providers: needs at least one entry|2: models: needs at least one entry")]
    [InlineData("providers: []\nmodels: x\n", "1: providers: expected a map of names, found a list|2: models: expected a map of names, found a string")]
    public void A_document_that_holds_next_to_nothing_is_refused(string text, string faults) =>
        Assert.Equal(faults.Split('|').Order(StringComparer.Ordinal), Doc.Faults(text).Order(StringComparer.Ordinal));

    [Fact]
    public void All_faults_are_reported_at_once_in_the_order_of_their_lines()
    {
        var faults = Doc.Faults("""
            providers:
              openai: { dialect: opena, baseUrl: "https://api.openai.com/v1?x", key: "${env:NOT_SET}" }
            models:
              gpt-4o: { targets: [ { provider: openia } ], weight: 1 }
            keys:
              - { name: a, sha256: x }
              - { sha256: y, expires: never }
            server:
              headBytesMax: 1
              nonsense: true
            timeouts: { total: soon }
            """);
        Assert.Equal(
            [
                $"2: providers.openai.dialect: expected {Dialects}, found \"opena\" (did you mean \"openai\"?)",
                "2: providers.openai.baseUrl: must not have a query or a fragment",
                "2: providers.openai.key: the environment variable NOT_SET is not set, or empty",
                "4: models.gpt-4o.targets[0].provider: no provider named \"openia\" (did you mean \"openai\"?)",
                "4: models.gpt-4o.weight: is not a field of a model",
                "6: keys[0].sha256: expected the SHA-256 of the key as 64 hexadecimal digits, found a text of length 1 that is not all hexadecimal digits",
                "7: keys[1].name: is required",
                "7: keys[1].sha256: expected the SHA-256 of the key as 64 hexadecimal digits, found a text of length 1 that is not all hexadecimal digits",
                "7: keys[1].expires: expected a date such as 2027-01-01, or a time such as 2027-01-01T09:30:00Z, found \"never\"",
                "9: server.headBytesMax: must be between 1kb and 1mb",
                "10: server.nonsense: is not a field of the server",
                "11: timeouts.total: expected a duration such as 500ms, 2s, 30m or 24h, or off, found \"soon\"",
            ],
            faults);
    }

    /// <summary>A document that uses all that is planned: it is refused for that, field by field, and for nothing else.</summary>
    [Fact]
    public void The_whole_sample_is_a_document()
    {
        var faults = Doc.Load(
            """
            providers:
              openai:    { dialect: openai,    baseUrl: https://api.openai.com/v1,  key: "${env:OPENAI_API_KEY}" }
              azure:     { dialect: openai,    baseUrl: https://x.openai.azure.com/openai/v1, key: "${env:AZURE_KEY}", authHeader: api-key }
              anthropic: { dialect: anthropic, baseUrl: https://api.anthropic.com,  key: "${env:ANTHROPIC}" }
            models:
              gpt-4o:
                targets:  [ { provider: openai, model: gpt-4o-2024-11-20, weight: 3 }, { provider: azure, model: gpt-4o, weight: 1 } ]
                balance:  weighted
                fallback: [ claude-sonnet ]
                tokenizer: o200k_base
                contextWindow: 128000
                price:    { input: 2.50, cachedInput: 1.25, output: 10.00 }
              claude-sonnet: { targets: [ { provider: anthropic, model: claude-sonnet-4-5 } ], price: { input: 3, output: 15 } }
              "gpt-*": { targets: [ { provider: openai } ] }
            teams: { blue: { tags: { env: prod } } }
            keys:
              - { name: checkout, sha256: "${env:SHA}", team: blue, tier: pro, tags: { feature: chat }, models: [ gpt-4o, "claude-*" ], expires: 2027-01-01 }
            limits:
              - { name: pro-per-key, match: { tier: pro }, per: key, requests: 600/min, tokens: 200k/min, concurrent: 50, onStream: cut }
              - { name: blue-budget, match: { team: blue }, per: team, cost: $250/day, timezone: UTC, mode: enforce }
            timeouts: { connect: 2s, firstByte: 180s, idle: 180s, total: 30m }
            server:   { listen: "127.0.0.1:8080", bodyBytesMax: 32mb, bufferedBytesMax: 512mb, headBytesMax: 32kb, connectionsMax: 10000 }
            """,
            name => name == "SHA" ? Sha : "sk-1").Faults;
        Assert.Empty(Doc.Lines(faults));
    }

    [Theory]
    [InlineData("probe: {}", "2: providers.p.probe.path: is required")]
    [InlineData("probe: { path: health }", "2: providers.p.probe.path: must be a path that begins with one /")]
    [InlineData("probe: { path: //other.example }", "2: providers.p.probe.path: must be a path that begins with one /")]
    [InlineData("probe: { path: \"/a b\" }", "2: providers.p.probe.path: may hold printable ASCII without spaces and '#' only")]
    [InlineData("probe: { path: \"/a\\r\\nX: y\" }", "2: providers.p.probe.path: may hold printable ASCII without spaces and '#' only")]
    [InlineData("probe: { path: /a, interval: 50ms }", "2: providers.p.probe.interval: must be between 100ms and 1h")]
    [InlineData("probe: { path: /a, timeout: 2m }", "2: providers.p.probe.timeout: must be between 10ms and 1m")]
    [InlineData("probe: { path: /a, failures: 0 }", "2: providers.p.probe.failures: must be between 1 and 100")]
    [InlineData("probe: { path: /a, every: 1s }", "2: providers.p.probe.every: is not a field of probe")]
    public void A_probe_is_judged(string fields, string fault) => Assert.Contains(
        fault, Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\", {fields} }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ] }}\n"));

    [Theory]
    [InlineData("hedge: { after: 10ms }", "4: models.m.hedge.after: must be between 50ms and 1m")]
    [InlineData("hedge: { after: p9 }", "4: models.m.hedge.after: expected a duration such as 500ms, 2s, 30m or 24h, or p95")]
    [InlineData("hedge: { after: 0 }", "4: models.m.hedge.after: must be between 50ms and 1m")]
    [InlineData("hedge: { budget: 5 }", "4: models.m.hedge.budget: expected a whole percentage")]
    [InlineData("hedge: { budget: 101% }", "4: models.m.hedge.budget: must be between 0% and 100%")]
    [InlineData("hedge: { costMax: -1 }", "4: models.m.hedge.costMax: ")]
    [InlineData("hedge: { costMax: 1001 }", "4: models.m.hedge.costMax: must be between 0 and 1000")]
    [InlineData("hedge: { max: 1 }", "4: models.m.hedge.max: is not a field of hedge")]
    public void A_hedge_is_judged(string field, string fault) => Assert.Contains(
        Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\" }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ], {field} }}\n"),
        line => line.StartsWith(fault, StringComparison.Ordinal));

    [Theory]
    [InlineData("hedge: {}", 1000, 5, long.MaxValue, "after 1s;budget 5%")]
    [InlineData("hedge: { after: p95 }", 0, 5, long.MaxValue, "after p95;budget 5%")]
    [InlineData("hedge: { after: 800ms, budget: 2%, costMax: 0.015 }", 800, 2, 15_000_000, "after 800ms;budget 2%;costMax 0.015")]
    public void A_hedge_has_its_defaults_and_is_shown(string field, int afterMs, int budget, long costMax, string shown)
    {
        var snapshot = Doc.Snapshot("providers:\n  p: { dialect: openai, baseUrl: \"http://h/v1\" }\nmodels:\n  m: { targets: [ { provider: p } ], " + field + " }\n" + Doc.Limits);
        var hedge = snapshot.Models.All[0].Hedge!;
        Assert.Equal((TimeSpan.FromMilliseconds(afterMs), budget, costMax), (hedge.After, hedge.BudgetPercent, hedge.CostMaxNanodollars));
        var fields = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("models").GetProperty("m").GetProperty("hedge");
        Assert.Equal(shown.Split(';'), fields.EnumerateObject().Select(one => $"{one.Name} {one.Value}"));
    }

    [Theory]
    [InlineData("simple: {}", "4: models.m.simple.model: is required")]
    [InlineData("simple: { model: n }", "4: models.m.simple.promptTokensMax: is required")]
    [InlineData("simple: { model: x, promptTokensMax: 1 }", "4: models.m.simple.model: no model answers to")]
    [InlineData("simple: { model: m, promptTokensMax: 1 }", "4: models.m.simple.model: is the model itself")]
    [InlineData("simple: { model: n, promptTokensMax: 0 }", "4: models.m.simple.promptTokensMax: must be between 1 and 1000m")]
    [InlineData("simple: { model: n, promptTokensMax: 1, capabilities: [ magic ] }", "4: models.m.simple.capabilities[0]: ")]
    [InlineData("simple: { model: n, promptTokensMax: 1, tags: { \"a b\": x } }", "4: models.m.simple.tags[\"a b\"]: may hold")]
    public void Another_model_for_simple_requests_is_judged(string field, string fault) => Assert.Contains(
        Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\" }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ], {field} }}\n  n: {{ targets: [ {{ provider: p }} ] }}\n"),
        line => line.StartsWith(fault, StringComparison.Ordinal));

    [Fact]
    public void Another_model_for_simple_requests_is_shown()
    {
        var snapshot = Doc.Snapshot("providers:\n  p: { dialect: openai, baseUrl: \"http://h/v1\" }\nmodels:\n  n: { targets: [ { provider: p } ] }\n"
            + "  m: { targets: [ { provider: p } ], simple: { model: n, promptTokensMax: 2k, capabilities: [ tools ], tags: { a: b } } }\n" + Doc.Limits);
        var simple = snapshot.Models.All[1].Simple!;
        Assert.Equal((2000L, Capability.Tools, "a=b"), (simple.PromptTokensMax, simple.Capabilities, string.Join(',', simple.Tags.Select(tag => $"{tag.Key}={tag.Value}"))));
        Assert.Equal("n"u8, simple.Model.Utf8);
        var shown = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("models").GetProperty("m").GetProperty("simple");
        Assert.Equal("n 2k tools b", $"{shown.GetProperty("model")} {shown.GetProperty("promptTokensMax")} {shown.GetProperty("capabilities")[0]} {shown.GetProperty("tags").GetProperty("a")}");
    }

    [Fact]
    public void A_probe_has_its_defaults_and_is_shown()
    {
        var snapshot = Doc.Snapshot(
            "providers:\n  p: { dialect: openai, baseUrl: \"http://h/v1\", probe: { path: \"/health?x=1\", failures: 5 } }\nmodels:\n  m: { targets: [ { provider: p } ] }\n" + Doc.Limits);
        var probe = snapshot.Providers[0].Probe!;
        Assert.Equal("/health?x=1"u8, probe.Path);
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), 5), (probe.Interval, probe.Timeout, probe.Failures));
        var shown = System.Text.Json.JsonElement.Parse(snapshot.MaskedJson).GetProperty("providers").GetProperty("p").GetProperty("probe");
        Assert.Equal(["path /health?x=1", "interval 10s", "timeout 2s", "failures 5"], shown.EnumerateObject().Select(field => $"{field.Name} {field.Value}"));
    }

    [Theory]
    [InlineData("key: sk-1, accounts: { a: { key: sk-2 } }", "2: providers.p.accounts: has no meaning beside key: give each account its own")]
    [InlineData("accounts: {}", "2: providers.p.accounts: is empty; leave it out or name an account")]
    [InlineData("accounts: { a: {} }", "2: providers.p.accounts.a.key: is required")]
    [InlineData("accounts: { a: { key: sk-2, weight: 3 } }", "2: providers.p.accounts.a.weight: is not a field of an account")]
    [InlineData("accounts: { \"a b\": { key: sk-2 } }", "2: providers.p.accounts[\"a b\"]: may hold letters, digits, '.', '-' and '_' only")]
    public void Accounts_are_judged(string fields, string fault) => Assert.Contains(
        fault, Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\", {fields} }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ] }}\n"));

    [Fact]
    public void Accounts_have_their_own_credentials_and_none_is_shown()
    {
        var snapshot = Doc.Snapshot(
            "providers:\n  p: { dialect: anthropic, baseUrl: \"http://h\", headers: { x-a: secret-1 }, accounts: { one: { key: secret-2 }, two: { key: \"${env:K}\", disabled: true } } }\n"
            + "models:\n  m: { targets: [ { provider: p } ] }\n" + Doc.Limits,
            _ => "secret-3");
        var provider = snapshot.Providers[0];
        Assert.Equal(
            ["one False x-api-key: secret-2\r\nx-a: secret-1\r\n", "two True x-api-key: secret-3\r\nx-a: secret-1\r\n"],
            provider.Accounts.Select(a => $"{a.Name} {a.IsDisabled} {System.Text.Encoding.ASCII.GetString(a.FixedHeaders)}"));
        Assert.Equal("x-a: secret-1\r\n", System.Text.Encoding.ASCII.GetString(provider.FixedHeaders));
        Assert.Contains("x-api-key", provider.FixedHeaderNames);
        var shown = System.Text.Encoding.UTF8.GetString(snapshot.MaskedJson);
        Assert.Contains("\"two\"", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", shown, StringComparison.Ordinal);
        Assert.False(provider.IsDisabled);
    }

    [Theory]
    [InlineData("aliases: [ a ]", "b: { targets: [ { provider: p } ], aliases: [ a ] }", "5: models.b.aliases[0]: is an alias already")]
    [InlineData("aliases: [ b ]", "b: { targets: [ { provider: p } ] }", "4: models.m.aliases[0]: is the name of a model")]
    [InlineData("disabled: false", "\"b*\": { targets: [ { provider: p } ], aliases: [ a ] }", "5: models[\"b*\"].aliases: has no meaning for a glob, which names no model")]
    public void An_alias_is_nobody_else_s_name(string field, string other, string fault) => Assert.Contains(
        fault, Doc.Faults($"providers:\n  p: {{ dialect: openai, baseUrl: \"http://h\" }}\nmodels:\n  m: {{ {field}, targets: [ {{ provider: p }} ] }}\n  {other}\n"));

    [Theory]
    [InlineData("modelMap: { a: gpt-4 }", "")]
    [InlineData("modelMap: { \"claude-*\": none }", "7: keys[0].modelMap[\"claude-*\"]: no model answers to \"none\"")]
    [InlineData("modelMap: { a: \"gpt-*\" }", "7: keys[0].modelMap.a: must be an exact name; leave it out to pass the asked name on")]
    [InlineData("regions: [ \"e u\" ]", "7: keys[0].regions[0]: may hold letters, digits, '.', '-', '_' and '*' only")]
    [InlineData("regions: []", "7: keys[0].regions: is empty; leave it out or name something")]
    public void What_a_key_is_mapped_and_bound_to_is_judged(string field, string fault) => Assert.Equal(
        fault.Length == 0 ? [] : [fault], Doc.Faults(Doc.Head + "keys:\n  - { name: a, sha256: \"" + Sha + "\", " + field + " }"));

    [Fact]
    public void A_wrong_provider_is_not_reported_again_where_it_is_used() =>
        Assert.Equal(
            ["2: providers.openai: expected a provider (a map), found a string"],
            Doc.Faults("providers:\n  openai: sk-1\nmodels:\n  m: { targets: [ { provider: openai } ] }\n"));

    [Theory]
    [InlineData("--listen", "x", null, null)]
    [InlineData("--admin", null, "x", null)]
    [InlineData("--probe", null, null, "x")]
    public void A_wrong_flag_is_named(string flag, string? listen, string? admin, string? probe)
    {
        var load = Doc.Load(Doc.Head, overrides: new ConfigOverrides(listen, admin, probe));
        Assert.Null(load.Snapshot);
        Assert.Equal([flag + ": expected an address such as 127.0.0.1:8080, [::1]:8080 or :8080"], load.Faults.Select(f => f.Format("f")));
    }

    [Fact]
    public void A_thousand_faults_are_cut_to_a_bounded_list()
    {
        var text = Doc.Head + "teams:\n" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"  t{i}: {{ x: 1 }}\n"));
        var faults = Doc.Faults(text);
        Assert.Equal(201, faults.Length);
        Assert.EndsWith("800 more faults are not shown", faults[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "1: keys: is empty: every request will be refused for want of a valid key")]
    [InlineData("keys: [ { name: a, sha256: \"" + Sha + "\" } ]", "6: keys[0].name: no enforcing limit bounds this key")]
    [InlineData("keys: [ { name: a, sha256: \"" + Sha + "\" } ]\n" + Doc.Limits, "")]
    public void A_document_without_keys_or_limits_is_warned_of(string rest, string warning) =>
        Assert.Equal(warning.Length == 0 ? [] : [warning], Doc.Lines(Doc.Load(Doc.Head + rest).Warnings));

    [Fact]
    public void A_glob_that_an_earlier_one_hides_is_warned_of() =>
        Assert.Contains(
            "7: models[\"gpt-4*\"]: is never reached: \"gpt-*\" stands before it and matches all that it matches",
            Doc.Lines(Doc.Load(Doc.Head.TrimEnd() + "\n  \"*o\": { targets: [ { provider: openai } ] }\n  \"gpt-4*\": { targets: [ { provider: openai } ] }\n").Warnings));

    [Fact]
    public void An_auth_header_without_a_key_is_warned_of() =>
        Assert.Contains(
            "2: providers.p.authHeader: has no effect without a key",
            Doc.Lines(Doc.Load("providers:\n  p: { dialect: openai, baseUrl: \"http://h\", authHeader: api-key }\nmodels:\n  m: { targets: [ { provider: p } ] }\n").Warnings));
}
