using System.Text;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

public sealed class ReferenceTests
{
    private const string Canary = "c4n4ry-7f3a";

    private static ConfigLoad Load(string key, Func<string, string?> env) =>
        Doc.Load($"providers:\n  p:\n    dialect: openai\n    baseUrl: http://h\n    key: {key}\nmodels: {{ m: {{ targets: [ {{ provider: p }} ] }} }}\n", env);

    private static string Key(string key, Func<string, string?> env)
    {
        var load = Load(key, env);
        Assert.Empty(load.Faults);
        return Encoding.ASCII.GetString(load.Snapshot!.Providers[0].FixedHeaders)["Authorization: Bearer ".Length..].TrimEnd();
    }

    [Theory]
    [InlineData("\"${env:A}\"", "va")]
    [InlineData("${env:A}", "va")]
    [InlineData("\"x-${env:A}-y-${env:B_2}\"", "x-va-y-vb")]
    [InlineData("\"$${env:A}\"", "${env:A}")]
    [InlineData("\"$$${env:A}\"", "$${env:A}")]
    [InlineData("\"${env:A}$${x\"", "va${x")]
    [InlineData("\"a$b{c}\"", "a$b{c}")]
    public void A_reference_stands_for_a_value_or_a_part_of_one(string written, string value) =>
        Assert.Equal(value, Key(written, name => name switch { "A" => "va", "B_2" => "vb", _ => null }));

