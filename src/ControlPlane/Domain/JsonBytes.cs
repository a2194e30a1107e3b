using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;

namespace AiEdge.ControlPlane.Domain;

/// <summary>Compact JSON.</summary>
internal static class JsonBytes
{
    /// <summary>Texts stand as they are: what is written here is served as JSON and never within HTML.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A tree as JSON.</summary>
    public static byte[] Of(ConfigNode node) => Written(writer => TreeJson.Write(node, writer));

    /// <summary>A node as JSON; <c>null</c> for none.</summary>
    public static byte[] Of(JsonNode? node) => Written(writer =>
    {
        if (node is null)
            writer.WriteNullValue();
        else
            node.WriteTo(writer);
    });

    /// <summary>An object with the members that <paramref name="members"/> writes.</summary>
    public static byte[] Of(Action<Utf8JsonWriter> members) => Written(writer =>
    {
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
    });

    private static byte[] Written(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
            write(writer);
        return stream.ToArray();
    }
}
