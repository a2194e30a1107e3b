using System.Globalization;
using System.Text.Json;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Publish;
using AiEdge.ControlPlane.Rest;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Api;

/// <summary>What all handlers share.</summary>
/// <param name="State">The document.</param>
/// <param name="Planes">What is known of data planes.</param>
/// <param name="Seal">Seals providers' secrets.</param>
internal sealed record ApiWorld(EdgeState State, PlaneRegistry Planes, SecretSeal Seal)
{
    /// <summary>How old what a data plane has reported and what is not stored is (<see cref="UsageReport.JournalAgeMs"/>).</summary>
    public Func<string, long?> JournalAgeMs { get; init; } = static _ => null;

    /// <summary>Whom alerts may be sent to.</summary>
    public WebhookHosts WebhookHosts { get; init; } = WebhookHosts.Any;

    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    /// <summary>The audit record of a call.</summary>
    public AuditRecord Audit(HttpContext http, string action, string target)
    {
        var caller = Caller.Of(http);
        return new(State.NowUnixMs(), caller.Token.Name, caller.From, action, target);
    }

    /// <summary>How long a caller wants to wait for all planes (<c>?wait=all&amp;timeout=5s</c>); zero for not at all; null where it cannot be read.</summary>
    public static TimeSpan? Wait(HttpRequest request)
    {
        if ((string?)request.Query["wait"] is not { } wait)
            return TimeSpan.Zero;
        var text = (string?)request.Query["timeout"] ?? "5s";
        return wait == "all" && DurationText.TryParse(text, out var time) && time > TimeSpan.Zero && time <= WaitMax ? time : null;
    }

    /// <summary>Writes what became of a generation on the connected planes, after waiting for it.</summary>
    public async ValueTask<Action<Utf8JsonWriter>> PlanesAsync(HttpContext http, ulong generation, TimeSpan wait)
    {
        if (wait == TimeSpan.Zero)
            return _ => { };
        await Planes.WaitForAllAsync(generation, wait, http.RequestAborted);
        var live = Planes.All().Where(p => p.IsConnected).ToList();
        return writer =>
        {
            writer.WriteStartObject("planes");
            Names(writer, "applied", live.Where(p => p.Applied >= generation));
            Names(writer, "rejected", live.Where(p => p.Applied < generation && p.Rejected >= generation));
            Names(writer, "pending", live.Where(p => p.Applied < generation && p.Rejected < generation));
            writer.WriteEndObject();
        };
    }

    public static void Write(Utf8JsonWriter writer, string name, IReadOnlyList<ConfigFault> faults)
    {
        writer.WriteStartArray(name);
        foreach (var fault in faults)
        {
            writer.WriteStartObject();
            writer.WriteString("path", fault.Path);
            writer.WriteString("message", fault.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static string Time(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static void Names(Utf8JsonWriter writer, string name, IEnumerable<LivePlane> planes)
    {
        writer.WriteStartArray(name);
        foreach (var plane in planes)
            writer.WriteStringValue(plane.Identity.PlaneId);
        writer.WriteEndArray();
    }
}
