namespace AiEdge.Contracts.Options;

/// <summary>What a request may hold that not every server takes, by the words of <c>lacks</c> and <c>takes</c>.</summary>
public static class FeatureWords
{
    private static readonly string[] Known =
    [
        "user", "seed", "stop", "penalties", "logprobs", "choices", "json", "schema", "strict", "json-with-tools", "parallel-tools", "forced-tools", "urls",
        "files", "user-after-tool", "pictures", "cache-control", "reasoning-content", "late-system",
    ];

    /// <summary>How many there are.</summary>
    public const int Count = 19;

    /// <summary>The words, in the order of the data plane's bits.</summary>
    public static IReadOnlyList<string> All => Known;

    /// <summary>What is wrong with a word, or null.</summary>
    public static string? Rule(string text) => Array.IndexOf(Known, text) >= 0
        ? null
        : "must be " + string.Join(", ", Known[..^1]) + " or " + Known[^1];
}
