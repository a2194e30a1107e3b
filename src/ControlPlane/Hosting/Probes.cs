using System.Globalization;
using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Publish;

namespace AiEdge.ControlPlane.Hosting;

/// <summary>What machines ask of this process without a token: whether it lives, whether it takes writes, and a few figures. No names, no secrets.</summary>
internal sealed class Probes(EdgeState state, PlaneRegistry planes)
{
    public void MapTo(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", (RequestDelegate)(http => http.Response.WriteAsync("ok\n")));
        endpoints.MapGet("/readyz", (RequestDelegate)ReadyAsync);
        endpoints.MapGet("/metrics", (RequestDelegate)MetricsAsync);
    }

    private Task ReadyAsync(HttpContext http)
    {
        if (state.Broken is null)
            return http.Response.WriteAsync("ready\n");
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return http.Response.WriteAsync("the store does not accept writes\n");
    }

    private Task MetricsAsync(HttpContext http)
    {
        var document = state.Current;
        var all = planes.All();
        var text = new StringBuilder();
        Gauge(text, "aiedge_control_generation", "The configuration's generation.", document.Generation);
        Gauge(text, "aiedge_control_writable", "1 while the store accepts writes.", state.Broken is null ? 1UL : 0);
        Gauge(text, "aiedge_control_keys", "Client keys in the configuration.", (ulong)document.Section("keys").Count);
        Gauge(text, "aiedge_control_planes", "Data planes that may connect.", (ulong)document.Section(Sections.DataPlanes).Count);
        Gauge(text, "aiedge_control_planes_connected", "Data planes that watch the configuration now.", (ulong)all.Count(p => p.IsConnected));
        Gauge(text, "aiedge_control_planes_behind", "Connected data planes that serve an older generation.",
            (ulong)all.Count(p => p.IsConnected && p.Applied < document.Generation));
        Gauge(text, "aiedge_control_planes_rejecting", "Connected data planes that rejected what they were sent last.",
            (ulong)all.Count(p => p.IsConnected && p.Rejected > p.Applied));
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return http.Response.WriteAsync(text.ToString());
    }

    private static void Gauge(StringBuilder text, string name, string help, ulong value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
}
