using AiEdge.DataPlane.Core;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Meter;

/// <summary>What a model's tokens are counted with.</summary>
/// <param name="Encoding">The model's family, and whether the vocabulary is its own.</param>
/// <param name="Tokenizer">The vocabulary: the model's, or the one that is counted with in its stead.</param>
internal readonly record struct ModelTokenizer(ModelEncoding Encoding, JsonTokenizer Tokenizer)
{
    /// <summary>Whether counts of text are the model's own and no estimates.</summary>
    public bool IsExact => Encoding.IsExact;

    /// <summary>
    /// By the tokenizer that the document names for the model, else by the name that the provider knows the model by, or the one it was
    /// asked for by, where that tells nothing: deployments have names of their own.
    /// </summary>
    public static ModelTokenizer Of(Exchange exchange)
    {
        ModelEncoding encoding = ModelEncodings.Find(exchange.Target?.UpstreamModel ?? exchange.PassedModel);
        if (encoding.Family == ModelFamily.Unknown && exchange.Target?.UpstreamModel is not null)
            encoding = ModelEncodings.Find(exchange.PassedModel);
        if (exchange.Model?.Tokenizer is not { } named)
            return new ModelTokenizer(encoding, JsonTokenizer.Of(encoding.Encoding));
        return new ModelTokenizer(encoding with { IsExact = !named.NormalizesToNfc }, named.Json);
    }
}
