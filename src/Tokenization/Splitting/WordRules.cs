namespace AiEdge.Tokenization.Splitting;

/// <summary>
/// What tells apart the expressions of one family: words with an optional character before them, digits, runs of everything else, white
/// space. Each implementation is a type of its own, so that a scanner over it is compiled with its answers as constants.
/// </summary>
internal interface IWordRule
{
    /// <summary>A word breaks where a lower case letter is followed by an upper case one, and marks belong to it.</summary>
    static abstract bool Cased { get; }

    /// <summary>A contraction such as 'll ends a word (o200k).</summary>
    static abstract bool ContractionAfter { get; }

    /// <summary>A contraction is a piece by itself, wherever an apostrophe starts one (cl100k).</summary>
    static abstract bool ContractionFirst { get; }

    /// <summary>How many digits make one piece.</summary>
    static abstract int DigitsMax { get; }

    /// <summary>A run of symbols takes slashes with the line ends that follow it.</summary>
    static abstract bool SlashTail { get; }
}

/// <summary>
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// </summary>
internal readonly struct O200kRule : IWordRule
{
    public static bool Cased => true;

    public static bool ContractionAfter => true;

    public static bool ContractionFirst => false;

    public static int DigitsMax => 3;

    public static bool SlashTail => true;
}

/// <summary>
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+:
/// the expression of cl100k_base, and the one that Llama 3 publishes.
/// </summary>
internal readonly struct Cl100kRule : IWordRule
{
    public static bool Cased => false;

    public static bool ContractionAfter => false;

    public static bool ContractionFirst => true;

    public static int DigitsMax => 3;

    public static bool SlashTail => false;
}

/// <summary>As <see cref="Cl100kRule"/>, with \p{N} for \p{N}{1,3}.</summary>
internal readonly struct Qwen2Rule : IWordRule
{
    public static bool Cased => false;

    public static bool ContractionAfter => false;

    public static bool ContractionFirst => true;

    public static int DigitsMax => 1;

    public static bool SlashTail => false;
}

/// <summary>As <see cref="O200kRule"/>, without contractions and with \p{N} for \p{N}{1,3}.</summary>
internal readonly struct TekkenRule : IWordRule
{
    public static bool Cased => true;

    public static bool ContractionAfter => false;

    public static bool ContractionFirst => false;

    public static int DigitsMax => 1;

    public static bool SlashTail => true;
}
