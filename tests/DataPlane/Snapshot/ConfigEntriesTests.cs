using System.Security.Cryptography;
using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>A document in entries.</summary>
public sealed class ConfigEntriesTests
{
    [Fact]
    public void The_hash_is_over_entries_by_the_bytes_of_their_names_however_they_came()
    {
        // U+FF21 stands before U+1D400 in UTF-8, and behind its surrogates in UTF-16.
        ConfigPiece[] pieces = [Piece("models", "\U0001D400"), Piece("models", "\uFF21"), Piece("keys", "z"), Piece("models", "a"), Piece("models", "a-")];
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes("keys\0z\0{}\0models\0a\0{}\0models\0a-\0{}\0models\0\uFF21\0{}\0models\0\U0001D400\0{}\0"));
        Assert.Equal(expected, ConfigEntries.None.With(pieces, []).Sha256());
        Array.Reverse(pieces);
        var others = ConfigEntries.None.With(pieces[..2], []).With(pieces[2..], [("models", "nothing")]);
        Assert.Equal(expected, others.Sha256());
    }

    [Fact]
    public void A_change_takes_away_first_and_the_later_of_two_holds()
    {
        var entries = ConfigEntries.None.With([Piece("keys", "a", "1"), Piece("keys", "b", "1")], []);
        entries = entries.With([Piece("keys", "a", "2"), Piece("keys", "c", "1"), Piece("keys", "c", "2")], [("keys", "a"), ("keys", "b")]);
        Assert.Equal(["a2", "c2"], entries.All.Select(piece => piece.Name + Encoding.UTF8.GetString(piece.Json)));
    }

    [Fact]
    public void Entries_go_by_position_and_lists_hold_their_names()
    {
        var faults = new FaultList();
        var root = EntryTree.Build(
            ConfigEntries.None.With(
                [
                    Piece("models", "a-*", position: 2), Piece("models", "*", position: 1), Piece("models", "b", position: 1),
                    Piece("keys", "k", """{"sha256":"x"}"""), Piece("settings", "server", """{"listen":":1"}"""),
                ],
                []),
            faults);
        Assert.Equal(0, faults.Count);
        Assert.Equal(["*", "b", "a-*"], ((ConfigMap)root.Entry("models")!.Value).Entries.Select(entry => entry.Name));
        var key = (ConfigMap)((ConfigSequence)root.Entry("keys")!.Value).Items[0];
        Assert.Equal("k", ((ConfigScalar)key.Entry("name")!.Value).Text);
        Assert.Equal("server.listen", ((ConfigMap)root.Entry("server")!.Value).Entry("listen")!.Value.Path);
    }

    [Theory]
    [InlineData("models", "{", "models[\"m\"]: is not well-formed JSON")]
    [InlineData("models", "{\"a\":1,\"a\":2}", "models[\"m\"].a: is there twice")]
    [InlineData("keys", "{\"name\":\"other\"}", "keys[\"m\"]: the entry calls itself by another name")]
    public void What_is_wrong_with_an_entry_is_said_with_its_name(string section, string json, string fault)
    {
        var faults = new FaultList();
        EntryTree.Build(ConfigEntries.None.With([Piece(section, "m", json)], []), faults);
        var only = Assert.Single(faults.ToList());
        Assert.Equal(fault, $"{only.Path}: {only.Message}");
    }

    [Fact]
    public void A_secret_that_no_entry_refers_to_is_forgotten()
    {
        var secrets = new Dictionary<string, string> { ["used"] = "1", ["old"] = "2" };
        ConfigEntries.None.With([Piece("providers", "p", """{"key":"${store:used}"}""")], []).ForgetUnused(secrets);
        Assert.Equal(["used"], secrets.Keys);
    }

    private static ConfigPiece Piece(string section, string name, string json = "{}", ulong position = 0) =>
        new(section, name, Encoding.UTF8.GetBytes(json), position);
}
