using System.Text;
using System.Text.Json;
using AiEdge.Tokenization.Tests.Golden;

namespace AiEdge.Tokens.Corpora;

/// <summary>Answers of tools and interfaces: objects in lists, with identifiers, times, numbers and short texts. Compact and indented by turns.</summary>
internal sealed class JsonText(ICorpus prose) : ICorpus
{
    private static readonly string[] Keys =
        ["id", "name", "created_at", "status", "items", "price", "tags", "url", "enabled", "description", "userId", "address", "count", "meta", "parent_id", "score"];

    private static readonly string[] Values = ["active", "pending", "in_progress", "closed", "de-DE", "en-GB", "EUR", "premium", "default", "north", "v2.1.0"];

    public byte[] Make(SeededRandom random, int bytes)
    {
        using var stream = new MemoryStream();
        while (stream.Length < bytes)
        {
            using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = random.OneIn(2) }))
                Object(writer, random, depth: 0);
            stream.WriteByte((byte)'\n');
        }

        return stream.ToArray();
    }

    private void Object(Utf8JsonWriter writer, SeededRandom random, int depth)
    {
        writer.WriteStartObject();
        int first = random.Below(Keys.Length);
        for (int i = random.Between(4, 10); i > 0; i--)
        {
            writer.WritePropertyName(Keys[(first + i) % Keys.Length]);
            Value(writer, random, depth);
        }

        writer.WriteEndObject();
    }

    private void Value(Utf8JsonWriter writer, SeededRandom random, int depth)
    {
        switch (random.Below(depth < 3 ? 12 : 9))
        {
            case 0: writer.WriteNumberValue(random.Below(100_000)); break;
            case 1: writer.WriteNumberValue(random.Below(100_000) / 100m); break;
            case 2: writer.WriteBooleanValue(random.OneIn(2)); break;
            case 3: writer.WriteStringValue(new Guid(random.Below(int.MaxValue), (short)random.Below(9999), (short)random.Below(9999), BitConverter.GetBytes(random.Next()))); break;
            case 4: writer.WriteStringValue(DateTimeOffset.FromUnixTimeMilliseconds(1_600_000_000_000 + random.Below(int.MaxValue))); break;
            case 5: writer.WriteStringValue($"https://api.example.com/v1/{random.Pick(Keys)}/{random.Below(100000)}?lang={random.Pick(Values)}"); break;
            case 6: writer.WriteNullValue(); break;
            case 7: writer.WriteStringValue(random.Pick(Values)); break;
            case 8: writer.WriteStringValue(Encoding.UTF8.GetString(prose.Make(random, random.Between(20, 120)))); break;
            case 9:
                writer.WriteStartArray();
                for (int i = random.Between(0, 4); i > 0; i--)
                    Value(writer, random, depth + 1);
                writer.WriteEndArray();
                break;
            default: Object(writer, random, depth + 1); break;
        }
    }
}