    [Fact]
    public void What_is_put_in_is_not_looked_through_again() => Assert.Equal("${env:B}", Key("\"${env:A}\"", name => name == "A" ? "${env:B}" : "no"));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("line\n", "line")]
    [InlineData("line\r\n\n", "line")]
    [InlineData("\uFEFFmark", "mark")]
    public void A_file_is_taken_without_the_line_ends_at_its_end(string content, string value)
    {
        using var folder = new TempFolder();
        Assert.Equal(value, Key($"\"${{file:{folder.Write("s", content)}}}\"", _ => null));
    }

    [Theory]
    [InlineData("\"${env:NONE}\"", "5: providers.p.key: the environment variable NONE is not set, or empty")]
    [InlineData("\"${env:EMPTY}\"", "5: providers.p.key: the environment variable EMPTY is not set, or empty")]
    [InlineData("\"${env:}\"", "5: providers.p.key: \"${env:}\" does not name an environment variable")]
    [InlineData("\"${env:A-B}\"", "5: providers.p.key: \"${env:A-B}\" does not name an environment variable")]
    [InlineData("\"${env:1A}\"", "5: providers.p.key: \"${env:1A}\" does not name an environment variable")]
    [InlineData("\"${env:A\"", "5: providers.p.key: holds \"${\" without its \"}\" (write $${ for the characters themselves)")]
    [InlineData("\"${A}\"", "5: providers.p.key: holds \"${\" without env: or file: behind it; write ${env:NAME} or ${file:PATH}, or $${ for the characters themselves")]
    [InlineData("\"${ENV:A}\"", "5: providers.p.key: holds \"${\" without env: or file: behind it; write ${env:NAME} or ${file:PATH}, or $${ for the characters themselves")]
    [InlineData("\"${vault:a}\"", "5: providers.p.key: references to a vault are not supported yet")]
    [InlineData("\"${file:}\"", "5: providers.p.key: \"${file:}\" does not name a file")]
    [InlineData("\"${file:/none/x}\"", "5: providers.p.key: the file of \"${file:/none/x}\" does not exist")]
    public void A_reference_that_leads_nowhere_is_one_fault_with_its_line(string written, string fault) =>
        Assert.Equal([fault], Doc.Lines(Load(written, name => name == "EMPTY" ? "" : null).Faults));

    [Fact]
    public void A_secret_file_that_is_empty_too_large_a_folder_or_not_text_is_a_fault()
    {
        using var folder = new TempFolder();
        folder.Write("empty", "\n");
        folder.Write("large", new string('x', SourceFile.SecretBytesMax + 1));
        File.WriteAllBytes(folder.PathOf("binary"), [0xff, 0xfe]);
        string Fault(string name) => Doc.Lines(Load($"\"${{file:{folder.PathOf(name)}}}\"", _ => null).Faults).Single();

        Assert.EndsWith("is empty", Fault("empty"), StringComparison.Ordinal);
        Assert.EndsWith("is larger than 64 KiB", Fault("large"), StringComparison.Ordinal);
        Assert.EndsWith("is not valid UTF-8", Fault("binary"), StringComparison.Ordinal);
        Assert.EndsWith("is a folder", Fault(""), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_booleans_sizes_and_durations_may_come_by_reference()
    {
        var env = new Dictionary<string, string> { ["N"] = "7", ["T"] = "false", ["D"] = "0", ["S"] = "2mb", ["L"] = "127.0.0.1:0", ["C"] = "never", ["E"] = "2027-01-01", ["H"] = Doc.Sha };
        var snapshot = Doc.Snapshot(
            """
            providers:
              p: { dialect: openai, baseUrl: "http://h", retryReused: "${env:T}", connectionsMax: "${env:N}", usageChunk: "${env:C}" }
            models: { m: { targets: [ { provider: p } ] } }
            keys: [ { name: a, sha256: "${env:H}", expires: "${env:E}" } ]
            server: { bodyBytesMax: "${env:S}", drainDelay: "${env:D}", listen: "${env:L}" }
            """,
            name => env.GetValueOrDefault(name));
        Assert.Equal((false, 7, 2L << 20, TimeSpan.Zero, 0), (snapshot.Providers[0].RetryReused, snapshot.Providers[0].ConnectionsMax, snapshot.Server.BodyBytesMax, snapshot.Server.DrainDelay, snapshot.Server.Listen.Port));
        Assert.NotNull(snapshot.Keys.Find(Convert.FromHexString(Doc.Sha)));
    }

    [Fact]
    public void A_name_with_a_reference_is_a_fault() =>
        Assert.Contains("4: models[\"${env:A}\"]: references are read in values, not in names", Doc.Faults("providers:\n  p: { dialect: openai, baseUrl: \"http://h\" }\nmodels:\n  \"${env:A}\": { targets: [ { provider: p } ] }\n"));

    /// <summary>A canary in every place that takes a text: whatever is wrong with the document, no message shows it.</summary>
    [Fact]
    public void A_secret_by_reference_is_in_no_fault()
    {
        const string Wrong = """
            providers:
              p: { dialect: "${env:S}", baseUrl: "${env:S}", key: "${env:BAD}", authHeader: "${env:BAD}", headers: { X-A: "${env:BAD}", X-B: "a${env:BAD}" },
                   timeouts: { connect: "${env:S}", total: "${env:S}" }, usageChunk: "${env:S}", retryReused: "${env:S}", connectionsMax: "${env:S}", poolIdle: "${env:S}",
                   tls: { caFile: "${env:S}", certificate: "${env:S}" } }
              q: "${env:S}"
              r: { dialect: openai, baseUrl: "http://${env:S}@h" }
            models:
              m: { targets: [ { provider: "${env:S}", model: "${env:BAD}" } ] }
              n: { targets: "${env:S}" }
            teams: { t: { tags: { a: "${env:BAD}", b: "${env:S}" } } }
            keys:
              - { name: "${env:BAD}", sha256: "${env:S}", team: "${env:S}", models: [ "${env:S}" ], expires: "${env:S}" }
              - { name: "${env:S}", sha256: "${env:S}" }
              - { name: "${env:S}", sha256: "${env:S}" }
              - "${env:S}"
            limits: "${env:S}"
            server: { listen: "${env:S}", admin: "${env:S}", bodyBytesMax: "${env:S}", connectionsMax: "${env:S}", heartbeat: "${env:S}", nonsense: "${env:S}", tls: { certificate: "${env:S}", key: "${env:S}" } }
            """;
        var load = Doc.Load(Wrong, name => name == "S" ? Canary : "x\n" + Canary);
        Assert.True(load.Faults.Count >= 30, string.Join('\n', Doc.Lines(load.Faults)));
        Assert.DoesNotContain(Doc.Lines([.. load.Faults, .. load.Warnings]), line => line.Contains(Canary, StringComparison.Ordinal));
    }

    /// <summary>The same where the secret stands in the document itself, in the places that are meant for one.</summary>
    [Fact]
    public void A_secret_in_its_own_place_is_in_no_fault()
    {
        var wrong = $"providers:\n  p: {{ dialect: openai, baseUrl: \"http://{Canary}@h\", key: \"{Canary} x\", headers: {{ X-A: \" {Canary}\" }} }}\n  q: {{ dialect: openai, baseUrl: \"http://h\", key: \"{Canary}${{x}}\" }}\n"
            + $"models: {{ m: {{ targets: [ {{ provider: p }} ] }} }}\nkeys: [ {{ name: a, sha256: {Canary} }}, {{ name: b, sha256: \"{Canary}${{env:\" }} ]\n";
        foreach (var text in new[] { wrong, wrong + "a: [\n", wrong + $"b: \"{Canary}\n", wrong.Replace("sha256: ", "sha256: &" + Canary + " ", StringComparison.Ordinal), wrong + $"{Canary}: *{Canary}\n" })
        {
            var load = Doc.Load(text);
            Assert.NotEmpty(load.Faults);
            Assert.DoesNotContain(load.Faults, f => f.Message.Contains(Canary, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_secret_is_not_in_the_masked_document()
    {
        var text = $$"""
            providers:
              p: { dialect: openai, baseUrl: "http://h/${env:S}", key: "${env:S}", authHeader: "${env:S}", headers: { X-A: "${env:S}", X-B: literal-{{Canary}} } }
              q: { dialect: openai, baseUrl: "http://h", key: literal-{{Canary}} }
            models:
              m: { targets: [ { provider: q, model: "${env:S}" } ] }
              {{Canary.Replace("c4n4ry", "named", StringComparison.Ordinal)}}: { targets: [ { provider: q } ] }
            teams: { t: { tags: { a: "${env:S}" } } }
            keys: [ { name: "${env:S}", sha256: "{{Doc.Sha}}", team: t, tags: { b: "x${env:S}" }, models: [ m, "${env:M}" ] } ]
            """;
        var load = Doc.Load(text, name => name == "S" ? Canary : "m*");
        Assert.Empty(load.Faults);
        var json = Encoding.UTF8.GetString(load.Snapshot!.MaskedJson);
        Assert.DoesNotContain(Canary, json, StringComparison.Ordinal);
        Assert.DoesNotContain(Doc.Sha, json, StringComparison.Ordinal);
        Assert.Contains($"\"{Doc.Sha[..8]}…\"", json, StringComparison.Ordinal);
        Assert.Contains("\"key\": \"***\"", json, StringComparison.Ordinal);
    }
}
