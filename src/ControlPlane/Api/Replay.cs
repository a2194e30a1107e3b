using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// <c>Idempotency-Key</c> of requests by POST: the same key a second time is answered 409 with the name of what the first one made or was
/// about, because a secret is shown once. Kept for a day. A dry run neither asks nor leaves one.
/// </summary>
internal static class Replay
{
    private const int KeyCharsMax = 255;
    private const long KeptMs = 24 * 3600 * 1000;

    /// <summary>What has to be written along with the thing that is made, or the refusal of a replay.</summary>
    public static (WriteRefusal? Refusal, List<EntryChange> Changes) Judge(HttpContext http, EdgeDocument document, string target, long nowUnixMs)
    {
        var changes = new List<EntryChange>();
        if ((string?)http.Request.Headers["Idempotency-Key"] is not { } key || Difference.IsDryRun(http))
            return (null, changes);
        if (key.Length is 0 or > KeyCharsMax)
            return (new(RefusalKind.Invalid, $"Idempotency-Key has 1 to {KeyCharsMax} characters"), changes);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Caller.Of(http).Token.Name}\n{key}")));
        foreach (var entry in document.Section(Sections.Replays).Values)
        {
            using var json = JsonDocument.Parse(entry.Value.Json);
            var isOver = json.RootElement.GetProperty("at").GetInt64() + KeptMs < nowUnixMs;
            if (isOver)
                changes.Add(new(Sections.Replays, entry.Name, null));
            else if (entry.Name == name)
                return (new(RefusalKind.Conflict, $"this request has been done before: {json.RootElement.GetProperty("target").GetString()}"), changes);
        }

        var value = JsonBytes.Of(writer =>
        {
            writer.WriteNumber("at", nowUnixMs);
            writer.WriteString("target", target);
        });
        changes.Add(new(Sections.Replays, name, new EntryValue(value, EntryOwner.Api, 1, default)));
        return (null, changes);
    }
}
