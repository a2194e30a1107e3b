using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>An answer as it came.</summary>
internal sealed class RawAnswer
{
    public string Head { get; set; } = "";

    /// <summary>Heads of interim answers.</summary>
    public string Interim { get; set; } = "";

    public byte[] Body { get; set; } = [];

    public List<string> Chunks { get; } = [];

    /// <summary>The body ended as its framing says; false for one that only the connection's end closed.</summary>
    public bool IsWhole { get; set; }

    public bool Reset { get; set; }

    public string Text => Encoding.UTF8.GetString(Body);

    public int Status => Head.Length > 12 ? int.Parse(Head.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;

    /// <summary>The data of each event; comments are left out.</summary>
    public string[] Events => [.. Frames.Select(Data).Where(data => data.Length > 0)];

    /// <summary>The events as they came, each with its blank line.</summary>
    public string[] Frames => [.. Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame + "\n\n")];

    /// <summary>The content deltas of a chat stream, joined.</summary>
    public string Content => string.Concat(Events.Where(data => data.StartsWith('{')).Select(ContentOf));

    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>Values of all fields of that name, in order.</summary>
    public string[] Fields(string name) =>
        [.. Head.Split("\r\n").Skip(1).Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim())];

    /// <summary>The field's value, which must stand there once; null if it is absent.</summary>
    public string? Field(string name) => Fields(name) switch
    {
        [] => null,
        [var only] => only,
        var many => throw new InvalidDataException($"{name} stands there {many.Length} times"),
    };

    public static string Error(string message, string type, string? code, string? param = null) =>
        $$$"""{"error":{"message":"{{{message}}}","type":"{{{type}}}","param":{{{Quoted(param)}}},"code":{{{Quoted(code)}}}}}""";

    private static string Quoted(string? text) => text is null ? "null" : $"\"{text}\"";

    private static string Data(string frame) =>
        string.Join('\n', frame.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..]));

    private static string ContentOf(string data)
    {
        var json = JsonElement.Parse(data);
        return json.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0
            && choices[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() ?? "" : "";
    }
}
