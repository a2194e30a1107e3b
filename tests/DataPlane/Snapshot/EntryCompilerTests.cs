using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>Changes of a control plane's document, compiled one upon the other.</summary>
public sealed class EntryCompilerTests
{
    private const string Provider = """{"dialect":"openai","baseUrl":"https://api.openai.com/v1"}""";
    private const string Model = """{"targets":[{"provider":"openai"}]}""";

    private static readonly ConfigPiece[] Head =
    [
        Piece("providers", "openai", Provider), Piece("models", "m0", Model), Piece("models", "m1-*", Model, 2),
        Piece("teams", "t0", """{"tags":{"env":"prod"}}"""), Piece("limits", "l0", """{"name":"l0","match":{"team":"t0"},"requests":"5/min"}"""),
    ];

    private static readonly Dictionary<string, string> Env = new() { ["AIEDGE_SECRET_MODEL"] = "m0", ["AIEDGE_SECRET_SHA"] = Sha("by reference") };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Change_upon_change_comes_to_what_the_whole_document_comes_to(int seed)
    {
        var random = new Random(seed);
        var entries = ConfigEntries.None.With(Head, []);
        var compiled = Compile(null, new(Head, []), 1, out _);
        var (refused, accepted) = (0, 0);
        for (var generation = 2; generation < 400; generation++)
        {
            var change = Change(random);
            var next = entries.With(change.Put, change.Removed);
            var whole = ConfigFile.Load(next, Scope(), new(generation, 0, ConfigOverrides.None, null));
            var part = Compile(compiled, change, generation, out var load);
            Assert.Equal(whole.Snapshot is null, part is null);
            Assert.Equal(whole.Snapshot is null ? Said(whole) : [], part is null ? Said(load) : []);
            _ = part is null ? refused++ : accepted++;
            if (part is null)
                continue;
            (compiled, entries) = (part, next);
            Assert.Equal(Shown(whole.Snapshot!), Shown(part.Snapshot));
            Assert.Equal(whole.Snapshot!.Keys.Count, part.Snapshot.Keys.Count);
            foreach (var text in Secrets)
                Assert.Equal(Told(whole.Snapshot!, text), Told(part.Snapshot, text));
        }

        Assert.True(refused > 40 && accepted > 40, $"{refused} refused, {accepted} accepted");
    }

    [Fact]
    public void A_change_of_a_key_shares_all_but_the_keys_near_it_with_the_snapshot_before()
    {
        var keys = Enumerable.Range(0, 2000).Select(i => Key($"k{i}", Sha($"s{i}"), ""","team":"t0","models":["m0"]"""));
        var first = Compile(null, new([.. Head, .. keys], []), 1, out _)!;
        var second = Compile(first, new([Key("k7", Sha("another"), ""","team":"t0","models":["m0"]""")], []), 2, out _)!;
        Assert.Same(first.Snapshot.LimitTable, second.Snapshot.LimitTable);
        Assert.Same(first.Snapshot.Models, second.Snapshot.Models);
        var others = Enumerable.Range(0, KeyTable.Shards).Count(i => !ReferenceEquals(first.Snapshot.Keys.Shard(i), second.Snapshot.Keys.Shard(i)));
        Assert.InRange(others, 1, 2);
        Assert.Null(second.Snapshot.Keys.Find(Digest(Sha("s7"))));
        Assert.Equal("k7", second.Snapshot.Keys.Find(Digest(Sha("another")))!.Name);
        Assert.Equal("k7", first.Snapshot.Keys.Find(Digest(Sha("s7")))!.Name);

        // What is not a key's leaves the keys as they are where it says nothing of them, and gives them what it says where it does.
        var third = Compile(second, new([Piece("models", "m2", Model)], []), 3, out _)!;
        Assert.All(Enumerable.Range(0, KeyTable.Shards), i => Assert.Same(second.Snapshot.Keys.Shard(i), third.Snapshot.Keys.Shard(i)));
        var fourth = Compile(third, new([Piece("teams", "t0", """{"tags":{"env":"dev"}}""")], []), 4, out _)!;
        Assert.Equal("dev", Assert.Single(fourth.Snapshot.Keys.Find(Digest(Sha("s8")))!.Tags).Value);
        Assert.Equal("prod", Assert.Single(third.Snapshot.Keys.Find(Digest(Sha("s8")))!.Tags).Value);
    }

    [Fact]
    public void Keys_that_are_written_alike_share_what_they_may()
    {
        var compiled = Compile(null, new([.. Head, Key("a", Sha("a"), ""","models":["m0"]"""), Key("b", Sha("b"), ""","models":["m0"],"expires":"2027-01-01" """)], []), 1, out _)!;
        var (a, b) = (compiled.Snapshot.Keys.Find(Digest(Sha("a")))!, compiled.Snapshot.Keys.Find(Digest(Sha("b")))!);
        Assert.Same(a.Models, b.Models);
        Assert.Same(a, compiled.Snapshot.Keys.Find(Digest(Sha("a"))));
        Assert.Equal((long.MaxValue, new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds()), (a.ExpiresUnixMs, b.ExpiresUnixMs));
    }

    [Fact]
    public void A_key_whose_text_is_elsewhere_is_read_again_when_that_changes()
    {
        var compiled = Compile(null, new([.. Head, Piece("keys", "r", """{"sha256":"${env:AIEDGE_SECRET_SHA}"}""")], []), 1, out _)!;
        Assert.NotNull(compiled.Snapshot.Keys.Find(Digest(Sha("by reference"))));
        var scope = ReferenceScope.Confined(_ => Sha("another"), null, new Dictionary<string, string>());
        var again = EntryCompiler.Compile(compiled, new([], [], IsAnew: true), scope, new(1, 0, ConfigOverrides.None, null), out _)!;
        Assert.Null(again.Snapshot.Keys.Find(Digest(Sha("by reference"))));
        Assert.Equal("r", again.Snapshot.Keys.Find(Digest(Sha("another")))!.Name);
    }

