using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Tests;

public sealed class TreeTests
{
    private static ConfigScalar Text(string text, int line = 1) => new(ScalarKind.Text, text, line, 1);

    [Theory]
    [InlineData("gpt-4o", "models.gpt-4o.targets[1].provider")]
    [InlineData("gpt-4.1", "models[\"gpt-4.1\"].targets[1].provider")]
    [InlineData("gpt-*", "models[\"gpt-*\"].targets[1].provider")]
    [InlineData("", "models[\"\"].targets[1].provider")]
    [InlineData("a\nb", "models[\"a\\u000ab\"].targets[1].provider")]
    public void A_path_names_every_step_from_the_root(string model, string expected)
    {
        var root = new ConfigMap(1, 1);
        var models = new ConfigMap(1, 1);
        var one = new ConfigMap(1, 1);
        var targets = new ConfigSequence(1, 1);
        var target = new ConfigMap(1, 1);
        var provider = Text("x");
        root.TryAdd("models", models, 1, 1);
        models.TryAdd(model, one, 1, 1);
        one.TryAdd("targets", targets, 1, 1);
        targets.Add(Text("first"));
        targets.Add(target);
        target.TryAdd("provider", provider, 1, 1);

        Assert.Equal(expected, provider.Path);
        Assert.Equal("", root.Path);
        Assert.Equal(expected.Replace("provider", "model", StringComparison.Ordinal), ConfigPath.Of(target, "model"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    public void A_map_keeps_the_first_of_two_entries_of_one_name(int entries)
    {
        var map = new ConfigMap(1, 1);
        for (var i = 0; i < entries; i++)
            Assert.True(map.TryAdd("name" + i, Text("v" + i), i, 1));

        Assert.False(map.TryAdd("name1", Text("other"), 7, 1));
        Assert.Equal(entries, map.Entries.Count);
        Assert.Equal("v1", ((ConfigScalar)map.Entry("name1")!.Value).Text);
        Assert.Null(map.Entry("nobody"));
        for (var i = 0; i < entries; i++)
            Assert.Equal("name" + i, map.Entries[i].Name);
    }

    [Fact]
    public void A_replaced_value_keeps_its_place_in_the_path()
    {
        var map = new ConfigMap(1, 1);
        var list = new ConfigSequence(1, 1);
        map.TryAdd("list", list, 1, 1);
        list.Add(Text("a"));
        list.Add(Text("b"));
        list.Replace(1, Text("c"));
        map.TryAdd("x", Text("y"), 2, 1);
        map.Replace(1, Text("z"));

        Assert.Equal("list[1]", list.Items[1].Path);
        Assert.Equal("z", ((ConfigScalar)map.Entry("x")!.Value).Text);
        Assert.Equal("x", map.Entry("x")!.Value.Path);
    }

    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("line\nline", "\"line\\u000aline\"")]
    [InlineData("\u001b[31m", "\"\\u001b[31m\"")]
    public void Quoted_text_cannot_forge_a_line(string text, string expected) => Assert.Equal(expected, ConfigText.Quote(text));

    [Fact]
    public void Half_a_surrogate_pair_is_shown_by_its_number() => Assert.Equal("\"\\ud800\"", ConfigText.Quote("\ud800"));

    [Fact]
    public void Quoted_text_is_cut() => Assert.Equal("\"aaaa…\"", ConfigText.Quote(new string('a', 100), 4));

    [Fact]
    public void A_scalar_by_reference_is_never_shown() =>
        Assert.DoesNotContain("canary", new ConfigScalar(ScalarKind.Text, "canary", 1, 1, byReference: true).Shown, StringComparison.Ordinal);

    [Fact]
    public void Faults_come_by_line_and_those_of_one_place_in_the_order_of_their_adding()
    {
        var faults = new FaultList();
        faults.Add("c", 9, 1, "third");
        faults.Add("a", 2, 5, "first");
        faults.Add("b", 2, 5, "second");
        faults.Add("top", 0, 0, "zeroth");

        Assert.Equal(["zeroth", "first", "second", "third"], faults.ToList().Select(f => f.Message));
    }

    [Fact]
    public void Faults_are_bounded_and_the_rest_is_counted()
    {
        var faults = new FaultList();
        for (var i = 0; i < FaultList.FaultsMax + 7; i++)
            faults.Add("x", i + 1, 1, "wrong");

        var list = faults.ToList();
        Assert.Equal(FaultList.FaultsMax + 7, faults.Count);
        Assert.Equal(FaultList.FaultsMax + 1, list.Count);
        Assert.Equal("7 more faults are not shown", list[^1].Message);
    }

    [Fact]
    public void A_broken_scalar_takes_no_further_fault()
    {
        var faults = new FaultList();
        faults.Add(new ConfigScalar(ScalarKind.Text, "", 3, 1, byReference: true) { IsBroken = true }, "is empty");
        Assert.Equal(0, faults.Count);
    }

    [Theory]
    [InlineData("models.x", 12, "f.yaml:12: models.x: bad")]
    [InlineData("", 12, "f.yaml:12: bad")]
    [InlineData("", 0, "f.yaml: bad")]
    [InlineData("--listen", 0, "--listen: bad")]
    public void A_fault_is_printed_with_file_line_and_path(string path, int line, string expected) =>
        Assert.Equal(expected, new ConfigFault(path, line, 1, "bad").Format("f.yaml"));

    [Theory]
    [InlineData("openia", " (did you mean \"openai\"?)")]
    [InlineData("Openai", " (did you mean \"openai\"?)")]
    [InlineData("opnai", " (did you mean \"openai\"?)")]
    [InlineData("azur", " (did you mean \"azure\"?)")]
    [InlineData("x", "")]
    [InlineData("completely-else", "")]
    [InlineData("", "")]
    public void A_suggestion_is_made_for_what_is_near(string name, string expected) =>
        Assert.Equal(expected, Suggestion.For(name, ["azure", "openai", "b"]));
}
