using System.Globalization;
using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Store;

namespace AiEdge.ControlPlane.Tests.Domain;

/// <summary>A write to keys is judged without reading the others; nobody may see a difference.</summary>
public sealed class DocumentCheckTests
{
    private static readonly string[] Digests = [.. Enumerable.Range(0, 12).Select(i => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([(byte)i])))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Every_write_has_the_faults_that_it_has_when_all_is_judged(int seed)
    {
        using var whole = await OpenAsync(new() { JudgesWhole = true });
        using var part = await OpenAsync(new());
        var random = new Random(seed);
        var (refused, accepted) = (0, 0);
        for (var i = 0; i < 300; i++)
        {
            var changes = Enumerable.Range(0, random.Next(10) == 0 ? 5 : 1).Select(_ => Change(random, whole.Current)).ToList();
            var isDry = random.Next(8) == 0;
            var expected = await WriteAsync(whole, changes, isDry);
            var actual = await WriteAsync(part, changes, isDry);
            Assert.Equal(Text(expected), Text(actual));
            Assert.Equal(expected.Document.Version, actual.Document.Version);
            Assert.Subset(World.Lines(expected.Warnings).ToHashSet(), World.Lines(actual.Warnings).ToHashSet());
            _ = expected.Refusal is null ? accepted++ : refused++;
        }

        // Sequences in which nothing is refused, or all is, show nothing.
        Assert.True(refused > 50 && accepted > 50, $"{refused} refused, {accepted} accepted");
    }

    [Fact]
    public async Task A_key_that_takes_the_digest_of_one_behind_it_is_told_apart_as_when_all_is_judged()
    {
        using var whole = await OpenAsync(new() { JudgesWhole = true });
        using var part = await OpenAsync(new());
        foreach (var state in (EdgeState[])[whole, part])
        {
            foreach (var (name, digest) in ((string, string)[])[("a", Digests[0]), ("b", Digests[1]), ("c", Digests[2])])
                Assert.Null((await WriteAsync(state, [Key(state.Current, name, digest)], false)).Refusal);
        }

        EntryChange[] taken = [Key(part.Current, "a", Digests[2].ToUpperInvariant())];
        var fault = Assert.Single((await WriteAsync(part, taken, false)).Refusal!.Faults);
        Assert.Equal(("keys.c.sha256", "another key has the same digest"), (fault.Path, fault.Message));
        Assert.Equal(fault, Assert.Single((await WriteAsync(whole, taken, false)).Refusal!.Faults));

        // Two that change places hold each other's only for as long as nobody looks.
        EntryChange[] swapped = [Key(part.Current, "a", Digests[2]), Key(part.Current, "c", Digests[0])];
        Assert.Null((await WriteAsync(part, swapped, false)).Refusal);
        Assert.Single((await WriteAsync(part, [Key(part.Current, "d", Digests[0])], false)).Refusal!.Faults);
        Assert.Null((await WriteAsync(part, [new EntryChange("keys", "c", null)], false)).Refusal);
        Assert.Null((await WriteAsync(part, [Key(part.Current, "d", Digests[0])], false)).Refusal);
    }

    [Fact]
    public async Task A_dry_run_leaves_nothing_behind()
    {
        using var state = await OpenAsync(new());
        Assert.Null((await WriteAsync(state, [Key(state.Current, "a", Digests[0])], false)).Refusal);
        Assert.Null((await WriteAsync(state, [Key(state.Current, "b", Digests[1])], isDry: true)).Refusal);
        Assert.Null((await WriteAsync(state, [new EntryChange("keys", "a", null)], isDry: true)).Refusal);
        Assert.Null((await WriteAsync(state, [Key(state.Current, "c", Digests[1])], false)).Refusal);
        Assert.NotNull((await WriteAsync(state, [Key(state.Current, "d", Digests[0])], false)).Refusal);
    }

    [Fact]
    public async Task What_an_older_version_took_is_judged_whole_before_anything_rests_on_it()
    {
        var log = new MemoryCommandLog();
        using (var state = await EdgeState.OpenAsync(log, new DocumentCheck(), TimeProvider.System))
            await HeadAsync(state);
        var odd = new EdgeCommand(new AuditRecord(1, "old", "127.0.0.1", "put", "keys/odd"), [Entry("keys", "odd", """{"name":"odd","sha256":"x"}""", 1)]);
        await log.AppendAsync(EdgeCodec.Write(odd), default);
        using var reopened = await EdgeState.OpenAsync(log, new DocumentCheck(), TimeProvider.System);
        var fault = Assert.Single((await WriteAsync(reopened, [Key(reopened.Current, "a", Digests[0])], false)).Refusal!.Faults);
        Assert.Equal("keys.odd.sha256", fault.Path);
    }

