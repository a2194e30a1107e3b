using System.Globalization;
using System.Text.Json;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Source;

/// <summary>Writes a tree as JSON that reads as the same tree: names in order, numbers as JSON spells them, YAML's others as texts.</summary>
public static class TreeJson
{
    /// <summary>Writes a node.</summary>
    public static void Write(ConfigNode node, Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(writer);
        switch (node)
        {
            case ConfigMap map:
                writer.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Name);
                    Write(entry.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case ConfigSequence list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(item, writer);
                writer.WriteEndArray();
                break;
            case ConfigScalar scalar:
                Write(scalar, writer);
                break;
        }
    }

    private static void Write(ConfigScalar scalar, Utf8JsonWriter writer)
    {
        switch (scalar.Kind)
        {
            case ScalarKind.Null:
                writer.WriteNullValue();
                break;
            case ScalarKind.Boolean:
                writer.WriteBooleanValue(scalar.Text is "true" or "True" or "TRUE");
                break;
            case ScalarKind.Whole or ScalarKind.Fraction when Number(scalar.Text) is { } number:
                writer.WriteRawValue(number);
                break;
            default:
                writer.WriteStringValue(scalar.Text);
                break;
        }
    }

    /// <summary>A number as JSON spells it (RFC 8259 §6), or null where it has none: infinity, not a number, hexadecimal and octal.</summary>
    private static string? Number(string text)
    {
        var isNegative = text.StartsWith('-');
        var rest = text.AsSpan(text.Length > 0 && text[0] is '-' or '+' ? 1 : 0);
        var end = rest.IndexOfAny('e', 'E');
        var exponent = end < 0 ? "" : rest[end..].ToString();
        var digits = end < 0 ? rest : rest[..end];
        var dot = digits.IndexOf('.');
        var whole = (dot < 0 ? digits : digits[..dot]).TrimStart('0');
        var part = dot < 0 ? "" : digits[(dot + 1)..].ToString();
        if (whole.ContainsAnyExceptInRange('0', '9') || part.AsSpan().ContainsAnyExceptInRange('0', '9') || digits.Length == 0)
            return null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(isNegative ? "-" : "")}{(whole.IsEmpty ? "0" : whole)}{(part.Length > 0 ? "." + part : "")}{exponent}");
    }
}
