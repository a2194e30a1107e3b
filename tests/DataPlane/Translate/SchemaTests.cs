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
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"object","properties":{"a":{}},"minProperties":1}]}""",
        """{"anyOf":[{"type":"string"},{"type":"object","properties":{"a":{}},"additionalProperties":false,"description":"{minProperties: 1}"}]}""", "minProperties")]
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
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","format":"date"}},"required":["a"],"additionalProperties":false}""", true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","format":"uri"}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false,"anyOf":[{}]}""", false)]
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

    [Theory]
    [InlineData("""{"type":"object"}""", """{"type":"object","properties":{}}""")]
    [InlineData("""{"type":"object","additionalProperties":false}""", """{"type":"object","additionalProperties":false,"properties":{}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object"}}}""", """{"type":"object","properties":{"a":{"type":"object"}}}""")]
    [InlineData("""{"$ref":"#/$defs/a"}""", """{"$ref":"#/$defs/a"}""")]
    public void What_a_function_takes_of_OpenAi_says_which_properties_it_has(string schema, string expected)
    {
        var messages = """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"tools":[{"name":"f","input_schema":""" + schema + "}]}";
        var contents = """{"contents":[{"parts":[{"text":"Q"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":"""
            + schema.Replace("\"object\"", "\"OBJECT\"", StringComparison.Ordinal) + "}]}]}";
        foreach (var upstream in (RequestShape[])[RequestShape.Chat, RequestShape.Responses])
        {
            Assert.Contains("\"parameters\":" + expected, Translating.Request(RequestShape.Messages, upstream, messages, out var losses), StringComparison.Ordinal);
            Assert.Equal("", losses);
            Assert.Contains("\"parameters\":" + expected, Translating.Request(RequestShape.Contents, upstream, contents, out _), StringComparison.Ordinal);
        }
    }

    private static string Within(string field, string words) => words.Length == 0 ? "" : string.Join(',', words.Split(',').Select(word => $"{field}.{word}"));

    /// <summary>It would be gone through once for each level, and a list of names once for each property.</summary>
    [Theory]
    [InlineData(1000, true)]
    [InlineData(2_000_000, false)]
    public void A_schema_that_is_too_long_to_be_looked_into_is_not_kept_strictly_to(int length, bool isLookedInto)
    {
        var schema = $$$"""{"type":"object","properties":{"a":{"type":"string","description":"{{{new string('x', length)}}}"}},"required":["a"],"additionalProperties":false}""";
        var body = """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"output_config":{"format":{"type":"json_schema","schema":""" + schema + "}}}";
        var told = Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var losses);
        Assert.Equal(isLookedInto ? "" : "output_config.format.strict", losses);
        Assert.Contains(schema, told, StringComparison.Ordinal);
        var bound = schema.Replace("\"type\":\"string\"", "\"type\":\"string\",\"maxLength\":5", StringComparison.Ordinal);
        var chat = """{"model":"m","messages":[{"role":"user","content":"Q"}],"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":SCHEMA}}],"""
            + """ "response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":SCHEMA}}}""";
        var asked = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, chat.Replace("SCHEMA", bound, StringComparison.Ordinal), out losses));

        // Of a schema that Anthropic may refuse nothing is asked but by a sentence, or as it takes any.
        Assert.Equal(isLookedInto, asked.TryGetProperty("output_config", out _));
        Assert.Equal(!isLookedInto, asked.TryGetProperty("system", out _));
        Assert.Equal(isLookedInto, asked.GetProperty("tools")[0].TryGetProperty("strict", out _));
        Assert.Equal(!isLookedInto, asked.GetProperty("tools")[0].GetProperty("input_schema").GetProperty("properties").GetProperty("a").TryGetProperty("maxLength", out _));
        Assert.Equal(isLookedInto ? "tools.function.parameters.maxLength,response_format.json_schema.schema.maxLength" : "response_format,tools.function.strict", losses);
    }

    /// <summary>Who is said to take it keeps to any schema, which OpenAI does not: as it stands, for nobody has to close it.</summary>
    [Theory]
    [InlineData(Closed)]
    [InlineData(Optional)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}""")]
    public void Who_is_said_to_keep_strictly_is_asked_to_keep_to_any(string schema)
    {
        var body = """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"output_config":{"format":{"type":"json_schema","schema":SCHEMA}},"tools":[{"name":"f","strict":true,"input_schema":SCHEMA}]}"""
            .Replace("SCHEMA", schema, StringComparison.Ordinal);
        var chat = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var losses, takes: RequestFeatures.Strict));
        Assert.Equal("", losses);
        IsStrict(chat.GetProperty("response_format").GetProperty("json_schema"), "schema", schema);
        IsStrict(chat.GetProperty("tools")[0].GetProperty("function"), "parameters", schema);
        var response = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Responses, body, out losses, takes: RequestFeatures.Strict));
        Assert.Equal("", losses);
        IsStrict(response.GetProperty("text").GetProperty("format"), "schema", schema);
        IsStrict(response.GetProperty("tools")[0], "parameters", schema);

        static void IsStrict(JsonElement told, string name, string schema) => Assert.Equal((true, schema), (told.GetProperty("strict").GetBoolean(), told.GetProperty(name).GetRawText()));
    }

    /// <summary>What Gemini's objects have besides what they name stays open.</summary>
    [Theory]
    [InlineData("""{"type":"ARRAY","items":{"type":"STRING"}}""", """{"type":"array","items":{"type":"string"}}""")]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}""", """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}""", """{"type":"object","properties":{"a":{"type":"string"}}}""")]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"additionalProperties":{"type":"STRING"}}""",
        """{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}""")]
    public void Nor_is_one_of_gemini_s_closed_for_that(string schema, string expected)
    {
        var body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":SCHEMA}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        foreach (var upstream in new[] { RequestShape.Chat, RequestShape.Responses })
        {
            var told = JsonElement.Parse(Translating.Request(RequestShape.Contents, upstream, body, out var losses, takes: RequestFeatures.Schema | RequestFeatures.Strict));
            var format = upstream == RequestShape.Chat ? told.GetProperty("response_format").GetProperty("json_schema") : told.GetProperty("text").GetProperty("format");
            Assert.Equal((true, expected, ""), (format.GetProperty("strict").GetBoolean(), format.GetProperty("schema").GetRawText(), losses));
        }
    }

    /// <summary>Each by itself would be short enough: all of them have one bound.</summary>
    [Fact]
    public void The_schemas_of_many_tools_are_looked_into_as_far_as_they_come_first()
    {
        const int many = 40;
        var schema = Closed.Replace("\"type\":\"string\"", $"\"type\":\"string\",\"description\":\"{new string('x', 100_000)}\"", StringComparison.Ordinal);
        var tools = string.Join(',', Enumerable.Range(0, many).Select(i => "{\"name\":\"f" + i + "\",\"strict\":true,\"input_schema\":" + schema + "}"));
        var body = $$"""{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"}],"tools":[{{tools}}]}""";
        var kept = Kept(RequestShape.Messages, RequestShape.Chat, body, tool => tool.GetProperty("function").TryGetProperty("strict", out _), "tools.strict");
        Assert.Equal(kept, Kept(RequestShape.Messages, RequestShape.Responses, body, tool => tool.GetProperty("strict").GetBoolean(), "tools.strict"));
        tools = string.Join(',', Enumerable.Range(0, many).Select(i => "{\"type\":\"function\",\"function\":{\"name\":\"f" + i + "\",\"strict\":true,\"parameters\":" + schema + "}}"));
        body = $$"""{"model":"m","messages":[{"role":"user","content":"Q"}],"tools":[{{tools}}]}""";
        Assert.Equal(kept, Kept(RequestShape.Chat, RequestShape.Messages, body, tool => tool.TryGetProperty("strict", out _), "tools.function.strict"));
        Assert.InRange(kept, 5, 19);

        static int Kept(RequestShape client, RequestShape upstream, string body, Func<JsonElement, bool> isStrict, string loss)
        {
            var told = JsonElement.Parse(Translating.Request(client, upstream, body, out var losses)).GetProperty("tools").EnumerateArray().Select(isStrict).ToArray();
            Assert.Equal(loss, losses);
            var count = Array.IndexOf(told, false);
            Assert.DoesNotContain(true, told[count..]);
            return count;
        }
    }

    [Theory]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"INTEGER","nullable":true}},"required":["a","b"],"propertyOrdering":["b","a"]}""",
        """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":["integer","null"]}},"required":["a","b"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"ARRAY","minItems":"1","items":{"type":"OBJECT","properties":{"c":{"type":"BOOLEAN"}},"required":["c"]}}},"required":["a"],"additionalProperties":false}""",
        """{"type":"object","properties":{"a":{"type":"array","minItems":1,"items":{"type":"object","properties":{"c":{"type":"boolean"}},"required":["c"],"additionalProperties":false}}},"required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}""", null)]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"OBJECT"}},"required":["a"]}""", null)]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"anyOf":[{"type":"STRING"}],"nullable":true}},"required":["a"]}""", null)]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"INTEGER","format":"int32"}},"required":["a"]}""", null)]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"STRING","example":"x"}},"required":["a"]}""", null)]
    [InlineData("""{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"],"additionalProperties":{"type":"STRING"}}""", null)]
    public void Gemini_s_are_kept_strictly_to_where_that_is_all_the_same(string schema, string? expected)
    {
        var body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":SCHEMA}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        foreach (var upstream in new[] { RequestShape.Chat, RequestShape.Responses })
        {
            var told = JsonElement.Parse(Translating.Request(RequestShape.Contents, upstream, body, out var losses));
            var format = upstream == RequestShape.Chat ? told.GetProperty("response_format").GetProperty("json_schema") : told.GetProperty("text").GetProperty("format");
            Assert.Equal(expected is not null, format.TryGetProperty("strict", out _));
            Assert.Equal(expected is null ? "generationConfig.responseMimeType.strict" : "", losses);
            if (expected is not null)
                Assert.Equal(expected, format.GetProperty("schema").GetRawText());
        }
    }

    /// <summary>It refuses any other; JSON of any kind that can be asked for is an object, too.</summary>
    [Theory]
    [InlineData("""{"type":"ARRAY","items":{"type":"STRING"}}""")]
    [InlineData("""{"type":"STRING","enum":["a","b"]}""")]
    [InlineData("""{"anyOf":[{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}]}""")]
    public void OpenAi_is_told_an_object_s_alone(string schema)
    {
        var contents = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":SCHEMA}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        var messages = """{"max_tokens":99,"messages":[{"role":"user","content":"Q"}],"output_config":{"format":{"type":"json_schema","schema":SCHEMA}}}""".Replace("SCHEMA", schema.ToLowerInvariant(), StringComparison.Ordinal);
        foreach (var (client, body, field) in new[] { (RequestShape.Contents, contents, "generationConfig.responseMimeType"), (RequestShape.Messages, messages, "output_config.format") })
        {
            foreach (var model in (string[])["gpt-4o", "our-own-name", "deepseek-chat"])
            {
                var chat = JsonElement.Parse(Translating.Request(client, RequestShape.Chat, body, out var losses, model));
                Assert.Equal((false, field), (chat.TryGetProperty("response_format", out _), losses));
                Assert.EndsWith(client == RequestShape.Contents ? schema : schema.ToLowerInvariant(), chat.GetProperty("messages")[0].GetProperty("content").GetString(), StringComparison.Ordinal);
            }

            var responses = JsonElement.Parse(Translating.Request(client, RequestShape.Responses, body, out var lost, "gpt-4o"));
            Assert.Equal((false, field), (responses.TryGetProperty("text", out _), lost));
            foreach (var model in (string[])["gpt-oss-120b", "mistral-large-latest", "gemini-2.5-flash"])
            {
                Assert.Equal("json_schema", JsonElement.Parse(Translating.Request(client, RequestShape.Chat, body, out _, model)).GetProperty("response_format").GetProperty("type").GetString());
                Assert.Equal("json_schema", JsonElement.Parse(Translating.Request(client, RequestShape.Responses, body, out _, model)).GetProperty("text").GetProperty("format").GetProperty("type").GetString());
            }
        }
    }

    /// <summary>Whoever serves it: the name of a model does not tell what its server does with a schema.</summary>
    [Theory]
    [InlineData("""{"type":"ARRAY","items":{"type":"STRING"}}""")]
    [InlineData("""{"type":"STRING","enum":["a","b"]}""")]
    [InlineData("""{"anyOf":[{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}]}""")]
    public void Who_is_said_to_take_schemas_is_told_any(string schema)
    {
        var json = schema.Replace("ARRAY", "array", StringComparison.Ordinal).Replace("STRING", "string", StringComparison.Ordinal).Replace("OBJECT", "object", StringComparison.Ordinal);
        var contents = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":SCHEMA}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        var messages = """{"max_tokens":99,"messages":[{"role":"user","content":"Q"}],"output_config":{"format":{"type":"json_schema","schema":SCHEMA}}}""".Replace("SCHEMA", json, StringComparison.Ordinal);
        foreach (var (client, body, strict) in new[] { (RequestShape.Contents, contents, "generationConfig.responseMimeType.strict"), (RequestShape.Messages, messages, "output_config.format.strict") })
        {
            foreach (var model in (string[])["our-own-name", "deepseek-r1", "gpt-4o", "mistral-large-latest"])
            {
                var chat = JsonElement.Parse(Translating.Request(client, RequestShape.Chat, body, out var losses, model, takes: RequestFeatures.Schema));
                Assert.Equal((json, strict), (chat.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema").GetRawText(), losses));
                Assert.Equal("user", Assert.Single(chat.GetProperty("messages").EnumerateArray()).GetProperty("role").GetString());
                var response = JsonElement.Parse(Translating.Request(client, RequestShape.Responses, body, out losses, model, takes: RequestFeatures.Schema));
                Assert.Equal((json, strict), (response.GetProperty("text").GetProperty("format").GetProperty("schema").GetRawText(), losses));
            }

            // What else it takes says nothing of it.
            var other = JsonElement.Parse(Translating.Request(client, RequestShape.Chat, body, out _, "our-own-name", takes: RequestFeatures.Strict));
            Assert.False(other.TryGetProperty("response_format", out _));
        }
    }

    [Fact]
    public void A_long_one_of_gemini_s_is_said_in_a_sentence()
    {
        var schema = $$$"""{"type":"OBJECT","properties":{"a":{"type":"STRING","description":"{{{new string('x', 2_000_000)}}}"}},"required":["a"]}""";
        var body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":SCHEMA}}""".Replace("SCHEMA", schema, StringComparison.Ordinal);
        var told = JsonElement.Parse(Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out var losses));
        Assert.Equal(("json_object", "generationConfig.responseMimeType"), (told.GetProperty("response_format").GetProperty("type").GetString(), losses));
        Assert.EndsWith(schema, told.GetProperty("messages")[0].GetProperty("content").GetString(), StringComparison.Ordinal);
    }
}
