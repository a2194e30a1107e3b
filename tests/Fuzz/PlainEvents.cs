namespace AiEdge.Fuzz;

/// <summary>Server-sent events read the plain way, whole and as text, step by step as WHATWG HTML section 9.2.6 tells it.</summary>
internal static class PlainEvents
{
    public static List<string> Read(string text)
    {
        var events = new List<string>();
        if (text.StartsWith("\u00EF\u00BB\u00BF", StringComparison.Ordinal)) text = text[3..];
        var (name, id) = ("", "");
        string? data = null;
        var retry = -1L;
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        foreach (var line in lines[..^1])
        {
            if (line.Length == 0)
            {
                if (data is not null) events.Add(Print(name, data[..^1], id, retry));
                name = "";
                data = null;
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon == 0) continue;
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' ')) value = value[1..];
            if (field == "event") name = value;
            else if (field == "data") data += value + "\n";
            else if (field == "id" && !value.Contains('\0', StringComparison.Ordinal)) id = value;
            else if (field == "retry" && value.Length is > 0 and < 19 && value.All(char.IsAsciiDigit)) retry = long.Parse(value);
        }
        return events;
    }

    public static string Print(string name, string data, string id, long retry) => $"[{name}] [{data}] id [{id}] retry {retry}";
}
