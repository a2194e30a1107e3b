using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>What is switched off, and keys that have two secrets.</summary>
public sealed class SwitchTests
{
    private static readonly string Old = new('b', 64);

    private static KeyModel? Find(ConfigSnapshot snapshot, string sha256) => snapshot.Keys.Find(Convert.FromHexString(sha256));

    [Fact]
    public void A_key_with_a_previous_secret_is_found_by_both_until_the_old_ones_time_is_over()
    {
        var snapshot = Doc.Snapshot(Doc.Head + Doc.Limits + $$"""
            keys:
              - { name: a, sha256: "{{Doc.Sha}}", tier: pro, previous: { sha256: "{{Old}}", until: 2030-01-01 } }
            """);
        var (now, before) = (Find(snapshot, Doc.Sha)!, Find(snapshot, Old)!);
        Assert.Equal(("a", "pro", "a", "pro"), (now.Name, now.Tier, before.Name, before.Tier));
        Assert.Equal((long.MaxValue, 1_893_456_000_000), (now.ExpiresUnixMs, before.ExpiresUnixMs));
        using var shown = System.Text.Json.JsonDocument.Parse(snapshot.MaskedJson);
        Assert.Equal("bbbbbbbb…", shown.RootElement.GetProperty("keys")[0].GetProperty("previous").GetProperty("sha256").GetString());
    }

    [Fact]
    public void An_old_secret_does_not_outlive_its_key()
    {
        var snapshot = Doc.Snapshot(Doc.Head + Doc.Limits + $$"""
            keys:
              - { name: a, sha256: "{{Doc.Sha}}", expires: 2029-01-01, previous: { sha256: "{{Old}}", until: 2030-01-01 } }
            """);
        Assert.Equal(Find(snapshot, Doc.Sha)!.ExpiresUnixMs, Find(snapshot, Old)!.ExpiresUnixMs);
    }

    [Fact]
    public void No_two_secrets_have_one_digest_whichever_key_they_are_of() =>
        Assert.Equal(
            ["9: keys[1].previous.sha256: the key on line 8 has the same digest"],
            Doc.Faults(Doc.Head + Doc.Limits + $$"""
                keys:
                  - { name: a, sha256: "{{Doc.Sha}}" }
                  - { name: b, sha256: "{{Old}}", previous: { sha256: "{{Doc.Sha}}", until: 2030-01-01 } }
                """));

    [Fact]
    public void Keys_that_are_disabled_or_whose_team_is_are_no_keys()
    {
        var snapshot = Doc.Snapshot(Doc.Head + Doc.Limits + $$"""
            teams: { off: { disabled: true }, on: { disabled: false } }
            keys:
              - { name: a, sha256: "{{Doc.Sha}}", disabled: true }
              - { name: b, sha256: "{{Old}}", team: off }
              - { name: c, sha256: "{{new string('c', 64)}}", team: on }
            """);
        Assert.Equal(1, snapshot.Keys.Count);
        Assert.Null(Find(snapshot, Doc.Sha));
        Assert.Null(Find(snapshot, Old));
    }

    [Fact]
    public void A_model_is_off_by_itself_or_by_its_provider_and_no_glob_takes_its_place()
    {
        var snapshot = Doc.Snapshot("""
            providers:
              on: { dialect: openai, baseUrl: "http://h" }
              off: { dialect: openai, baseUrl: "http://h", disabled: true }
            models:
              a: { targets: [ { provider: on } ], disabled: true }
              b: { targets: [ { provider: off } ] }
              "*": { targets: [ { provider: on } ] }
            """);
        Assert.Equal((true, true, false), (IsOff("a"), IsOff("b"), IsOff("c")));

        bool IsOff(string name) => snapshot.Models.Find(Encoding.ASCII.GetBytes(name))!.IsDisabled;
    }

    [Fact]
    public void A_limit_that_is_disabled_binds_nobody_and_its_keys_are_warned_of()
    {
        var load = Doc.Load(Doc.Head + $$"""
            keys: [ { name: a, sha256: "{{Doc.Sha}}" } ]
            limits: [ { name: off, requests: 1/min, disabled: true } ]
            """);
        Assert.Empty(load.Snapshot!.Limits);
        Assert.Contains(Doc.Lines(load.Warnings), w => w.EndsWith("no enforcing limit bounds this key", StringComparison.Ordinal));
    }
}
