using System.Buffers.Binary;
using System.Text.Json;

namespace AiEdge.VocabularyTool;

/// <summary>
/// Writes the table of character classes that the split rules read: for each 64 code points the number of their block (16 bits,
/// little-endian), then the blocks, a byte for each code point. Blocks 0 and 1 are ASCII.
/// </summary>
internal static class ClassTable
{
    private const int CodePoints = 0x110000;
    private const int BlockLength = 64;
    private const string Version = "16.0.0";

    private static readonly (string Folder, string Property, byte Class)[] Properties =
    [
        ("General_Category", "Uppercase_Letter", 1),
        ("General_Category", "Titlecase_Letter", 1),
        ("General_Category", "Lowercase_Letter", 2),
        ("General_Category", "Modifier_Letter", 4),
        ("General_Category", "Other_Letter", 4),
        ("General_Category", "Mark", 8),
        ("General_Category", "Number", 16),
        ("General_Category", "Punctuation", 128),
        ("General_Category", "Symbol", 128),
        ("Binary_Property", "White_Space", 32),
    ];

    /// <summary>Reads the unpacked package and writes the table.</summary>
    public static int Write(string package, string file)
    {
        using (var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(package, "package.json"))))
            if (manifest.RootElement.GetProperty("name").GetString() is var name && name != "@unicode/unicode-" + Version)
            {
                Console.Error.WriteLine($"{package} is {name}, and not @unicode/unicode-{Version}");
                return 1;
            }
        var classes = new byte[CodePoints];
        foreach (var (folder, property, value) in Properties)
        {
            foreach (var (first, end) in Ranges(File.ReadAllText(Path.Combine(package, folder, property, "ranges.mjs"))))
                classes.AsSpan(first, end - first).Fill(value);
        }
        classes['\n'] = classes['\r'] = 64;
        var table = Compact(classes);
        File.WriteAllBytes(file, table);
        Console.WriteLine($"{file}: {table.Length} bytes, Unicode {Version}");
        return 0;
    }

    /// <summary>Two stages over the classes of all code points.</summary>
    public static byte[] Compact(ReadOnlySpan<byte> classes)
    {
        var index = new byte[CodePoints / BlockLength * sizeof(ushort)];
        var blocks = new List<byte>();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < CodePoints / BlockLength; i++)
        {
            var block = classes.Slice(i * BlockLength, BlockLength);
            if (!known.TryGetValue(Convert.ToHexString(block), out var number))
            {
                known.Add(Convert.ToHexString(block), number = known.Count);
                blocks.AddRange(block);
            }
            BinaryPrimitives.WriteUInt16LittleEndian(index.AsSpan(i * sizeof(ushort)), checked((ushort)number));
        }
        return [.. index, .. blocks];
    }

    /// <summary>
    /// The package's own notation: the gap before each range and its length, both less one (the first gap as it is), in turn, in base64 digits of
    /// which the first says by its upper bits how many there are (5, 9, 15 or 21 bits).
    /// </summary>
    public static IEnumerable<(int First, int End)> Ranges(string module)
    {
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var start = module.IndexOf("('", StringComparison.Ordinal) + 2;
        var text = module[start..module.IndexOf("')", start, StringComparison.Ordinal)];
        var numbers = new List<int>();
        for (var i = 0; i < text.Length;)
        {
            var first = Digits.IndexOf(text[i++], StringComparison.Ordinal);
            var (more, mask) = (first & 56) switch { 32 or 40 => (1, 15), 48 => (2, 7), 56 => (3, 7), _ => (0, 31) };
            var number = first & mask;
            for (; more > 0; more--)
                number = (number << 6) | Digits.IndexOf(text[i++], StringComparison.Ordinal);
            numbers.Add(number);
        }
        var at = -1;
        for (var i = 0; i + 1 < numbers.Count; i += 2)
        {
            var first = at + 1 + numbers[i];
            at = first + numbers[i + 1] + 1;
            yield return (first, at);
        }
    }
}
