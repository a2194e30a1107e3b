namespace AiEdge.DataPlane.Core;

/// <summary>
/// What nineteen of twenty answers, or prompts, stay under, learnt from those that came: one number that rises fast and falls slowly, so that it
/// follows a change within some dozens of answers and needs no samples. Of milliseconds it is the same.
/// </summary>
/// <remarks>
/// Requirements: any number of threads; no observation is counted twice; the number stays between 1 and <see cref="TokensMax"/>. Memory
/// order: the number is one word, moved by compare-and-swap from the value that the step was computed from.
/// </remarks>
internal sealed class LearnedTokens
{
    /// <summary>What is taken while nothing is known.</summary>
    public const long Unknown = 1024;

    public const long TokensMax = 1 << 24;

    // A step up is 19 times a step down, so they balance where one in twenty is above. In 1/65536 of a token.
    private const int Shift = 16;
    private const int Up = 5;
    private const int Down = 95;

    private long _value;

    /// <summary>Tokens; <see cref="Unknown"/> before the first answer.</summary>
    public long P95 => Volatile.Read(ref _value) is var value and > 0 ? (value >> Shift) + 1 : Unknown;

    public void Observe(long tokens)
    {
        if (tokens <= 0)
            return;
        var seen = Math.Min(tokens, TokensMax) << Shift;
        var value = Volatile.Read(ref _value);
        while (true)
        {
            // Twice the first: one answer says little about the longest of twenty.
            var next = value == 0 ? 2 * seen : seen > value ? value + Math.Max(value / Up, 1) : value - value / Down;
            var found = Interlocked.CompareExchange(ref _value, Math.Clamp(next, 1L << Shift, TokensMax << Shift), value);
            if (found == value)
                return;
            value = found;
        }
    }
}
