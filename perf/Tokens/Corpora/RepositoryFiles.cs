namespace AiEdge.Tokens.Corpora;

/// <summary>The repository's own files, without what builds leave behind.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] LeftBehind = ["bin", "obj", "artifacts", "node_modules", ".git"];

    public static IEnumerable<string> Of(string folder, string ending)
    {
        foreach (string file in Directory.GetFiles(folder, "*" + ending).Order(StringComparer.Ordinal))
            yield return file;
        foreach (string inner in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (LeftBehind.Contains(Path.GetFileName(inner)))
                continue;
            foreach (string file in Of(inner, ending))
                yield return file;
        }
    }
}
