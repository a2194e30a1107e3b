using AiEdge.Tokenization.Tests.Golden;

namespace AiEdge.Tokens.Corpora;

/// <summary>A kind of text that can be made afresh without end: what was counted before flatters whoever remembers it.</summary>
internal interface ICorpus
{
    /// <summary>About so many bytes of UTF-8, different for each state of <paramref name="random"/>.</summary>
    byte[] Make(SeededRandom random, int bytes);
}

/// <summary>A corpus by its name; small texts where a rival's time grows by the square.</summary>
internal sealed record NamedCorpus(string Name, ICorpus Corpus, int TextBytes, int Texts)
{
    /// <summary>Texts of one round.</summary>
    public byte[][] Make(ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, Texts).Select(_ => Corpus.Make(random, TextBytes))];
    }
}
