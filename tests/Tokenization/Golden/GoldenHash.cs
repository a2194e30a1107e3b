namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>FNV-1a over whole ids instead of bytes, with the upper half folded in; Oracle/node/oracle.mjs computes the same.</summary>
internal static class GoldenHash
{
    private const uint Start = 0x811C9DC5;

    public static uint Of(ReadOnlySpan<int> ids)
    {
        uint hash = Start;
        foreach (int id in ids)
            hash = Mix(hash, (uint)id);
        return hash;
    }

    /// <summary>Hash over what is said of many texts: number of tokens and hash of each.</summary>
    public static uint Of(IEnumerable<TokenFacts> all)
    {
        uint hash = Start;
        foreach (TokenFacts facts in all)
            hash = Mix(Mix(hash, (uint)facts.Count), facts.Hash);
        return hash;
    }

    private static uint Mix(uint hash, uint value)
    {
        hash = (hash ^ value) * 0x01000193;
        return hash ^ (hash >> 15);
    }
}

/// <summary>What is compared of a text's tokens: their number, and a hash over their ids.</summary>
internal readonly record struct TokenFacts(int Count, uint Hash);
