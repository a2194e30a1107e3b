using System.Globalization;
using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>What OpenAI says of names of functions that it refuses.</summary>
internal static class NameRules
{
    private const int LengthMax = 64;

    /// <summary>What is wrong with a name; null for nothing.</summary>
    /// <param name="name">The name.</param>
    /// <param name="where">The path of the field.</param>
    public static string? FaultOf(string? name, string where)
    {
        if (string.IsNullOrEmpty(name))
            return $"Missing required parameter: '{where}'.";
        if (name.Length > LengthMax)
            return string.Create(CultureInfo.InvariantCulture,
                $"Invalid '{where}': string too long. Expected a string with maximum length {LengthMax}, but got a string with length {name.Length} instead.");
        return name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-')
            ? null
            : $"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.";
    }

    /// <summary>What is wrong with a choice of functions, which have to be among those that there are.</summary>
    /// <param name="root">The request.</param>
    /// <param name="names">The names of its tools.</param>
    public static string? FaultOfChoice(JsonElement root, IReadOnlyCollection<string> names)
    {
        if (!root.TryGetProperty("tool_choice", out var choice) || choice.ValueKind != JsonValueKind.Object)
            return null;
        var list = choice.TryGetProperty("allowed_tools", out var allowed) ? allowed : choice;
        var chosen = list.TryGetProperty("tools", out var tools) ? tools.EnumerateArray().Select(NameIn) : [NameIn(choice)];
        return chosen.FirstOrDefault(name => !names.Contains(name)) is { } unknown ? $"Tool choice '{unknown}' not found in 'tools' parameter." : null;
    }

    /// <summary>The name of a tool, or of a choice, or in what is called as its type is.</summary>
    public static string NameIn(JsonElement tool)
    {
        foreach (var within in (string[])["function", "custom"])
        {
            if (tool.TryGetProperty(within, out var inner) && inner.ValueKind == JsonValueKind.Object)
                return NameIn(inner);
        }

        return RequestWishes.Text(tool, "name") ?? "";
    }
}
