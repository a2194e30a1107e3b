using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.DataPlane.Tests.Translate;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>docs/config.schema.json says the same as the fields that the reader knows.</summary>
public sealed class SchemaTests
{
    private static readonly string SchemaFile = Repository.PathOf("docs/config.schema.json");
    private static readonly JsonElement Schema = JsonDocument.Parse(File.ReadAllBytes(SchemaFile)).RootElement;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSchemaChecker Checker = new(Schema);

    [Fact]
    public void Schema_and_reader_know_the_same_fields() => Compare(ConfigOptions.Table, Schema, "");

    [Fact]
    public void A_provider_s_dialects_are_those_that_there_are()
    {
        var schema = JsonNode.Parse(File.ReadAllText(SchemaFile))!;
        schema["$defs"]!["provider"]!["properties"]!["dialect"]!["anyOf"]![0]!["enum"] = new JsonArray([.. ProviderOptions.DialectField.Words.Select(word => JsonValue.Create(word))]);
        Golden.Check(SchemaFile, schema.ToJsonString(Indented) + "\n");
    }

    [Fact]
    public void The_sample_fits_the_schema() => Assert.Empty(Errors(File.ReadAllText(Repository.PathOf("deploy/samples/aiedge.yaml"))));

    [Fact]
    public void The_masked_document_fits_the_schema_but_for_its_digests()
    {
        var snapshot = Doc.Load(File.ReadAllText(Repository.PathOf("deploy/samples/aiedge.yaml")), _ => "sk-1").Snapshot!;
        var json = Encoding.UTF8.GetString(snapshot.MaskedJson);
        var whole = json.Replace("…", new string('0', 56), StringComparison.Ordinal);
        Assert.NotEqual(json, whole);
        Assert.Empty(Checker.Check(JsonDocument.Parse(whole).RootElement));
        Assert.Empty(Doc.Load(whole, format: ConfigFormat.Json).Faults);
    }

