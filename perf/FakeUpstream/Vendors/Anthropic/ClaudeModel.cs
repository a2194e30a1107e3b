using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AiEdge.FakeUpstream;

/// <summary>What Claude's models do unlike each other, by their names.</summary>
internal static partial class ClaudeModel
{
    /// <summary>100 × major + minor; 0 where the name tells none.</summary>
    public static int Version(string model)
    {
        if (!model.StartsWith("claude", StringComparison.Ordinal))
            return 0;
        if (Numbers().Match(model) is not { Success: true } found)
            return model.Contains("mythos", StringComparison.Ordinal) || model.Contains("fable", StringComparison.Ordinal) ? 500 : 0;
        return (Number(found.Groups[1]) * 100) + Number(found.Groups[2]);
    }

    /// <summary>Whether thought cannot be switched off.</summary>
    public static bool AlwaysThinks(string model) => model.Contains("mythos", StringComparison.Ordinal) || model.Contains("fable", StringComparison.Ordinal)
        || (Version(model) >= 505 && !model.Contains("haiku", StringComparison.Ordinal));

    /// <summary>Whether thought comes without its text: since 4.7, unless it is asked for.</summary>
    public static bool HidesThought(string model, ReadOnlyMemory<byte> body)
    {
        if (Version(model) < 407)
            return false;
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        return !(document.RootElement.TryGetProperty("thinking", out var thinking) && RequestWishes.Text(thinking, "display") == "summarized");
    }

    private static int Number(Group found) => found.Success ? int.Parse(found.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"(?<!\d)(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")]
    private static partial Regex Numbers();
}