    private static async Task<EdgeState> OpenAsync(DocumentCheck check)
    {
        var state = await EdgeState.OpenAsync(new MemoryCommandLog(), check, TimeProvider.System);
        await HeadAsync(state);
        return state;
    }

    private static async Task HeadAsync(EdgeState state)
    {
        var outcome = await WriteAsync(
            state,
            [
                Entry("providers", "openai", World.Provider, 1), Entry("models", "m0", World.Model, 1), Entry("models", "m1-*", World.Model, 2),
                Entry("teams", "t0", """{"tags":{"env":"prod"}}""", 1), Entry("limits", "l0", """{"name":"l0","match":{"team":"t0"},"requests":"5/min"}""", 1),
            ],
            false);
        Assert.Null(outcome.Refusal);
    }

    private static async Task<WriteOutcome> WriteAsync(EdgeState state, IReadOnlyList<EntryChange> changes, bool isDry) =>
        await state.WriteAsync(_ => WriteDecision.Change(new AuditRecord(1, "tester", "127.0.0.1", "put", "entry"), changes).Dry(isDry));

    private static string Text(WriteOutcome outcome) =>
        outcome.Refusal is null ? "" : $"{outcome.Refusal.Kind} {outcome.Refusal.Detail}\n{string.Join('\n', World.Lines(outcome.Refusal.Faults))}";

    private static EntryChange Entry(string section, string name, string json, ulong position) =>
        new(section, name, new EntryValue(Encoding.UTF8.GetBytes(json), EntryOwner.Api, position, default));

    private static EntryChange Key(EdgeDocument document, string name, string digest) =>
        Entry("keys", name, $$"""{"name":"{{name}}","sha256":"{{digest}}"}""", document.Find("keys", name)?.Value.Position ?? document.NextPosition("keys"));

    /// <summary>A change as somebody might write it: mostly to keys, often wrong, often the same as another.</summary>
    private static EntryChange Change(Random random, EdgeDocument document)
    {
        var number = random.Next(random.Next(3) == 0 ? 3 : 9).ToString(CultureInfo.InvariantCulture);
        var section = random.Next(12) switch { 0 => "teams", 1 => "models", 2 => "limits", _ => "keys" };
        var name = section[0] + number;
        if (random.Next(7) == 0)
            return new(section, name, null);
        var json = section switch
        {
            "teams" => random.Next(4) == 0 ? """{"tags":{"env":7}}""" : """{"tags":{"env":"prod"}}""",
            "models" => random.Next(4) == 0 ? """{"targets":[{"provider":"nobody"}]}""" : World.Model,
            "limits" => $$"""{"name":"{{name}}","match":{"team":"t{{random.Next(3)}}"},"requests":"5/min"{{(random.Next(6) == 0 ? ",\"odd\":1" : "")}}}""",
            _ => Key(random, name),
        };
        return Entry(section, name, json, random.Next(3) == 0 ? (ulong)random.Next(1, 9) : document.Find(section, name)?.Value.Position ?? document.NextPosition(section));
    }

    private static string Key(Random random, string name)
    {
        var json = new StringBuilder("{\"name\":\"").Append(random.Next(40) == 0 ? "k1" : name).Append("\",\"sha256\":\"");
        json.Append(random.Next(20) switch { 0 => "x", 1 => "${env:AIEDGE_SECRET_K}", 2 => "${env:HOME}", _ => Digests[random.Next(Digests.Length)] }).Append('"');
        if (random.Next(2) == 0)
            json.Append(CultureInfo.InvariantCulture, $",\"team\":\"t{random.Next(3)}\"");
        if (random.Next(3) == 0)
            json.Append(CultureInfo.InvariantCulture, $",\"models\":[\"m{random.Next(3)}\",\"m1-x\"]");
        if (random.Next(10) == 0)
            json.Append(",\"disabled\":true");
        if (random.Next(6) == 0)
            json.Append(CultureInfo.InvariantCulture, $",\"previous\":{{\"sha256\":\"{Digests[random.Next(Digests.Length)]}\",\"until\":\"2027-01-01\"}}");
        if (random.Next(15) == 0)
            json.Append(",\"tier\":\"not a word\",\"expires\":\"never\"");
        return json.Append('}').ToString();
    }
}
