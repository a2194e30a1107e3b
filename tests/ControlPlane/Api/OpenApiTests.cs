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
            var path = operation.Split(' ')[1]["/api/v1/".Length..].Replace("{name}", "x", StringComparison.Ordinal).Replace("{id}", "x", StringComparison.Ordinal)
                .Replace("{generation}", "77", StringComparison.Ordinal);
            var answer = await rest.SendAsync(method, path, method is "GET" or "DELETE" ? null : "[");
            Assert.DoesNotContain("nothing at this path", answer.Text, StringComparison.Ordinal);
            Assert.NotEqual(System.Net.HttpStatusCode.MethodNotAllowed, answer.Status);
        }
    }
}
