namespace AiEdge.DataPlane.Core;

/// <summary>Patterns in which <c>*</c> stands for any run of bytes, also an empty one. Nothing else is special.</summary>
internal static class Glob
{
    /// <summary>Matches in O(pattern × text) at worst, without recursion: only the last star is ever tried again.</summary>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == (byte)'*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == (byte)'*')
            p++;
        return p == pattern.Length;
    }
}
