using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Schemas that Anthropic is not to keep to: closed they would mean something else, or it would refuse them.</summary>
public sealed class ClosedSchemasTests
{
    private const string Tree = """{"type":"object","properties":{"of":{"type":"array","items":{"$ref":"REF"}}},"required":["of"]}""";

    [Theory]
    [InlineData("""{"type":"object"}""")]
    [InlineData("""{"type":"object","properties":{}}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"number"}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":true}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"patternProperties":{"^x":{}}}""")]
    [InlineData("""{"type":["object","null"]}""")]
    [InlineData("""{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"object"}]}}""")]
    [InlineData("""{"type":"object","allOf":[{"type":"object","properties":{"a":{}},"required":["a"]}]}""")]
    public void What_would_be_forced_to_be_empty_is_not_kept_to(string schema)
    {
        Assert.False(IsKept(Wrapped(schema)));
        if (schema.StartsWith("""{"type":"object""", StringComparison.Ordinal) && !schema.Contains("\"properties\":{}", StringComparison.Ordinal))
            Assert.False(IsKept(schema));
    }

    [Theory]
    [InlineData("""{"type":"object","additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"object","properties":{"a":{}},"required":["a"]}]}""")]
    [InlineData("{}")]
    public void What_means_the_same_is_kept_to(string schema) => Assert.True(IsKept(Wrapped(schema)));

