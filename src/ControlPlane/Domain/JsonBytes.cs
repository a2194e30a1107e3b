using System.Text.Json;

namespace AiEdge.ControlPlane.Domain;

/// <summary>Compact JSON objects.</summary>
internal static class JsonBytes
{
    /// <summary>Longer than what a document may hold is nothing that we read.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An object with the members that <paramref name="members"/> writes.</summary>
    public static byte[] Of(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
