using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Whether answers are the JSON that their request asks for, and keep to its schema as far as <see cref="SchemaCheck"/> looks at it; of a large answer a part.
/// </summary>
internal static class JsonForm
{
    /// <summary>Members and items that are compared with a schema; what is behind them passes.</summary>
    private const int ComparedMax = 2_000;

    /// <summary>A longer schema is not looked at.</summary>
    private const int SchemaBytesMax = 64 * 1024;

    /// <summary>Whether no choice breaks what its request asks for. One that says nothing and calls tools is not meant.</summary>
    public static bool IsMet(List<AnswerChoice> choices, RequestShape shape, in ReadOnlySequence<byte> request)
    {
        if (choices.Count == 0 || !RequestBody.Holds(request, "json"u8))
            return true;
        using var asked = JsonDocument.Parse(request, JsonMembers.Options);
        if (Translations.Of(shape).WantsJson is not { } wants || !wants(asked.RootElement, out var schema))
            return true;
        foreach (var choice in choices)
        {
            if (!(choice.HasCalls && choice.Text.Length == 0) && !IsMet(choice.Text, schema))
                return false;
        }

        return true;
    }

    private static bool IsMet(string text, JsonElement schema)
    {
        try
        {
            using var value = JsonDocument.Parse(text, JsonMembers.Options);
            return schema.ValueKind != JsonValueKind.Object || JsonMarshal.GetRawUtf8Value(schema).Length > SchemaBytesMax
                || new SchemaCheck(schema, ComparedMax).Fits(value.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
