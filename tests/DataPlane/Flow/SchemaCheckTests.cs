using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Flow;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>What breaks a schema is found wherever a schema of pydantic's or zod's puts it; what is not looked at passes.</summary>
public sealed class SchemaCheckTests
{
    private const string Order = """
        {"$defs":{"Item":{"type":"object","properties":{"sku":{"type":"string"},"count":{"type":"integer"},"parts":{"type":"array","items":{"$ref":"#/$defs/Item"}}},
        "required":["sku","count"],"additionalProperties":false},"Kind":{"enum":["new","used"],"type":"string"}},
        "type":"object","properties":{"items":{"type":"array","items":{"$ref":"#/$defs/Item"}},"kind":{"$ref":"#/$defs/Kind"},
        "note":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},"version":{"const":2}},"required":["items","kind"]}
        """;

    [Theory]
    [InlineData("""{"items":[{"sku":"a","count":1}],"kind":"new"}""", true)]
    [InlineData("""{"items":[{"sku":"a","count":1,"parts":[{"sku":"b","count":2.0}]}],"kind":"used","note":null,"version":2.0}""", true)]
    [InlineData("""{"items":[{"sku":"a"}],"kind":"new"}""", false)]
    [InlineData("""{"items":[{"sku":"a","count":1.5}],"kind":"new"}""", false)]
    [InlineData("""{"items":[{"sku":"a","count":1,"more":0}],"kind":"new"}""", false)]
    [InlineData("""{"items":[{"sku":"a","count":1,"parts":[{"sku":"b"}]}],"kind":"new"}""", false)]
    [InlineData("""{"items":[],"kind":"old"}""", false)]
    [InlineData("""{"items":[],"kind":"new","note":1}""", false)]
    [InlineData("""{"items":[],"kind":"new","version":3}""", false)]
    public void Of_nested_models(string value, bool fits) => Check(Order, value, fits);

    [Theory]
    [InlineData("""{"type":["string","null"]}""", "null", true)]
    [InlineData("""{"type":["string","null"]}""", "1", false)]
    [InlineData("""{"type":"STRING","nullable":true,"enum":["a"]}""", "null", true)]
    [InlineData("""{"type":"STRING","enum":["a"]}""", "\"b\"", false)]
    [InlineData("""{"enum":[1,{"a":[1]}]}""", """{"a":[1.0]}""", true)]
    [InlineData("""{"enum":[]}""", "1", false)]
    [InlineData("""{"const":null}""", "0", false)]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "1", true)]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"string"}]}""", "1.5", false)]
    [InlineData("""{"anyOf":[]}""", "1", false)]
    [InlineData("""{"allOf":[{"required":["a"]},{"required":["b"]}]}""", """{"a":1}""", false)]
    [InlineData("""{"allOf":[{"required":["a"]},{"required":["b"]}]}""", """{"a":1,"b":1}""", true)]
    [InlineData("""{"additionalProperties":{"type":"integer"},"properties":{"a":{}}}""", """{"a":"x","b":1}""", true)]
    [InlineData("""{"additionalProperties":{"type":"integer"}}""", """{"b":"x"}""", false)]
    [InlineData("""{"additionalProperties":false,"patternProperties":{"^x":{}}}""", """{"x1":1}""", true)]
    [InlineData("""{"items":false}""", "[]", true)]
    [InlineData("""{"items":false}""", "[1]", false)]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}""", """["a",1,2]""", true)]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}""", """["a","b"]""", false)]
    [InlineData("""{"prefixItems":[{"type":"string"}]}""", """[1]""", false)]
    [InlineData("""{"$ref":"#/definitions/a~1b%20~0c","definitions":{"a/b ~c":{"type":"string"}}}""", "1", false)]
    [InlineData("""{"$ref":"#/anyOf/1","anyOf":[{},{"type":"string"}]}""", "1", false)]
    [InlineData("""{"$ref":"#/anyOf/7","anyOf":[{}]}""", "1", true)]
    [InlineData("""{"$ref":"https://example.com/schema#/a","a":{"type":"string"}}""", "1", true)]
    [InlineData("""{"$ref":"#name","$defs":{"a":{"$anchor":"name","type":"string"}}}""", "1", true)]
    [InlineData("""{"$ref":"#"}""", "1", true)]
    [InlineData("""{"properties":{"child":{"$ref":"#"},"n":{"type":"integer"}}}""", """{"child":{"child":{"n":"x"}}}""", false)]
    [InlineData("""{"minimum":5,"pattern":"^a","type":"odd"}""", "1", true)]
    [InlineData("""{"type":1,"enum":"x","required":{},"properties":[],"anyOf":{}}""", "{}", true)]
    public void Of_each_word(string schema, string value, bool fits) => Check(schema, value, fits);

    [Fact]
    public void What_is_beyond_its_bounds_passes()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 200)) + "1" + string.Concat(Enumerable.Repeat("]", 200));
        using var value = JsonDocument.Parse(deep, new JsonDocumentOptions { MaxDepth = 300 });
        using var schema = JsonDocument.Parse("""{"type":"array","items":{"$ref":"#"}}""");
        Assert.True(new SchemaCheck(schema.RootElement, 2_000).Fits(value.RootElement));

        var wide = new StringBuilder("[").AppendJoin(',', Enumerable.Repeat("[]", 100)).Append(",1]").ToString();
        using var items = JsonDocument.Parse(wide);
        Assert.False(new SchemaCheck(schema.RootElement, 2_000).Fits(items.RootElement));
        Assert.True(new SchemaCheck(schema.RootElement, 50).Fits(items.RootElement));
    }

    private static void Check(string schema, string value, bool fits)
    {
        using var asked = JsonDocument.Parse(schema);
        using var told = JsonDocument.Parse(value);
        Assert.Equal(fits, new SchemaCheck(asked.RootElement, 2_000).Fits(told.RootElement));
    }
}
