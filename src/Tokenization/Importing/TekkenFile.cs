using System.Text.Json;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Importing;

/// <summary>
/// Reads Mistral's <c>tekken.json</c>: ranked tokens in base64, of which the first <c>default_vocab_size</c> less
/// <c>default_num_special_tokens</c> are used, numbered behind the special ones.
/// </summary>
internal static class TekkenFile
{
    /// <summary>The tokens of a file and the split that it asks for.</summary>
    /// <exception cref="VocabularyException">It is not what it should be, or asks for what is not supported.</exception>
    public static (List<VocabularyEntry> Entries, SplitRule Split) Read(ReadOnlyMemory<byte> content)
    {
        using var document = JsonFields.Parse(content);
        var root = JsonFields.Object(document.RootElement, "the document");
        var config = JsonFields.Object(JsonFields.Required(root, "", "config"), "config");
        var specials = Number(config, "default_num_special_tokens");
        var used = Number(config, "default_vocab_size") - specials;
        var pattern = JsonFields.Required(config, "config", "pattern");
        if (!SplitExpressions.TryFind([JsonFields.Text(pattern, "config.pattern")], out var split))
            throw JsonFields.Unsupported("config.pattern", pattern, "it is none of the expressions that are known");
        var list = JsonFields.Required(root, "", "vocab");
        if (list.ValueKind != JsonValueKind.Array)
            throw JsonFields.Unsupported("vocab", list, "a list is expected");
        var entries = new List<VocabularyEntry>();
        var ranks = new HashSet<int>();
        foreach (var token in list.EnumerateArray())
        {
            var rank = JsonFields.Number(JsonFields.Required(JsonFields.Object(token, "vocab[]"), "vocab[]", "rank"), "vocab[].rank");
            var encoded = JsonFields.Required(token, "vocab[]", "token_bytes");
            if (encoded.ValueKind != JsonValueKind.String || !encoded.TryGetBytesFromBase64(out var bytes) || bytes.Length == 0)
                throw JsonFields.Unsupported("vocab[].token_bytes", encoded, "bytes in base64 are expected");
            if (!ranks.Add(rank))
                throw new VocabularyException($"vocab[].rank {rank} is there twice");
            if (rank < used)
                entries.Add(new(bytes, rank + specials, rank));
        }

        return entries.Count > 0 ? (entries, split) : throw new VocabularyException("holds no token");
    }

    private static int Number(JsonElement config, string name) =>
        JsonFields.Number(JsonFields.Required(config, "config", name), "config." + name);
}
