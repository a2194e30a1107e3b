namespace AiEdge.Fuzz;

/// <summary>Seed files: raw bytes under corpus/TARGET/, beside the program.</summary>
public static class Corpus
{
    public static byte[][] Read(string target)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "corpus", target);
        return [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
    }
}
