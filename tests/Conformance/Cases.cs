using System.Text.Json;

namespace AiEdge.Conformance.Tests;

/// <summary>Bytes to write, after a pause where the case is about one, and again where it is about a mass.</summary>
public sealed record Segment(byte[] Bytes, int DelayMs = 0, int Repeat = 1);

/// <summary>A client's bytes and what a careful gateway does with them.</summary>
/// <param name="Expect">accept, reject, either, mixed, noanswer or respond; <see cref="RequestJudge"/> says what each means.</param>
/// <param name="Answers">How many answers an accepting gateway gives.</param>
/// <param name="Forbid">What must not happen: <c>up:</c> a header line that may not reach the provider, else a status.</param>
public sealed record RequestCase(
    string Id, string Group, string Name, string Level, string Section, string Expect, int Answers,
    IReadOnlyList<Segment> Segments, bool ThenFin, bool ThenReset, bool IsHead, string? Forbid);

/// <summary>A provider's bytes and what a careful gateway makes of them.</summary>
/// <param name="Expect">pass, errpass, bad, trunc, either or bounded; <see cref="ResponseJudge"/> says what each means.</param>
/// <param name="After">keep, fin or rst: what the provider does with the connection then.</param>
/// <param name="Strip">Beginnings of header lines that may not reach the client.</param>
public sealed record ResponseCase(
    string Id, string Group, string Name, string Level, string Section, string Expect, int Status, bool IsStream,
    IReadOnlyList<Segment> Segments, string After, IReadOnlyList<string> Strip);

/// <summary>The corpora, as they lie in cases/.</summary>
public static class Cases
{
    public static IReadOnlyDictionary<string, RequestCase> Requests { get; } =
        Read("request-cases.json", ReadRequest).ToDictionary(c => c.Id, StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, ResponseCase> Responses { get; } =
        Read("response-cases.json", ReadResponse).ToDictionary(c => c.Id, StringComparer.Ordinal);

    private static List<T> Read<T>(string file, Func<JsonElement, T> read)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "cases", file)));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(read)];
    }

    private static RequestCase ReadRequest(JsonElement e) => new(
        Text(e, "id"), Text(e, "group"), Text(e, "name"), Text(e, "level"), Text(e, "section"), Text(e, "expect"),
        Number(e, "n", 1), e.TryGetProperty("raw_b64", out var raw) ? [new(raw.GetBytesFromBase64())] : ReadSegments(e),
        Flag(e, "fin"), Flag(e, "rst"), Flag(e, "head"), e.TryGetProperty("forbid", out var forbid) ? forbid.GetString() : null);

    private static ResponseCase ReadResponse(JsonElement e) => new(
        Text(e, "id"), Text(e, "group"), Text(e, "name"), Text(e, "level"), Text(e, "section"), Text(e, "expect"),
        Number(e, "status", 200), Flag(e, "stream"), ReadSegments(e), Text(e, "after"),
        e.TryGetProperty("strip", out var strip) ? [.. strip.EnumerateArray().Select(s => s.GetString()!)] : []);

    private static List<Segment> ReadSegments(JsonElement e) =>
        [.. e.GetProperty("segments").EnumerateArray()
            .Select(s => new Segment(s.GetProperty("b64").GetBytesFromBase64(), Number(s, "delayMs", 0), Number(s, "repeat", 1)))];

    private static string Text(JsonElement e, string name) => e.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static int Number(JsonElement e, string name, int otherwise) =>
        e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : otherwise;

    private static bool Flag(JsonElement e, string name) => e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