    private static readonly string[] Secrets = [.. Enumerable.Range(0, 12).Select(i => $"s{i}"), "by reference"];

    private static CompiledEntries? Compile(CompiledEntries? before, EntryChange change, long generation, out ConfigLoad load) =>
        EntryCompiler.Compile(before, change, Scope(), new(generation, 0, ConfigOverrides.None, before?.Snapshot), out load);

    private static ReferenceScope Scope() => ReferenceScope.Confined(name => Env.GetValueOrDefault(name), null, new Dictionary<string, string>());

    private static string[] Said(ConfigLoad load) => [.. load.Faults.Select(f => $"{f.Path}: {f.Message}").Order(StringComparer.Ordinal)];

    private static string Shown(ConfigSnapshot snapshot) => Encoding.UTF8.GetString(snapshot.MaskedJson);

    private static string Told(ConfigSnapshot snapshot, string secret) => snapshot.Keys.Find(Digest(Sha(secret))) is not { } key ? "" : string.Join(
        ' ', key.Name, key.Team, key.Tier, key.Priority, key.OnDisconnect.DrainFor, key.ExpiresUnixMs, string.Join(',', key.Tags),
        string.Join(',', (key.Models ?? []).Select(Encoding.UTF8.GetString)), string.Join(',', key.ClientTags));

    private static string Sha(string secret) => Convert.ToHexStringLower(Digest(Encoding.UTF8.GetBytes(secret)));

    private static byte[] Digest(byte[] secret) => SHA256.HashData(secret);

    private static byte[] Digest(string hex) => Convert.FromHexString(hex);

    private static ConfigPiece Piece(string section, string name, string json, ulong position = 1) => new(section, name, Encoding.UTF8.GetBytes(json), position);

    private static ConfigPiece Key(string name, string sha256, string more = "") => Piece("keys", name, $$"""{"name":"{{name}}","sha256":"{{sha256}}"{{more}}}""");

    private static EntryChange Change(Random random)
    {
        var put = new List<ConfigPiece>();
        var removed = new List<(string, string)>();
        for (var i = random.Next(8) == 0 ? 4 : 1; i > 0; i--)
        {
            var section = random.Next(12) switch { 0 => "teams", 1 => "models", 2 => "limits", _ => "keys" };
            var name = section[0] + random.Next(random.Next(3) == 0 ? 3 : 9).ToString(CultureInfo.InvariantCulture);
            if (random.Next(6) == 0)
                removed.Add((section, name));
            else
                put.Add(Piece(section, name, Json(random, section, name), (ulong)random.Next(1, 6)));
        }

        return new(put, removed, IsAnew: random.Next(10) == 0);
    }

    private static string Json(Random random, string section, string name) => section switch
    {
        "teams" => random.Next(4) switch { 0 => """{"tags":{"env":7}}""", 3 => """{"disabled":true}""", 1 => """{"tags":{"env":"dev"}}""", _ => "{}" },
        "models" => random.Next(4) == 0 ? """{"targets":[{"provider":"nobody"}]}""" : Model,
        "limits" => $$"""{"name":"{{name}}","match":{"{{(random.Next(3) == 0 ? "key\":\"k1" : $"team\":\"t{random.Next(3)}")}}"},"requests":"5/min"}""",
        _ => KeyJson(random, name),
    };

    private static string KeyJson(Random random, string name)
    {
        var json = new StringBuilder("{");
        if (random.Next(4) > 0)
            json.Append(CultureInfo.InvariantCulture, $"\"name\":\"{(random.Next(40) == 0 ? "other" : name)}\",");
        json.Append("\"sha256\":\"").Append(random.Next(24) switch
        {
            0 => "x",
            1 => "${env:AIEDGE_SECRET_SHA}",
            2 => "${env:HOME}",
            _ => Sha($"s{random.Next(12)}"),
        }).Append('"');
        if (random.Next(2) == 0)
            json.Append(CultureInfo.InvariantCulture, $",\"team\":\"t{random.Next(3)}\"");
        if (random.Next(3) == 0)
            json.Append(CultureInfo.InvariantCulture, $",\"models\":[\"{(random.Next(4) == 0 ? "${env:AIEDGE_SECRET_MODEL}" : $"m{random.Next(3)}")}\",\"m1-x\"]");
        if (random.Next(6) == 0)
            json.Append(CultureInfo.InvariantCulture, $",\"previous\":{{\"sha256\":\"{Sha($"s{random.Next(12)}")}\",\"until\":\"2026-01-0{random.Next(3)}\"}}");
        if (random.Next(8) == 0)
            json.Append(",\"disabled\":true");
        json.Append(random.Next(12) switch
        {
            0 => ",\"expires\":\"2027-01-01\"",
            1 => ",\"expires\":\"never\"",
            2 => ",\"tier\":\"pro\",\"tags\":{\"env\":\"own\",\"é\":\"1\"}",
            3 => ",\"tags\":{\"env\":\"own\",\"b\":\"\\u0061\"}",
            4 => ",\"priority\":\"low\",\"onDisconnect\":\"drain:30\",\"clientTags\":[\"feature\"]",
            5 => ",\"odd\":1",
            6 => ",\"expires\":\"2027-01-01\",\"expires\":\"2028-01-01\"",
            _ => "",
        });
        return json.Append('}').ToString();
    }
}
