using AiEdge.Contracts.Dialects;

namespace AiEdge.Contracts.Fields;

/// <summary>A native path of a provider that a key may call, as it is written: <c>PROVIDER: METHOD /PATH</c>.</summary>
/// <param name="Provider">Name of the provider.</param>
/// <param name="Method">One of <see cref="Methods"/>.</param>
/// <param name="Path">The path as the provider's dialect has it, compared byte by byte.</param>
public readonly record struct PassthroughText(string Provider, string Method, string Path)
{
    /// <summary>Longest path.</summary>
    public const int PathCharsMax = 512;

    /// <summary>What may be called with it.</summary>
    public static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    private static readonly System.Buffers.SearchValues<char> PathChars =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()+,=:@/");

    /// <summary>
    /// What makes something that lies at the provider under an id and belongs to whoever made it, or that lets a client go past the gateway.
    /// </summary>
    private static readonly string[] Kept =
    [
        "files", "uploads", "batches", "responses", "conversations", "assistants", "threads", "vector_stores", "containers", "fine_tuning", "evals",
        "videos", "realtime", "organization", "cachedContents", "tunedModels", "corpora", "fileSearchStores", "operations", "skills",
    ];

    /// <summary>What is wrong with a text, or null.</summary>
    public static string? Rule(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!TryParse(text, out var rule))
            return "must be of the form 'PROVIDER: METHOD /PATH'";
        if (TextRules.PlainName(rule.Provider) is { } complaint)
            return "names a provider that " + complaint;
        if (Array.IndexOf(Methods, rule.Method) < 0)
            return "has another method than " + string.Join(", ", Methods);
        if (!IsPlain(rule.Path))
            return "has a path with an empty or a dotted part, or a sign that would have to be coded";
        if (IsServed(rule.Path))
            return "is served under its own path, where it is metered";
        return IsKept(rule.Path) ? "is not supported yet: what lies at a provider under an id is not kept apart by team" : null;
    }

    /// <summary>Takes a text apart; what its parts may be is not looked at.</summary>
    public static bool TryParse(string text, out PassthroughText rule)
    {
        ArgumentNullException.ThrowIfNull(text);
        rule = default;
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        var space = colon < 0 ? -1 : text.IndexOf(' ', colon + 2);
        if (space < 0)
            return false;
        rule = new PassthroughText(text[..colon], text[(colon + 2)..space], text[(space + 1)..]);
        return true;
    }

    private static bool IsPlain(string path)
    {
        if (path.Length is < 2 or > PathCharsMax || path[0] != '/' || path.AsSpan().ContainsAnyExcept(PathChars))
            return false;
        foreach (var part in path[1..].Split('/'))
        {
            if (part is "" or "." or "..")
                return false;
        }

        return true;
    }

    /// <summary>Whether it is served by itself, where it is metered.</summary>
    private static bool IsServed(string path)
    {
        foreach (var sheet in DialectSheet.All)
        {
            foreach (var served in sheet.Paths)
            {
                if (path.Equals(served, StringComparison.OrdinalIgnoreCase))
                    return true;
            }

            foreach (var method in sheet.Methods)
            {
                if (path.EndsWith(method, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }

    private static bool IsKept(string path)
    {
        foreach (var part in path[1..].Split('/'))
        {
            if (Array.Exists(Kept, kept => part.Equals(kept, StringComparison.OrdinalIgnoreCase))
                || part.Contains(":batch", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
