using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>A function call that the answer makes, its arguments an instance of the tool's schema.</summary>
internal sealed record ToolCall(string Id, string ItemId, string Name, TextPieces Arguments);

/// <summary>Tool calls and structured text that a request asks for.</summary>
internal sealed record RequestWishes(IReadOnlyList<ToolCall> Calls, string? StructuredText)
{
    public static RequestWishes None { get; } = new([], null);

    /// <summary>A member that is a text, or null.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
