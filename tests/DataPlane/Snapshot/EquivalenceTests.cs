using System.Text;
using AiEdge.Contracts.Source;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>A document means the same in YAML and in JSON, right or wrong.</summary>
public sealed class EquivalenceTests
{
    public static TheoryData<string> Documents => new(
        File.ReadAllText(Repository.PathOf("deploy/samples/aiedge.yaml")),
        File.ReadAllText(Repository.PathOf("deploy/samples/team-budgets.yaml")).Replace("${env:CHECKOUT_KEY_SHA256}", Doc.Sha, StringComparison.Ordinal),
        Doc.Head,
        Doc.Head + $"""
            teams:
              blue:
                tags: {"{ env: prod }"}
            keys:
              - name: a
                sha256: "{Doc.Sha}"
                team: blue
                models:
                  - gpt-4o
                  - "gpt-5*"
                expires: 2027-01-01T10:00:00.5-03:00
            server:
              heartbeat: off
              drainDelay: 0
              bodyBytesMax: 12345
              connectionsMax: 9
            """,
        Doc.Head + """
            keys:
              - name: a
                sha256: x
                expires: never
              - sha256: true
                modles: [ a ]
                models:
                  - 1
                  - nowhere
                  - ~
            teams:
              - a
            limits:
              x: 1
            server:
              connectionsMax: 1.5
              headBytesMax: -1
              tls:
                certificate: a
            timeouts:
              total: ~
            nonsense:
            """,
        "providers:\nmodels: []\n",
        "[]",
        "text");

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_document_means_the_same_in_yaml_and_in_json(string yaml)
    {
        var tree = Doc.Tree(yaml, ConfigFormat.Yaml, out _)!;
        var json = Doc.ToJson(tree);
        Assert.Equal(Texts(Doc.Shape(tree)), Texts(Doc.Shape(Doc.Tree(json, ConfigFormat.Json, out _))));

        var fromYaml = Doc.Load(yaml, _ => "sk-1");
        var fromJson = Doc.Load(json, _ => "sk-1", ConfigFormat.Json);
        Assert.Equal(Doc.Lines(fromYaml.Faults), Doc.Lines(fromJson.Faults));
        Assert.Equal(Doc.Lines(fromYaml.Warnings), Doc.Lines(fromJson.Warnings));
        Assert.Equal(Masked(fromYaml), Masked(fromJson));

        // Every JSON document is a YAML document, too.
        var both = Doc.Load(json, _ => "sk-1");
        Assert.Equal(Doc.Lines(fromJson.Faults), Doc.Lines(both.Faults));
        Assert.Equal(Masked(fromJson), Masked(both));

        static string Masked(ConfigLoad load) => load.Snapshot is null ? "" : Encoding.UTF8.GetString(load.Snapshot.MaskedJson);
    }

    private static string Texts(string shape) => shape.Replace("Null \"~\"", "Null \"\"", StringComparison.Ordinal).Replace("Null \"null\"", "Null \"\"", StringComparison.Ordinal);
}
