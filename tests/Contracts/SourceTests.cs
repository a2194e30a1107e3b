using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Tests;

public sealed class SourceTests
{
    [Theory]
    [InlineData("", ScalarKind.Null)]
    [InlineData("~", ScalarKind.Null)]
    [InlineData("null", ScalarKind.Null)]
    [InlineData("NULL", ScalarKind.Null)]
    [InlineData("nULL", ScalarKind.Text)]
    [InlineData("true", ScalarKind.Boolean)]
    [InlineData("False", ScalarKind.Boolean)]
    [InlineData("yes", ScalarKind.Text)]
    [InlineData("off", ScalarKind.Text)]
    [InlineData("on", ScalarKind.Text)]
    [InlineData("0", ScalarKind.Whole)]
    [InlineData("-17", ScalarKind.Whole)]
    [InlineData("+17", ScalarKind.Whole)]
    [InlineData("0o17", ScalarKind.Whole)]
    [InlineData("0x1F", ScalarKind.Whole)]
    [InlineData("0o8", ScalarKind.Text)]
    [InlineData("0x", ScalarKind.Text)]
    [InlineData("017", ScalarKind.Whole)]
    [InlineData("1_000", ScalarKind.Text)]
    [InlineData("1.", ScalarKind.Fraction)]
    [InlineData(".5", ScalarKind.Fraction)]
    [InlineData("-1.5e-3", ScalarKind.Fraction)]
    [InlineData("1e3", ScalarKind.Fraction)]
    [InlineData("12e4567", ScalarKind.Fraction)]
    [InlineData(".", ScalarKind.Text)]
    [InlineData("e3", ScalarKind.Text)]
    [InlineData("1e", ScalarKind.Text)]
    [InlineData("1.2.3", ScalarKind.Text)]
    [InlineData("-", ScalarKind.Text)]
    [InlineData("-.inf", ScalarKind.Fraction)]
    [InlineData(".NaN", ScalarKind.Fraction)]
    [InlineData("+.nan", ScalarKind.Text)]
    [InlineData("2027-01-01", ScalarKind.Text)]
    [InlineData("12:30:45", ScalarKind.Text)]
    [InlineData("sk-1", ScalarKind.Text)]
    public void A_plain_scalar_is_what_the_core_schema_says(string text, ScalarKind kind) => Assert.Equal(kind, YamlScalar.KindOf(text));

    [Theory]
    [InlineData("a: \"true\"", "{\"a\":Text \"true\"}")]
    [InlineData("a: '1'", "{\"a\":Text \"1\"}")]
    [InlineData("a: |\n  x\n  y\n", "{\"a\":Text \"x\\u000ay\\u000a\"}")]
    [InlineData("a: >-\n  x\n  y\n", "{\"a\":Text \"x y\"}")]
    [InlineData("a: b # comment", "{\"a\":Text \"b\"}")]
    [InlineData("# comment\na: b", "{\"a\":Text \"b\"}")]
    [InlineData("a:\n- b\n- c: d\n", "{\"a\":[Text \"b\",{\"c\":Text \"d\"}]}")]
    [InlineData("{a: [1, {b: }]}", "{\"a\":[Whole \"1\",{\"b\":Null \"\"}]}")]
    [InlineData("%YAML 1.2\n---\na: b\n...\n", "{\"a\":Text \"b\"}")]
    [InlineData("\"a\\u00e9\": '\u00e9'", "{\"a\u00e9\":Text \"\u00e9\"}")]
    [InlineData("true: 1\nnull: 2\n", "{\"true\":Whole \"1\",\"null\":Whole \"2\"}")]
    [InlineData("a: b\r\nc: d\r\n", "{\"a\":Text \"b\",\"c\":Text \"d\"}")]
    [InlineData("\uFEFFa: b", "{\"a\":Text \"b\"}")]
    public void Yaml_becomes_a_tree(string text, string shape)
    {
        var tree = Trees.Parse(text, ConfigFormat.Yaml, out var faults);
        Assert.Empty(faults);
        Assert.Equal(shape, Trees.Shape(tree));
    }

