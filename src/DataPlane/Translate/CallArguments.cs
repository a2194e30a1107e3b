using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>The arguments of a call, which one dialect writes as an object and another as a string that holds one.</summary>
internal static class CallArguments
{
    /// <summary>Writes the object. False if the arguments are none; then an empty one is written.</summary>
    public static bool WriteObject(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, in NeutralPart call)
    {
        if (!call.Text.IsPresent || call.Text.Length == 0)
        {
            json.Value(name, "{}"u8);
            return true;
        }

        if (call.IsObject)
        {
            json.Value(name, call.Text.Of(source));
            return true;
        }

        return WriteUnescaped(json, name, call.Text.Of(source));
    }

    /// <summary>As above, of the inside of a string that holds the object.</summary>
    public static bool WriteUnescaped(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        json.Name(name);
        var from = json.To.Length;
        json.To.AddUnescaped(text);
        var isObject = IsObject(json.To.Written[from..]);
        if (!isObject)
            json.To.Truncate(from);
        json.Value(isObject ? default : "{}"u8);
        return isObject;
    }

    /// <summary>Writes the string.</summary>
    public static void WriteText(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, in NeutralPart call)
    {
        if (!call.Text.IsPresent)
        {
            json.Text(name, "{}"u8);
            return;
        }

        if (!call.IsObject)
        {
            json.Text(name, call.Text.Of(source));
            return;
        }

        json.OpenText(name).AddEscaped(call.Text.Of(source));
        json.CloseText();
    }

    /// <summary>Whether a text is one object in JSON, not nested more deeply than requests may be.</summary>
    public static bool IsObject(ReadOnlySpan<byte> text)
    {
        JsonScanner scanner = default;
        scanner.Reset(null, checkUtf8: true);
        if (!scanner.Read(text) || scanner.Token != JsonToken.StartObject)
            return false;
        while (scanner.Read(text))
        {
        }

        return scanner.Finish() == JsonFault.None;
    }
}
