using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>A key as JSON again, out of the table: it means the same, whatever its writer wrote.</summary>
internal static class KeyJson
{
    /// <summary>Writes a key.</summary>
    /// <param name="entry">Its own secret.</param>
    /// <param name="previous">The one that it had before, if that is good still.</param>
    public static byte[] Of(in KeyEntry entry, KeyEntry? previous)
    {
        using var stream = new MemoryStream(256);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString(KeyOptions.NameField.Name, entry.Name);
            writer.WriteString(KeyOptions.Sha256Field.Name, Convert.ToHexStringLower(entry.Digest.ToArray()));
            if (entry.ExpiresUnixMs != long.MaxValue)
                writer.WriteString(KeyOptions.ExpiresField.Name, DateTimeOffset.FromUnixTimeMilliseconds(entry.ExpiresUnixMs));
            if (previous is { } old)
            {
                writer.WriteStartObject(KeyOptions.PreviousField.Name);
                writer.WriteString(PreviousSecretOptions.Sha256Field.Name, Convert.ToHexStringLower(old.Digest.ToArray()));
                writer.WriteString(PreviousSecretOptions.UntilField.Name, DateTimeOffset.FromUnixTimeMilliseconds((long)old.Position));
                writer.WriteEndObject();
            }

            using var policy = JsonDocument.Parse(entry.Policy.Text);
            foreach (var field in policy.RootElement.EnumerateObject())
                field.WriteTo(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
