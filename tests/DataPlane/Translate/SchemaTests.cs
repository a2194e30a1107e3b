using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Schemas that an answer has to keep to, as each provider takes them.</summary>
public sealed class SchemaTests
{
    private const string Closed = """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""";
    private const string Optional = """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a"],"additionalProperties":false}""";

    [Theory]
    [InlineData("""{"type":"integer","minimum":1,"maximum":10,"description":"A number"}""", """{"type":"integer","description":"A number\n\n{minimum: 1, maximum: 10}"}""", "minimum,maximum")]
    [InlineData("""{"type":"string","minLength":1,"pattern":"^a\"b$","format":"uri-reference"}""",
        """{"type":"string","description":"{minLength: 1, pattern: \"^a\\\"b$\", format: \"uri-reference\"}"}""", "minLength,pattern,format")]
    [InlineData("""{"type":"string","format":"email"}""", """{"type":"string","format":"email"}""", "")]
    [InlineData("""{"type":"array","minItems":1,"items":{"type":"array","minItems":2,"maxItems":3,"items":{}}}""",
        """{"type":"array","minItems":1,"items":{"type":"array","items":{},"description":"{minItems: 2, maxItems: 3}"}}""", "minItems,maxItems")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"object","additionalProperties":{"type":"string"}}]}""",
        """{"anyOf":[{"type":"string"},{"type":"object","additionalProperties":false,"description":"{additionalProperties: {\"type\":\"string\"}}"}]}""", "additionalProperties")]
    public void Anthropic_is_not_asked_to_keep_to_what_it_refuses(string schema, string expected, string lost)
    {
        var whole = $$$"""{"type":"object","properties":{"minimum":{{{schema}}}},"required":["minimum"],"additionalProperties":false}""";
        var wanted = $$$"""{"type":"object","properties":{"minimum":{{{expected}}}},"required":["minimum"],"additionalProperties":false}""";
        var format = """{"messages":[{"role":"user","content":"Q"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":SCHEMA}}}""".Replace("SCHEMA", whole, StringComparison.Ordinal);
        var told = Translating.Request(RequestShape.Chat, RequestShape.Messages, format, out var losses);
        Assert.Equal(wanted, JsonElement.Parse(told).GetProperty("output_config").GetProperty("format").GetProperty("schema").GetRawText());
        Assert.Equal(Within("response_format.json_schema.schema", lost), losses);

        var tool = """{"messages":[{"role":"user","content":"Q"}],"tools":[{"type":"function","function":{"name":"f","strict":STRICT,"parameters":SCHEMA}}]}""".Replace("SCHEMA", whole, StringComparison.Ordinal);
        told = Translating.Request(RequestShape.Chat, RequestShape.Messages, tool.Replace("STRICT", "true", StringComparison.Ordinal), out losses);
        Assert.Equal(wanted, JsonElement.Parse(told).GetProperty("tools")[0].GetProperty("input_schema").GetRawText());
        Assert.Equal(Within("tools.function.parameters", lost), losses);

        // Calls that need not keep to it take any.
        told = Translating.Request(RequestShape.Chat, RequestShape.Messages, tool.Replace("STRICT", "false", StringComparison.Ordinal), out losses);
        Assert.Equal(whole, JsonElement.Parse(told).GetProperty("tools")[0].GetProperty("input_schema").GetRawText());
        Assert.Equal("", losses);
    }

    [Theory]
    [InlineData(Closed, true)]
    [InlineData(Optional, false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","properties":{"b":{}},"additionalProperties":false}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{}}}}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"anyOf":[{"type":"null"},{"type":"object"}]}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","default":"x"}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/d"}},"required":["a"],"additionalProperties":false,"$defs":{"d":{"type":"object","properties":{"b":{}}}}}""", false)]
    [InlineData("""{"anyOf":[{"type":"string"}]}""", false)]
    [InlineData("""{"type":"array","items":{"type":"string"}}""", false)]
    public void OpenAi_is_asked_to_keep_strictly_to_what_it_takes_so(string schema, bool isStrict)
    {
        var body = """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"output_config":{"format":{"type":"json_schema","schema":SCHEMA}},"tools":[{"name":"f","strict":true,"input_schema":SCHEMA}]}"""
            .Replace("SCHEMA", schema, StringComparison.Ordinal);
        var told = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var losses));
        Assert.Equal(isStrict, told.GetProperty("response_format").GetProperty("json_schema").TryGetProperty("strict", out _));
        Assert.Equal(isStrict, told.GetProperty("tools")[0].GetProperty("function").TryGetProperty("strict", out _));
        Assert.Equal(isStrict ? "" : "tools.strict,output_config.format.strict", losses);

        told = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Responses, body, out losses));
        Assert.Equal(isStrict, told.GetProperty("text").GetProperty("format").TryGetProperty("strict", out _));
        Assert.Equal(isStrict, told.GetProperty("tools")[0].GetProperty("strict").GetBoolean());
        Assert.Equal(isStrict ? "" : "tools.strict,output_config.format.strict", losses);
    }

    [Fact]
    public void What_OpenAi_s_own_client_wants_to_be_strict_stays_so()
    {
        var body = """{"model":"m","input":"Q","text":{"format":{"type":"json_schema","name":"a","strict":true,"schema":SCHEMA}}}""".Replace("SCHEMA", Optional, StringComparison.Ordinal);
        Assert.Contains("\"strict\":true", Translating.Request(RequestShape.Responses, RequestShape.Chat, body, out var losses), StringComparison.Ordinal);
        Assert.Equal("", losses);
    }

    private static string Within(string field, string words) => words.Length == 0 ? "" : string.Join(',', words.Split(',').Select(word => $"{field}.{word}"));

    /// <summary>It would be gone through once for each level, and a list of names once for each property.</summary>
    [Theory]
    [InlineData(1000, true)]
    [InlineData(300_000, false)]
    public void A_schema_that_is_too_long_to_be_looked_into_goes_as_it_stands(int length, bool isLookedInto)
    {
        var schema = $$$"""{"type":"object","properties":{"a":{"type":"string","description":"{{{new string('x', length)}}}"}},"required":["a"],"additionalProperties":false}""";
        var body = """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"output_config":{"format":{"type":"json_schema","schema":""" + schema + "}}}";
        var told = Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var losses);
        Assert.Equal(isLookedInto ? "" : "output_config.format.strict", losses);
        Assert.Contains(schema, told, StringComparison.Ordinal);
        var bound = schema.Replace("\"type\":\"string\"", "\"type\":\"string\",\"maxLength\":5", StringComparison.Ordinal);
        var chat = """{"model":"m","messages":[{"role":"user","content":"Q"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":""" + bound + "}}}";
        Assert.Equal(!isLookedInto, Translating.Request(RequestShape.Chat, RequestShape.Messages, chat, out _).Contains("\"maxLength\":5", StringComparison.Ordinal));
    }
}
