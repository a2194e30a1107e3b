using System.Text.RegularExpressions;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>All routes as the description has them, so that a route that is new is tried with the rest.</summary>
internal sealed record EveryRoute(string Method, string Path, bool HasBody)
{
    public bool IsWrite => Method != "GET";

    public string Section => Path.Split('/')[0];

    public static async Task<List<EveryRoute>> OfAsync(ControlRig rig)
    {
        using var rest = new RestClient(rig);
        var paths = (await rest.GetAsync("../../openapi/v1.json")).Json["paths"]!.AsObject();
        var routes = paths.SelectMany(p => p.Value!.AsObject().Select(m =>
            new EveryRoute(m.Key.ToUpperInvariant(), p.Key["/api/v1/".Length..], m.Value!["requestBody"] is not null))).ToList();
        Assert.True(routes.Count > 60);
        return routes;
    }

    /// <summary>The path with what stands in its braces put in.</summary>
    public string At(Func<string, string> value) => Regex.Replace(Path, "{([a-zA-Z]+)}", match => value(match.Groups[1].Value));

    /// <summary>The path to something that is there, where there is something.</summary>
    public string AtSomething() => At(part => part switch
    {
        "generation" => "1",
        "which" => "current",
        "id" => "p1",
        _ => Section switch
        {
            "providers" => "openai",
            "teams" => "blue",
            "keys" => "a",
            "limits" => "l",
            "tokens" => "admin",
            "joinTokens" => "first",
            _ => "gpt-4o",
        },
    });
}
