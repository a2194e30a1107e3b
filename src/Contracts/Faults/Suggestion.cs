using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Faults;

/// <summary>Finds the name that a mistyped one was meant to be.</summary>
public static class Suggestion
{
    private const int NameCharsMax = 64;

    /// <summary> <c> (did you mean "openai"?)</c> with its leading space, or an empty text where nothing is near.</summary>
    public static string For(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        string? best = null;
        var bestDistance = Math.Min(3, name.Length / 3) + 1;
        foreach (var candidate in known)
        {
            if (Math.Abs(candidate.Length - name.Length) >= bestDistance)
                continue;
            var distance = Distance(name, candidate);
            if (distance < bestDistance)
            {
                best = candidate;
                bestDistance = distance;
            }
        }

        return best is null ? "" : $" (did you mean {ConfigText.Quote(best)}?)";
    }

    /// <summary>
    /// Number of characters to insert, delete, replace or swap with their neighbour (optimal string alignment), case set
    /// aside. Three rows of the table are enough.
    /// </summary>
    private static int Distance(string a, string b)
    {
        if (a.Length > NameCharsMax || b.Length > NameCharsMax)
            return int.MaxValue;
        var older = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        var next = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            next[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                next[j] = Math.Min(Math.Min(next[j - 1], row[j]) + 1, row[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    next[j] = Math.Min(next[j], older[j - 2] + 1);
            }

            (older, row, next) = (row, next, older);
        }

        return row[b.Length];
    }

    private static bool Same(char x, char y) => char.ToLowerInvariant(x) == char.ToLowerInvariant(y);
}
