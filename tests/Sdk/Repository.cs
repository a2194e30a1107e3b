namespace AiEdge.Sdk.Tests;

/// <summary>Where the repository is: above the tests' own folder.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiEdge.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("AiEdge.sln is in no folder above");
        return folder;
    }
}
