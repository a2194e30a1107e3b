using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// A vocabulary that models may name: one that is built in, or one out of a user's file. A built-in one is loaded when it is
/// first asked for, and never where nobody counts with it.
/// </summary>
internal sealed class TokenizerModel
{
    private static readonly ConditionalWeakTable<Vocabulary, JsonTokenizer> JsonTokenizers = [];

    private readonly Lazy<Vocabulary> _vocabulary;

    private TokenizerModel(string name, string identity, Lazy<Vocabulary> vocabulary)
    {
        Name = name;
        Identity = identity;
        _vocabulary = vocabulary;
    }

    public string Name { get; }

    /// <summary>Equal for two generations iff the vocabulary is the same: what it was made of, and its state then.</summary>
    public string Identity { get; }

    /// <summary>Whether the file asks for a normalization that is not done: counts are then exact for text in Normalization Form C only.</summary>
    public bool NormalizesToNfc { get; private init; }

    public Vocabulary Vocabulary => _vocabulary.Value;

    /// <summary>Counts with it: one for each vocabulary, whatever names it has.</summary>
    public JsonTokenizer Json => JsonTokenizers.GetValue(Vocabulary, static vocabulary => new JsonTokenizer(vocabulary));

    /// <summary>Whether the vocabulary is in memory.</summary>
    public bool IsLoaded => _vocabulary.IsValueCreated;

    /// <summary>The built-in vocabulary of that name, or null.</summary>
    public static TokenizerModel? BuiltIn(string name) => name switch
    {
        "o200k_base" => new(name, name, new(static () => Vocabulary.O200kBase)),
        "o200k_harmony" => new(name, name, new(static () => Vocabulary.O200kHarmony)),
        "cl100k_base" => new(name, name, new(static () => Vocabulary.Cl100kBase)),
        _ => null,
    };

    /// <summary>A vocabulary that was read from a file.</summary>
    public static TokenizerModel FromFile(string name, string identity, Vocabulary vocabulary, bool normalizesToNfc)
    {
        var model = new TokenizerModel(name, identity, new(vocabulary)) { NormalizesToNfc = normalizesToNfc };
        return model;
    }

    /// <summary>The same vocabulary under another name.</summary>
    public TokenizerModel Named(string name) => name == Name ? this : new(name, Identity, _vocabulary) { NormalizesToNfc = NormalizesToNfc };
}