    [Theory]
    [InlineData("nonsense: 1")]
    [InlineData("limits: {}")]
    [InlineData("limits: [ {} ]")]
    [InlineData("limits: [ { name: a b, requests: 1/s } ]")]
    [InlineData("limits: [ { name: a, requests: 600 } ]")]
    [InlineData("limits: [ { name: a, requests: 600/week } ]")]
    [InlineData("limits: [ { name: a, requests: -1/s } ]")]
    [InlineData("limits: [ { name: a, cost: 250/day } ]")]
    [InlineData("limits: [ { name: a, cost: $/day } ]")]
    [InlineData("limits: [ { name: a, concurrent: 0 } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, per: tag } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, per: keys } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, burst: { cost: 1 } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, burst: { requests: some } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, match: { tag: env } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, match: { tags: {} } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, match: { key: [] } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, match: { keys: a } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, shares: { \"env=prod\": 0.8 } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, shares: { \"env=prod\": 0% } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, shares: { prod: 10% } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, queue: { wait: 5 } } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, mode: dry } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, degrade: [ { at: 90% } ] } ]")]
    [InlineData("limits: [ { name: a, requests: 1/s, degrade: [ { model: m } ] } ]")]
    [InlineData("prices: { m: }")]
    [InlineData("prices: { \"a*b\": { input: 1, output: 1 } }")]
    [InlineData("prices: { m: { input: \"2.50\" } }")]
    [InlineData("prices: { m: { input: -1 } }")]
    [InlineData("prices: { m: { input: 1, output: 1, longContext: { input: 2 } } }")]
    [InlineData("runaway: { outputTokens: many }")]
    [InlineData("runaway: { repeat: 3, action: warn }")]
    [InlineData("teams: []")]
    [InlineData("teams: { \"a b\": }")]
    [InlineData("keys: {}")]
    [InlineData("keys: [ {} ]")]
    [InlineData("keys: [ { name: a, sha256: abc } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", tier: a b } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", priority: urgent } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", onDisconnect: wait } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", onDisconnect: \"drain:soon\" } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", clientTags: [] } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", models: [] } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", expires: soon } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", tags: { a: 1 } } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", previous: { until: 2027-01-01 } } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", previous: { sha256: abc, until: 2027-01-01 } } ]")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", disabled: maybe } ]")]
    [InlineData("teams: { a: { may: { priority: urgent } } }")]
    [InlineData("tokenizers: { t: {} }")]
    [InlineData("tokenizers: { t: { file: a.json, format: spm } }")]
    [InlineData("tokenizers: { t: { file: a.tiktoken, split: gpt2 } }")]
    [InlineData("tokenizers: { \"a b\": { file: a.json } }")]
    [InlineData("timeouts: { connect: off }")]
    [InlineData("timeouts: { connect: 2 }")]
    [InlineData("timeouts: { total: 2 h }")]
    [InlineData("server: { listen: here }")]
    [InlineData("server: { connectionsMax: 0 }")]
    [InlineData("server: { connectionsMax: 1000001 }")]
    [InlineData("server: { bodyBytesMax: 1tb }")]
    [InlineData("server: { drainDelay: off }")]
    [InlineData("server: { tls: {} }")]
    [InlineData("server: { tls: { certificate: a } }")]
    [InlineData("server: { trustedProxies: [] }")]
    public void What_the_reader_refuses_for_its_shape_the_schema_refuses(string rest)
    {
        Assert.NotEmpty(Doc.Faults(Doc.Head + rest));
        Assert.NotEmpty(Errors(Doc.Head + rest));
    }

    [Theory]
    [InlineData("teams: { blue: , red: {} }")]
    [InlineData("teams:")]
    [InlineData("tokenizers:")]
    [InlineData("tokenizers: {}")]
    [InlineData("limits: []")]
    [InlineData("limits:")]
    [InlineData("limits: [ { name: a, requests: 10/s, tokens: 1.5m/min, inputTokens: 200K/hour, outputTokens: 90/sec, cost: $0.05/month, unpriced: zero, concurrent: 1k } ]")]
    [InlineData("limits: [ { name: a, requests: 10/s, burst: 20, queue: {}, match: { model: [ gpt-4o, \"gpt-*\" ], provider: openai } } ]")]
    [InlineData("prices:")]
    [InlineData("prices: { \"m*\": { input: 0.25, cachedInput: 1, output: 100, factors: { flex: 0.5 }, longContext: { above: 272k, output: 1 } }, n: { request: 0.04 } }")]
    [InlineData("runaway:")]
    [InlineData("runaway: { outputTokens: 32k, repeat: off, action: shadow }")]
    [InlineData("keys:")]
    [InlineData("keys: [ { name: a, sha256: \"" + Doc.Sha + "\", previous: } ]")]
    [InlineData("server:")]
    [InlineData("timeouts: { firstByte: off, idle: 0, total: \"0\" }")]
    [InlineData("server: { bodyBytesMax: 1000000, headBytesMax: 8KiB, drainDelay: 0, listen: \":0\", probe: \"[::1]:1\" }")]
    public void What_the_reader_takes_the_schema_takes(string rest)
    {
        Assert.Empty(Doc.Faults(Doc.Head + rest));
        Assert.Empty(Errors(Doc.Head + rest));
    }

    internal static List<string> Errors(string yaml) => Checker.Check(JsonDocument.Parse(Doc.ToJson(Doc.Tree(yaml, ConfigFormat.Yaml, out _)!)).RootElement);

    private static void Compare(FieldTable table, JsonElement schema, string path)
    {
        schema = Checker.Resolve(schema);
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean(), path);
        var properties = schema.GetProperty("properties");
        Assert.Equal(
            table.Fields.Select(f => f.Name).Order(StringComparer.Ordinal),
            properties.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()!) : [];

        // The server's certificate and key need each other, which a rule says and not the table.
        if (table != TlsOptions.ServerTable)
            Assert.Equal(table.Fields.Where(f => f.IsRequired).Select(f => f.Name).Order(StringComparer.Ordinal), required.Order(StringComparer.Ordinal));
        foreach (var field in table.Fields)
            Compare(field, properties.GetProperty(field.Name), path + "." + field.Name);
    }

    private static void Compare(Field field, JsonElement property, string path)
    {
        var resolved = Checker.Resolve(property);
        switch (field)
        {
            case LaterField:
                Assert.True(property.TryGetProperty("not", out _), path);
                Assert.StartsWith("Not supported yet: ", property.GetProperty("description").GetString(), StringComparison.Ordinal);
                return;
            case SectionField section:
                Compare(section.Table, property, path);
                return;
            case NamedSectionsField named:
                Compare(named.Table, resolved.GetProperty("additionalProperties"), path + ".*");
                return;
            case SectionListField list:
                Compare(list.Table, resolved.GetProperty("items"), path + "[]");
                return;
            case IntegerField integer:
                var number = property.GetProperty("anyOf")[0];
                Assert.Equal((integer.Min, integer.Max), (number.GetProperty("minimum").GetInt32(), number.GetProperty("maximum").GetInt32()));
                break;
            case ChoiceField choice:
                Assert.Equal(choice.Words, property.GetProperty("anyOf")[0].GetProperty("enum").EnumerateArray().Select(w => w.GetString()!));
                break;
            case DurationField duration:
                Assert.Equal(
                    duration.Zero switch { ZeroDuration.Off => "#/$defs/durationOrOff", ZeroDuration.Zero => "#/$defs/durationOrZero", _ => "#/$defs/duration" },
                    (duration.Word is null ? property : property.GetProperty("anyOf")[0]).GetProperty("$ref").GetString());
                if (duration.Word is not null)
                    Assert.Equal(duration.Word, property.GetProperty("anyOf")[1].GetProperty("const").GetString());
                Assert.Contains(" " + field.BoundsText + ".", property.GetProperty("description").GetString(), StringComparison.Ordinal);
                break;
            case SizeField:
                Assert.Contains(" " + field.BoundsText, property.GetProperty("description").GetString(), StringComparison.Ordinal);
                break;
        }

        Assert.Equal(field.DefaultText ?? "", property.TryGetProperty("default", out var value) ? (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetRawText() : value.ToString()) : "");
        Assert.True(resolved.TryGetProperty("description", out _) || property.TryGetProperty("description", out _), path);
    }
}
