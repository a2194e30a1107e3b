using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A vocabulary of the user's own (<c>tokenizers.NAME</c>).</summary>
public sealed class TokenizerOptions
{
    /// <summary>Ranks in text, which say nothing of the split.</summary>
    public const string Tiktoken = "tiktoken";

    /// <summary>Mistral's <c>tekken.json</c>.</summary>
    public const string Tekken = "tekken";

    /// <summary>Hugging Face's <c>tokenizer.json</c>.</summary>
    public const string HuggingFace = "huggingface";

    /// <summary>The file. A path that is not absolute starts at the configuration's folder.</summary>
    public static readonly StringField FileField = new("file", TextRules.FilePath) { IsRequired = true };

    /// <summary>How the file is written; see <see cref="FormatName"/>.</summary>
    public static readonly ChoiceField FormatField = new("format", [Tiktoken, Tekken, HuggingFace]);

    /// <summary>How text is cut into pieces, for a file that does not say.</summary>
    public static readonly ChoiceField SplitField = new("split", ["o200k", "cl100k", "llama3", "qwen2", "deepseek-v3", "tekken"]);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("a tokenizer", FileField, FormatField, SplitField);

    private TokenizerOptions(ConfigEntry entry, ConfigMap node)
    {
        Entry = entry;
        Node = node;
    }

    /// <summary>The vocabularies that need no file.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } = ["o200k_base", "o200k_harmony", "cl100k_base"];

    /// <summary>The name with its place.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>The name.</summary>
    public string Name => Entry.Name;

    /// <summary>See <see cref="FileField"/>.</summary>
    public Setting<string> File { get; private init; }

    /// <summary>See <see cref="FormatField"/>.</summary>
    public Setting<string> Format { get; private init; }

    /// <summary>See <see cref="SplitField"/>.</summary>
    public Setting<string> Split { get; private init; }

    /// <summary>The format as written, or as the file's name tells it; null where neither does.</summary>
    public string? FormatName => Format.IsSet ? Format.Value : File.IsSet ? FormatOf(File.Value) : null;

    /// <summary>The format that a file's name tells; null where it tells none.</summary>
    public static string? FormatOf(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.EndsWith(".tiktoken", StringComparison.OrdinalIgnoreCase))
            return Tiktoken;
        if (!file.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return null;
        var name = file.AsSpan(file.LastIndexOfAny(['/', '\\']) + 1);
        return name.StartsWith("tekken", StringComparison.OrdinalIgnoreCase) ? Tekken : HuggingFace;
    }

    /// <summary>Reads a tokenizer; null where it is not a map.</summary>
    public static TokenizerOptions? Read(ConfigEntry entry, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return FieldReader.Open(entry.Value, Table, faults) is not { } reader ? null : new TokenizerOptions(entry, reader.Map)
        {
            File = reader.Get(FileField),
            Format = reader.Get(FormatField),
            Split = reader.Get(SplitField),
        };
    }
}
