using AiEdge.ControlPlane.Api;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Publish;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_description_names_each_handler_and_nothing_else()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        using var seal = new SecretSeal(new byte[32]);
        var description = (await rest.GetAsync("../../openapi/v1.json")).Json;
        Assert.Equal("3.1.0", (string)description["openapi"]!);
        var described = description["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Select(m => $"{m.Key.ToUpperInvariant()} {p.Key}")).ToList();
        Assert.Equal(described.Count, described.Distinct().Count());
        Assert.All(RestApi.Routes(new ApiWorld(rig.State, new PlaneRegistry(TimeProvider.System), seal)), r => Assert.Contains($"{r.Method} /api/v1{r.Path}", described));

        // What is described answers: a path that nobody handles would be 404 with other words, a method 405.
        foreach (var operation in described)
        {
            var method = operation.Split(' ')[0];
            var path = System.Text.RegularExpressions.Regex.Replace(operation.Split(' ')[1]["/api/v1/".Length..], "{[a-z]+}", "77");
            var answer = await rest.SendAsync(method, path, method is "GET" or "DELETE" ? null : "[");
            Assert.DoesNotContain("nothing at this path", answer.Text, StringComparison.Ordinal);
            Assert.NotEqual(System.Net.HttpStatusCode.MethodNotAllowed, answer.Status);
        }
    }

    [Fact]
    public async Task Entries_have_the_schemas_of_the_document_and_nothing_refers_to_nowhere()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        var description = (await rest.GetAsync("../../openapi/v1.json")).Json;
        var schemas = description["components"]!["schemas"]!.AsObject();
        var file = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(DocumentationTests.PathOf("docs/config.schema.json")))!;
        foreach (var (name, schema) in file["$defs"]!.AsObject())
        {
            var fields = (schema!["properties"] as System.Text.Json.Nodes.JsonObject ?? []).Select(f => f.Key);
            Assert.Equal(fields, (schemas[name]!["properties"] as System.Text.Json.Nodes.JsonObject ?? []).Select(f => f.Key));
        }

        foreach (var section in EntryRoutes.Served)
        {
            var (one, kind) = (description["paths"]![$"/api/v1/{section}/{{name}}"]!, section == Sections.Alerts ? "Alert" : section.TrimEnd('s'));
            Assert.Equal("#/components/schemas/" + kind + (section is "keys" or "limits" ? "Entry" : ""), Schema(one["put"]!["requestBody"]!));
            Assert.Equal("#/components/schemas/" + kind + "Patch", Schema(one["patch"]!["requestBody"]!));
            Assert.Equal("#/components/schemas/" + kind, Schema(one["get"]!["responses"]!["200"]!));
        }

        // The path says the name, and a key's secret may be made here.
        Assert.Equal((null, "name"), ((string?)schemas["limitEntry"]!["required"]?[0], (string)Assert.Single(schemas["newKey"]!["required"]!.AsArray())!));
        Assert.Equal(["name"], schemas["limit"]!["required"]!.AsArray().Select(f => (string)f!));

        // Whoever writes here may refer to a secret, and to nothing that is shown.
        Assert.Equal(4, System.Text.RegularExpressions.Regex.Count(schemas["key"]!.ToJsonString() + schemas["config"]!.ToJsonString() + schemas["newKey"]!.ToJsonString(), "schemas/reference\""));
        var text = description.ToJsonString();
        var referred = System.Text.RegularExpressions.Regex.Matches(text, "\"\\$ref\":\"([^\"]*)\"").Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.True(referred.Count > 20);
        Assert.All(referred, r => Assert.True(r.StartsWith("#/components/schemas/", StringComparison.Ordinal) && schemas.ContainsKey(r.Split('/')[^1]), r));
    }

    private static string Schema(System.Text.Json.Nodes.JsonNode holder) => (string)holder["content"]!["application/json"]!["schema"]!["$ref"]!;

    [Fact]
    public async Task Each_parameter_that_is_described_is_looked_at_and_any_other_is_refused()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        var asked = 0;
        foreach (var (path, methods) in (await rest.GetAsync("../../openapi/v1.json")).Json["paths"]!.AsObject())
        {
            foreach (var (method, operation) in methods!.AsObject())
            {
                var at = System.Text.RegularExpressions.Regex.Replace(path["/api/v1/".Length..], "{[a-z]+}", "1");
                foreach (var parameter in operation!["parameters"]!.AsArray().Where(p => (string)p!["in"]! == "query").Select(p => (string)p!["name"]!))
                {
                    var answer = await rest.SendAsync(method.ToUpperInvariant(), $"{at}?{parameter}=", method is "get" or "delete" ? null : "{}");
                    Assert.False(
                        answer.Text.Contains("is not a parameter here", StringComparison.Ordinal) || answer.Text.Contains("is not known here", StringComparison.Ordinal),
                        $"{method} {path}: {answer.Text}");
                    asked++;
                }

                var odd = await rest.SendAsync(method.ToUpperInvariant(), at + "?nonsense=1", method is "get" or "delete" ? null : "{}");
                Assert.True(odd.Status == System.Net.HttpStatusCode.BadRequest && odd.Text.Contains("nonsense", StringComparison.Ordinal), $"{method} {path}: {odd.Text}");
            }
        }

        Assert.True(asked > 60);
    }
}
