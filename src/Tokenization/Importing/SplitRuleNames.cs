using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Importing;

/// <summary>The names under which split rules are written in configurations and on command lines.</summary>
public static class SplitRuleNames
{
    private static readonly (string Name, SplitRule Rule)[] Known =
    [
        ("o200k", SplitRule.O200k),
        ("cl100k", SplitRule.Cl100k),
        ("llama3", SplitRule.Llama3),
        ("qwen2", SplitRule.Qwen2),
        ("deepseek-v3", SplitRule.DeepSeekV3),
        ("tekken", SplitRule.Tekken),
    ];

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> All { get; } = Array.ConvertAll(Known, k => k.Name);

    /// <summary>The rule of a name; false where there is none.</summary>
    public static bool TryParse(string name, out SplitRule rule)
    {
        var at = Array.FindIndex(Known, k => k.Name == name);
        rule = at < 0 ? default : Known[at].Rule;
        return at >= 0;
    }

    /// <summary>The name of a rule.</summary>
    public static string NameOf(SplitRule rule) => Array.Find(Known, k => k.Rule == rule).Name;
}
