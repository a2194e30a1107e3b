using System.Text.Json;

namespace AiEdge.Contracts.Dialects;

/// <summary>
/// Reads the sheets of dialects, one JSON object each. They lie with the rest of their dialects, in the data plane's folders, and are shipped in this
/// assembly, because the control plane has to know them and none of the data plane's code.
/// </summary>
internal static class DialectSheetReader
{
    /// <summary>What the names of the sheets' resources begin with.</summary>
    private const string Prefix = "Dialects/";

    /// <summary>The sheets that are shipped, by number.</summary>
    /// <exception cref="FormatException">One of them is no sheet, or two have the same number or name.</exception>
    public static IReadOnlyList<DialectSheet> Shipped()
    {
        var assembly = typeof(DialectSheet).Assembly;
        var sheets = new List<DialectSheet>();
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var document = JsonDocument.Parse(stream);
            sheets.Add(Read(document.RootElement, name));
        }

        return Sorted(sheets);
    }

    /// <summary>By number, from 0 and without a gap.</summary>
    internal static IReadOnlyList<DialectSheet> Sorted(List<DialectSheet> sheets)
    {
        sheets.Sort((one, other) => one.Number.CompareTo(other.Number));
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < sheets.Count; i++)
        {
            if (sheets[i].Number != i || !names.Add(sheets[i].Name))
                throw new FormatException($"the dialect {sheets[i].Name} has a number or a name that another has, or one that is not the next");
        }

        return sheets;
    }

    /// <param name="root">The sheet.</param>
    /// <param name="file">Where it is from, for messages.</param>
    /// <exception cref="FormatException">A field is missing, unknown, or of another kind.</exception>
    internal static DialectSheet Read(JsonElement root, string file)
    {
        var sheet = new DialectSheet { Number = -1, Name = "", AuthHeader = "" };
        try
        {
            foreach (var field in root.EnumerateObject())
                sheet = With(sheet, field.Name, field.Value);
        }
        catch (InvalidOperationException fault)
        {
            throw new FormatException($"{file}: a field is unknown, or of another kind", fault);
        }

        return sheet is { Number: >= 0, Name.Length: > 0, AuthHeader.Length: > 0 }
            ? sheet
            : throw new FormatException($"{file}: number, name and authHeader are needed");
    }

    private static DialectSheet With(DialectSheet sheet, string field, JsonElement value) => field switch
    {
        "number" => sheet with { Number = value.TryGetInt32(out var number) ? number : -1 },
        "name" => sheet with { Name = Text(value) },
        "authHeader" => sheet with { AuthHeader = Text(value) },
        "baseEndsIn" => sheet with { BaseEndsIn = Text(value) },
        "hosts" => sheet with { Hosts = Texts(value) },
        "hasResponses" => sheet with { HasResponses = value.GetBoolean() },
        "paths" => sheet with { Paths = Texts(value) },
        "methods" => sheet with { Methods = Texts(value) },
        _ => throw new InvalidOperationException($"no sheet has a field {field}"),
    };

    private static string Text(JsonElement value) => value.GetString() ?? throw new InvalidOperationException("null is no text");

    private static string[] Texts(JsonElement values)
    {
        var texts = new string[values.GetArrayLength()];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = Text(values[i]);
        return texts;
    }
}