    [Theory]
    [InlineData("{\"a\":\"true\",\"b\":true,\"c\":null,\"d\":[1,-2.5,1e3,{}]}", "{\"a\":Text \"true\",\"b\":Boolean \"true\",\"c\":Null \"null\",\"d\":[Whole \"1\",Fraction \"-2.5\",Fraction \"1e3\",{}]}")]
    [InlineData("\uFEFF {\"\\u00e9\\n\": \"\\ud83d\\ude00\"} ", "{\"\u00e9\\u000a\":Text \"\\ud83d\\ude00\"}")]
    public void Json_becomes_a_tree(string text, string shape)
    {
        var tree = Trees.Parse(text, ConfigFormat.Json, out var faults);
        Assert.Empty(faults);
        Assert.Equal(shape, Trees.Shape(tree));
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x", "1: anchors are not supported")]
    [InlineData("a: 1\nb: *x", "2: aliases are not supported")]
    [InlineData("a: 1\n&x b: 1", "2: anchors and aliases are not supported")]
    [InlineData("a: &x { b: 1 }", "1: anchors are not supported")]
    [InlineData("a: 1\n<<: { b: 1 }", "2: merge keys are not supported")]
    [InlineData("a: !!str 1", "1: tags are not supported")]
    [InlineData("a: 1\nb: !secret x", "2: tags are not supported")]
    [InlineData("!!map { a: 1 }", "1: tags are not supported")]
    [InlineData("a: 1\n---\nb: 1", "2: holds a second document; one is all that is read")]
    [InlineData("a: 1\n? [b]\n: c", "2: a name must be a text, not a map or list")]
    [InlineData("a: 1\n? {b: c}\n: d", "2: a name must be a text, not a map or list")]
    [InlineData("x:\n  a: 1\n  b: 2\n  a: 3", "4: x.a: is there twice")]
    [InlineData("a: {b: 1, b: 2}", "1: a.b: is there twice")]
    [InlineData("a: \"b\0c\"", "1: holds a control character")]
    [InlineData("a: 1\nb: \u0007", "2: holds a control character")]
    [InlineData("a: 1\r\rb: \u007f", "3: holds a control character")]
    public void What_makes_yaml_more_than_data_is_refused_with_its_line(string text, string fault)
    {
        Trees.Parse(text, ConfigFormat.Yaml, out var faults);
        Assert.Equal([fault], faults);
    }

    [Theory]
    [InlineData("a: [1\nb: 2", 2)]
    [InlineData("a: b: c", 1)]
    [InlineData("a: 1\n\tb: 2", 2)]
    [InlineData("a:\n  b: 1\n c: 2", 3)]
    [InlineData("a: \"x", 1)]
    [InlineData("a: \"\\x\"", 1)]
    [InlineData("a: @x", 1)]
    [InlineData("targets: [ { provider: p }\nkeys:\n  - a\n", 2)]
    [InlineData("a: {\n  b: 1\nc: 2\n", 3)]
    [InlineData("a: }", 1)]
    public void Broken_yaml_is_refused_near_its_line(string text, int line)
    {
        Assert.Null(Trees.Parse(text, ConfigFormat.Yaml, out var faults));
        var fault = Assert.Single(faults);
        Assert.Contains("well-formed YAML", fault, StringComparison.Ordinal);
        Assert.InRange(int.Parse(fault[..fault.IndexOf(':', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture), line, line + 1);
    }

    [Theory]
    [InlineData("{\n\"a\": 1,\n\"a\": 2}", "3: a: is there twice")]
    [InlineData("{\"x\": [\n{\"b\": 1, \"\\u0062\": 2}]}", "2: x[0].b: is there twice")]
    [InlineData("{\n\"a\": 1,\n}", "3: is not well-formed JSON")]
    [InlineData("{\n// no\n\"a\": 1}", "2: is not well-formed JSON")]
    [InlineData("{\"a\": 1}\n{}", "2: is not well-formed JSON")]
    [InlineData("{\"a\": 01}", "1: is not well-formed JSON")]
    [InlineData("{\"a\": ", "1: is not well-formed JSON")]
    [InlineData("", "1: is not well-formed JSON")]
    [InlineData("{\n\"a\": \"\\ud800\"}", "2: holds a text that is not valid Unicode")]
    [InlineData("{\n\n\"\\udc00\": 1}", "3: holds a text that is not valid Unicode")]
    [InlineData("{\"a\": \"\u0001\"}", "1: holds a control character")]
    public void Broken_json_is_refused_with_its_line(string text, string fault)
    {
        Trees.Parse(text, ConfigFormat.Json, out var faults);
        Assert.Equal([fault], faults);
    }

    [Theory]
    [InlineData(false, 64, true)]
    [InlineData(false, 65, false)]
    [InlineData(false, 5000, false)]
    [InlineData(true, 64, true)]
    [InlineData(true, 65, false)]
    [InlineData(true, 5000, false)]
    public void A_document_is_at_most_64_levels_deep(bool isJson, int depth, bool isRead)
    {
        var format = isJson ? ConfigFormat.Json : ConfigFormat.Yaml;
        var tree = Trees.Parse("\n" + new string('[', depth) + new string(']', depth), format, out var faults);
        Assert.Equal(isRead, tree is not null);
        Assert.Equal(isRead ? [] : ["2: is nested deeper than 64 levels"], faults);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bytes_that_are_not_utf8_are_refused_with_their_line(bool isJson)
    {
        var format = isJson ? ConfigFormat.Json : ConfigFormat.Yaml;
        byte[] content = [.. "{\n\"a\": \""u8, 0xC3, 0x28, .. "\"}"u8];
        var faults = new FaultList();
        Assert.Null(ConfigSource.Parse(content, format, faults));
        Assert.Equal(["2: is not valid UTF-8"], Trees.Lines(faults.ToList()));
        Assert.Null(ConfigSource.Parse(Encoding.Unicode.GetBytes("\uFEFF{}"), format, new FaultList()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Places_are_counted_from_one_in_lines_and_characters(bool isJson)
    {
        var format = isJson ? ConfigFormat.Json : ConfigFormat.Yaml;
        var root = (ConfigMap)Trees.Parse("{\"\u00e9\u00e9\": 1,\r\n  \"b\":\n    {\"c\": [true,\n \"x\"]}}", format, out _)!;
        var first = root.Entries[0];
        Assert.Equal((1, 2, 1, 8), (first.Line, first.Column, first.Value.Line, first.Value.Column));
        var b = root.Entries[1];
        Assert.Equal((2, 3, 2, 3), (b.Line, b.Column, b.Value.Line, b.Value.Column));
        var list = (ConfigSequence)((ConfigMap)b.Value).Entries[0].Value;
        Assert.Equal((3, 6), (list.Line, list.Column));
        Assert.Equal((3, 12, 4, 2), (list.Items[0].Line, list.Items[0].Column, list.Items[1].Line, list.Items[1].Column));
    }

    [Fact]
    public void The_format_goes_by_the_end_of_the_name()
    {
        Assert.Equal(ConfigFormat.Json, ConfigSource.FormatOf("/etc/a.json"));
        Assert.Equal(ConfigFormat.Json, ConfigSource.FormatOf("A.JSON"));
        Assert.Equal(ConfigFormat.Yaml, ConfigSource.FormatOf("a.yaml"));
        Assert.Equal(ConfigFormat.Yaml, ConfigSource.FormatOf("json"));
    }
}