    /// <summary>One that names none and says so takes none; of one that says nothing nobody knows.</summary>
    [Theory]
    [InlineData(",\"parameters\":{\"type\":\"object\",\"properties\":{}}", true)]
    [InlineData(",\"parameters\":{\"type\":\"object\"}", false)]
    [InlineData(",\"parameters\":{}", false)]
    [InlineData("", true)]
    public void A_function_may_take_nothing(string parameters, bool isKept)
    {
        var body = """{"messages":[{"role":"user","content":"Q"}],"tools":[{"type":"function","function":{"name":"f","strict":true""" + parameters + "}}]}";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var losses);
        var tool = JsonElement.Parse(told).GetProperty("tools")[0];
        Assert.Equal((isKept, isKept ? "" : "tools.function.strict"), (tool.TryGetProperty("strict", out _), losses));
        Assert.Equal(isKept, tool.GetProperty("input_schema").TryGetProperty("additionalProperties", out _));
    }

    [Theory]
    [InlineData("#", false)]
    [InlineData("#/$defs/a", false)]
    [InlineData("#/$defs/b", false)]
    [InlineData("#/$defs/c", true)]
    [InlineData("#/$defs/d", false)]
    [InlineData("#/properties/v", false)]
    [InlineData("https://example.com/schema", false)]
    [InlineData("#\\/$defs\\/a", false)]
    [InlineData("#\\/$defs\\/c", true)]
    public void What_refers_to_what_it_is_within_is_not_kept_to(string reference, bool isKept)
    {
        var defs = $$$"""{"a":{{{Tree.Replace("REF", reference, StringComparison.Ordinal)}}},"b":{{{Tree.Replace("REF", "#/$defs/a", StringComparison.Ordinal)}}},"c":{"type":"string"}}""";
        foreach (var name in (string[])["$defs", "definitions"])
        {
            var schema = $$$"""{"type":"object","properties":{"v":{"$ref":"#/$defs/b"},"w":{"$ref":"#/$defs/b"}},"required":["v","w"],"$defs":{{{defs}}}}"""
                .Replace("$defs", name, StringComparison.Ordinal);
            Assert.Equal(isKept, IsKept(schema));
        }
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void More_definitions_than_are_looked_through_are_not_kept_to(int count, bool isKept)
    {
        var defs = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"d{i}\":" + (i + 1 < count ? $$"""{"$ref":"#/$defs/d{{i + 1}}"}""" : "{}")));
        Assert.Equal(isKept, IsKept($$$"""{"type":"object","properties":{"v":{"$ref":"#/$defs/d0"}},"required":["v"],"$defs":{{{{defs}}}}}"""));
    }

    [Theory]
    [InlineData(24, true)]
    [InlineData(25, false)]
    public void Properties_that_need_not_be_there_are_counted(int count, bool isKept) => Assert.Equal(isKept, IsKept(Wrapped(Optional(count))));

    [Theory]
    [InlineData("""{"type":["string","null"]}""")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"integer"}]}""")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"integer"}]}""")]
    public void Properties_of_several_types_are_counted(string union)
    {
        Assert.True(IsKept(Properties(16, union, isOptional: false)));
        Assert.False(IsKept(Properties(17, union, isOptional: false)));
    }

    [Fact]
    public void What_may_be_null_at_gemini_is_of_two_types()
    {
        Assert.True(IsKept(16));
        Assert.False(IsKept(17));

        static bool IsKept(int count)
        {
            var schema = Properties(count, """{"type":"STRING","nullable":true}""", isOptional: false);
            var body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":""" + schema + "}}";
            return JsonElement.Parse(Translating.Request(RequestShape.Contents, RequestShape.Messages, body, out _)).TryGetProperty("output_config", out _);
        }
    }

    /// <summary>What a function takes is asked for all the same; those that come first are kept to, and the answer's comes before them.</summary>
    [Fact]
    public void All_schemas_of_a_request_have_one_bound()
    {
        Assert.Equal(("11110", true, "tools.function.strict"), Kept(5, Optional(5), Optional(4)));
        Assert.Equal(("11110", false, "tools.function.strict"), Kept(5, Optional(6), null));
        Assert.Equal(("11101", false, "tools.function.strict"), Kept(5, Optional(6), null, (3, Optional(7)), (4, Optional(6))));
        Assert.Equal((new string('1', 20) + "00", true, "tools.function.strict"), Kept(22, Optional(0), Optional(24)));
        Assert.Equal((new string('1', 20), true, ""), Kept(20, Optional(0), Optional(24)));

        static (string Kept, bool HasFormat, string Losses) Kept(int count, string schema, string? format, params (int At, string Schema)[] others)
        {
            var tools = string.Join(',', Enumerable.Range(0, count).Select(i => "{\"type\":\"function\",\"function\":{\"name\":\"f" + i + "\",\"strict\":true,\"parameters\":"
                + (others.FirstOrDefault(other => other.At == i && i > 0).Schema ?? schema) + "}}"));
            var more = format is null ? "" : ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":" + format + "}}";
            var told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, $$"""{"messages":[{"role":"user","content":"Q"}],"tools":[{{tools}}]{{more}}}""", out var losses));
            var kept = told.GetProperty("tools").EnumerateArray().Select(tool => tool.TryGetProperty("strict", out _) ? '1' : '0');
            return (string.Concat(kept), told.TryGetProperty("output_config", out _), losses);
        }
    }

    private static string Wrapped(string schema) => """{"type":"object","properties":{"v":SCHEMA},"required":["v"]}""".Replace("SCHEMA", schema, StringComparison.Ordinal);

    private static string Optional(int count) => Properties(count, """{"type":"string"}""", isOptional: true);

    private static string Properties(int count, string schema, bool isOptional)
    {
        var names = Enumerable.Range(0, count).Select(i => $"\"p{i}\"").ToArray();
        return "{\"type\":\"object\",\"properties\":{" + string.Join(',', names.Append("\"q\"").Select(name => name + ":" + (name == "\"q\"" ? "{\"type\":\"string\"}" : schema)))
            + "},\"required\":[" + string.Join(',', isOptional ? ["\"q\""] : names.Append("\"q\"")) + "]}";
    }

    /// <summary>As an answer's schema and as what a function takes: else a sentence quotes it, and the function takes it as it stands; reported.</summary>
    private static bool IsKept(string schema)
    {
        var format = """{"messages":[{"role":"user","content":"Q"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":SCHEMA}}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        var told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, format, out var losses));
        var isKept = told.TryGetProperty("output_config", out _);
        Assert.Equal(isKept ? "" : "response_format", losses);
        if (!isKept)
            Assert.EndsWith(schema, told.GetProperty("system")[0].GetProperty("text").GetString(), StringComparison.Ordinal);

        var tool = """{"messages":[{"role":"user","content":"Q"}],"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":SCHEMA}}]}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, tool, out losses)).GetProperty("tools")[0];
        Assert.Equal((isKept, isKept ? "" : "tools.function.strict"), (told.TryGetProperty("strict", out _), losses));
        if (!isKept)
            Assert.Equal(schema, told.GetProperty("input_schema").GetRawText());
        return isKept;
    }
}
