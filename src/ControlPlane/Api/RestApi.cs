using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>REST as a whole: who may, what there is, and how it describes itself.</summary>
internal static class RestApi
{
    public const string Root = "/api/v1";

    /// <summary>All routes of the document.</summary>
    public static List<ApiRoute> Routes(ApiWorld world)
    {
        var entries = new EntryRoutes(world);
        return
        [
            .. EntryRoutes.Served.SelectMany(entries.Of), .. new KeyRoutes(world).Routes(), .. new TokenRoutes(world).Routes(),
            .. new ConfigRoutes(world).Routes(), .. new PlaneRoutes(world).Routes(),
        ];
    }

    /// <summary>Maps routes behind the gate, and their description, which anyone may read.</summary>
    public static void MapRest(this IEndpointRouteBuilder endpoints, IReadOnlyList<ApiRoute> routes, CallerGate gate, string version)
    {
        foreach (var route in routes)
            endpoints.MapMethods(Root + route.Path, [route.Method], http => RunAsync(http, route, gate));
        var description = OpenApi.Write(routes, version);
        endpoints.MapGet("/openapi/v1.json", http => Answer.BytesAsync(http, description, "application/json"));
        endpoints.MapFallback(async http =>
        {
            if (!http.Request.Path.StartsWithSegments(Root) || await gate.AdmitAsync(http))
                await Problem.WriteAsync(http, StatusCodes.Status404NotFound, "there is nothing at this path");
        });
    }

    private static async Task RunAsync(HttpContext http, ApiRoute route, CallerGate gate)
    {
        if (!await gate.AdmitAsync(http))
            return;
        if (!route.Roles.Contains(Caller.Of(http).Role))
        {
            await Problem.WriteAsync(http, StatusCodes.Status403Forbidden, $"the role {ApiToken.RoleNames[(int)Caller.Of(http).Role]} does not allow this");
            return;
        }

        if (http.Request.Query.Keys.FirstOrDefault(k => !route.Query.Contains(k)) is { } unknown)
        {
            await Problem.WriteAsync(http, StatusCodes.Status400BadRequest, $"{Contracts.Tree.ConfigText.Quote(unknown)} is not a parameter here");
            return;
        }

        if (!Difference.IsWord(http))
        {
            await Problem.WriteAsync(http, StatusCodes.Status400BadRequest, "dryRun is true or false");
            return;
        }

        if (!route.HasBody && !await Body.IsEmptyAsync(http))
        {
            var said = route.Query.Count > 0 ? "what it takes stands in the query: " + string.Join(", ", route.Query) : "it takes nothing";
            await Problem.WriteAsync(http, StatusCodes.Status400BadRequest, "a body is not read here; " + said);
            return;
        }

        await route.Handler(http);
    }
}
