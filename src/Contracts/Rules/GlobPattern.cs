namespace AiEdge.Contracts.Rules;

/// <summary>Questions between two patterns in which <c>*</c> stands for any run of characters. A name without a star is a pattern, too.</summary>
public static class GlobPattern
{
    /// <summary>
    /// Whether some text matches both. <c>reach[j]</c> says whether the first <c>i</c> characters of one pattern and the
    /// first <c>j</c> of the other can have matched the same text; the work is the product of both lengths.
    /// </summary>
    public static bool Overlaps(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var reach = new bool[b.Length + 1];
        reach[0] = true;
        for (var j = 1; j <= b.Length; j++)
            reach[j] = reach[j - 1] && b[j - 1] == '*';
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = reach[0];
            reach[0] &= a[i - 1] == '*';
            for (var j = 1; j <= b.Length; j++)
            {
                var above = reach[j];
                if (a[i - 1] == '*' || b[j - 1] == '*')
                    reach[j] = above || reach[j - 1];
                else
                    reach[j] = diagonal && a[i - 1] == b[j - 1];
                diagonal = above;
            }
        }

        return reach[b.Length];
    }

    /// <summary>
    /// Whether <paramref name="wide"/> matches the very text of <paramref name="narrow"/>, stars and all. It then matches all that the
    /// other matches, because only a star of its own can have taken a star in. (The reverse does not hold for odd patterns; false is then safe.)
    /// </summary>
    public static bool Covers(string wide, string narrow)
    {
        ArgumentNullException.ThrowIfNull(wide);
        ArgumentNullException.ThrowIfNull(narrow);
        int w = 0, n = 0, star = -1, mark = 0;
        while (n < narrow.Length)
        {
            if (w < wide.Length && wide[w] == '*')
            {
                star = w++;
                mark = n;
            }
            else if (w < wide.Length && wide[w] == narrow[n])
            {
                w++;
                n++;
            }
            else if (star >= 0)
            {
                w = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (w < wide.Length && wide[w] == '*')
            w++;
        return w == wide.Length;
    }
}
