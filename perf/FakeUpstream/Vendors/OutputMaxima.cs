namespace AiEdge.FakeUpstream;

/// <summary>The longest answers that well-known models give (their makers' pages of models): a request for more is refused.</summary>
internal static class OutputMaxima
{
    /// <summary>By how a name begins, the longer before the shorter.</summary>
    private static readonly (string Name, long Tokens)[] Known =
    [
        ("gpt-4o-2024-05-13", 4096), ("gpt-4o", 16_384), ("gpt-4.1", 32_768), ("gpt-4-turbo", 4096), ("gpt-3.5-turbo", 4096), ("gpt-5", 128_000), ("gpt-6", 128_000),
        ("claude-3-haiku", 4096), ("claude-3-5", 8192), ("claude-opus-4-1", 32_000), ("claude-sonnet-4", 64_000),
        ("gemini-2.0", 8192), ("gemini-2.5", 65_536), ("deepseek-chat", 8192),
    ];

    /// <summary>A model's; <see cref="long.MaxValue"/> where it is none of them.</summary>
    public static long Of(string? model)
    {
        foreach (var (name, tokens) in Known)
        {
            if (model?.StartsWith(name, StringComparison.Ordinal) == true)
                return tokens;
        }

        return long.MaxValue;
    }
}
