using System.Buffers.Text;
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
    /// <summary>Keys that are kept of one owner's token; of any other's <see cref="OthersKeysMax"/>.</summary>
    public const int OwnersKeysMax = 10_000;

    /// <summary>Fewer than a section holds, so that no token keeps the others' from being kept.</summary>
    public const int OthersKeysMax = 100_000;

    /// <summary>Keys whose day is over that go with one write at most: a command has its bound, and the next ones take the rest.</summary>
    public const int RemovalsMax = 1_000;

    private const int KeyCharsMax = 255;
    private const int TokenChars = 16;
    private const long KeptMs = 24 * 3600 * 1000;

    /// <summary>What has to be written along with the thing that is made, or the refusal of a replay.</summary>
    public static (WriteRefusal? Refusal, List<EntryChange> Changes) Judge(HttpContext http, EdgeDocument document, string target, long nowUnixMs)
    {
        var changes = new List<EntryChange>();
        if ((string?)http.Request.Headers["Idempotency-Key"] is not { } key || Difference.IsDryRun(http))
            return (null, changes);
        if (key.Length is 0 or > KeyCharsMax)
            return (new(RefusalKind.Invalid, $"Idempotency-Key has 1 to {KeyCharsMax} characters"), changes);
        var caller = Caller.Of(http);
        var whole = Hash($"{caller.Token.Name}\n{key}");
        var own = Hash(caller.Token.Name)[..TokenChars] + "-";

        // Older versions kept it without what its token's begin with.
        var (name, replays) = (own + whole, document.Section(Sections.Replays));
        if ((replays.GetValueOrDefault(name) ?? replays.GetValueOrDefault(whole)) is { } done && At(done) + KeptMs >= nowUnixMs)
        {
            using var json = JsonDocument.Parse(done.Value.Json);
            return (new(RefusalKind.Conflict, $"this request has been done before: {json.RootElement.GetProperty("target").GetString()}"), changes);
        }

        var kept = 0;
        foreach (var (other, entry) in replays)
        {
            if (At(entry) + KeptMs >= nowUnixMs)
                kept += other.StartsWith(own, StringComparison.Ordinal) ? 1 : 0;
            else if (changes.Count < RemovalsMax)
                changes.Add(new(Sections.Replays, other, null));
        }

        var max = caller.Role == ApiRole.Owner ? OwnersKeysMax : OthersKeysMax;
        if (kept >= max)
            return (new(RefusalKind.Invalid, $"of this token {max} keys of the last day are kept: send the request without an Idempotency-Key"), []);
        var value = JsonBytes.Of(writer =>
        {
            writer.WriteNumber("at", nowUnixMs);
            writer.WriteString("target", target);
        });
        changes.Add(new(Sections.Replays, name, new EntryValue(value, EntryOwner.Api, 1, default)));
        return (null, changes);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>When it was done: the first member of what is written above, read as it lies, for all of them are looked at.</summary>
    private static long At(EdgeEntry entry) => Utf8Parser.TryParse(entry.Value.Json.Span["""{"at":""".Length..], out long at, out _) ? at : 0;
}
