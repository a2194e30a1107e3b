using System.Text.Json;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Importing;

/// <summary>
/// Reads Hugging Face's <c>tokenizer.json</c> where it holds a byte-level BPE. What its tokenizers library would do to text and
/// what is not done here is refused, field by field; what it adds around text (post_processor, special tokens) is not text and
/// is left aside, as is what only matters for turning tokens back into text (decoder).
/// </summary>
internal sealed class HuggingFaceFile
{
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);
    private readonly HashSet<string> _added = new(StringComparer.Ordinal);

    /// <summary>Tokens that are bytes and not added ones, or that a merge makes all the same.</summary>
    private readonly HashSet<int> _texts = [];

    private HuggingFaceFile()
    {
    }

    /// <summary>The split that the file asks for.</summary>
    public SplitRule Split { get; private init; }

    /// <summary>See <see cref="ImportedVocabulary.NormalizesToNfc"/>.</summary>
    public bool NormalizesToNfc { get; private init; }

    /// <summary>Whether a piece that is a token is taken as it is (<c>ignore_merges</c>).</summary>
    public bool WholePieceFirst { get; private init; }

    /// <summary>The tokens that text can come to.</summary>
    public List<VocabularyEntry> Entries { get; } = [];

    /// <summary>The merges that text can come to, by the numbers of their tokens, in their order.</summary>
    public List<(int Left, int Right)> Merges { get; } = [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="VocabularyException">It is not what it should be, or asks for what is not supported.</exception>
    public static HuggingFaceFile Read(ReadOnlyMemory<byte> content)
    {
        using var document = JsonFields.Parse(content);
        var root = JsonFields.Object(document.RootElement, "the document");
        JsonFields.KnowsOnly(
            root,
            "",
            ["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"]);
        var model = JsonFields.Object(JsonFields.Required(root, "", "model"), "model");
        CheckModel(model);
        var file = new HuggingFaceFile
        {
            NormalizesToNfc = HuggingFaceSteps.NormalizesToNfc(root),
            Split = HuggingFaceSteps.Split(root),
            WholePieceFirst = JsonFields.Boolean(model, "model", "ignore_merges", absent: false),
        };
        file.ReadAdded(root);
        file.ReadVocabulary(JsonFields.Object(JsonFields.Required(model, "model", "vocab"), "model.vocab"));
        file.ReadMerges(JsonFields.Required(model, "model", "merges"));
        return file;
    }

    private static void CheckModel(JsonElement model)
    {
        var type = JsonFields.Required(model, "model", "type");
        if (JsonFields.Text(type, "model.type") != "BPE")
            throw JsonFields.Unsupported("model.type", type, "BPE is the only kind that is known");
        JsonFields.KnowsOnly(
            model,
            "model",
            [
                "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
                "ignore_merges", "vocab", "merges",
            ]);
        if (model.TryGetProperty("dropout", out var dropout)
            && dropout.ValueKind != JsonValueKind.Null
            && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
        {
            throw JsonFields.Unsupported("model.dropout", dropout, "counts would be left to chance");
        }

        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.TryGetProperty(name, out var mark) && mark.ValueKind != JsonValueKind.Null && JsonFields.Text(mark, "model." + name).Length > 0)
                throw JsonFields.Unsupported("model." + name, mark, "only byte-level vocabularies are");
        }

        // Every byte has a token here, so that nothing is ever unknown and what would stand for it has no meaning.
        if (JsonFields.Boolean(model, "model", "byte_fallback", absent: false))
            throw JsonFields.Unsupported("model.byte_fallback", model.GetProperty("byte_fallback"), "only byte-level vocabularies are");
    }

    /// <summary>Tokens that stand for no text of their own: as text, their spelling is cut and merged like any other.</summary>
    private void ReadAdded(JsonElement root)
    {
        if (!root.TryGetProperty("added_tokens", out var list) || list.ValueKind == JsonValueKind.Null)
            return;
        if (list.ValueKind != JsonValueKind.Array)
            throw JsonFields.Unsupported("added_tokens", list, "a list is expected");
        foreach (var token in list.EnumerateArray())
        {
            var content = JsonFields.Required(JsonFields.Object(token, "added_tokens[]"), "added_tokens[]", "content");
            _added.Add(JsonFields.Text(content, "added_tokens[].content"));
        }
    }

    private void ReadVocabulary(JsonElement vocab)
    {
        var numbers = new HashSet<int>();
        foreach (var field in vocab.EnumerateObject())
        {
            var spelling = JsonFields.Text(field);
            var id = JsonFields.Number(field.Value, "model.vocab");
            if (!_tokens.TryAdd(spelling, id))
                throw new VocabularyException($"model.vocab names \"{spelling}\" twice");
            if (!numbers.Add(id))
                throw new VocabularyException($"model.vocab gives the number {id} twice");

            // A spelling beyond the alphabet is no bytes, and so no text.
            if (!ByteAlphabet.TryDecode(spelling, out var bytes) || bytes.Length == 0)
                continue;
            if (bytes.Length == 1 || !_added.Contains(spelling))
                Add(bytes, id);
        }
    }

    private void ReadMerges(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw JsonFields.Unsupported("model.merges", list, "a list is expected");
        var index = 0;
        foreach (var merge in list.EnumerateArray())
        {
            var (left, right) = Pair(merge, index);
            var whole = left + right;
            if (!_tokens.TryGetValue(left, out var leftToken)
                || !_tokens.TryGetValue(right, out var rightToken)
                || !_tokens.TryGetValue(whole, out var made))
            {
                throw JsonFields.Unsupported($"model.merges[{index}]", merge, "its parts and what they make must all be in model.vocab");
            }

            // What is made of parts that no text comes to is no text either.
            index++;
            if (!_texts.Contains(leftToken) || !_texts.Contains(rightToken))
                continue;
            if (!_texts.Contains(made) && ByteAlphabet.TryDecode(whole, out var bytes))
                Add(bytes, made);
            Merges.Add((leftToken, rightToken));
        }
    }

    private void Add(byte[] bytes, int id)
    {
        _texts.Add(id);
        Entries.Add(new(bytes, id, Rank: 0));
    }

    /// <summary>Two tokens, written as one text with a space between or as a list of two.</summary>
    private static (string Left, string Right) Pair(JsonElement merge, int index)
    {
        var path = $"model.merges[{index}]";
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
            return (JsonFields.Text(merge[0], path), JsonFields.Text(merge[1], path));
        var text = merge.ValueKind == JsonValueKind.String ? JsonFields.Text(merge, path) : "";
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space <= 0 || space == text.Length - 1 || text.LastIndexOf(' ') != space)
            throw JsonFields.Unsupported(path, merge, "two tokens are expected, as \"a b\" or [\"a\", \"b\"]");
        return (text[..space], text[(space + 1)..]);
    }
}
