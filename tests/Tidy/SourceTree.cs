using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AiEdge.Tidy.Tests;

/// <summary>One text file of the repository; <see cref="Path"/> is relative to its root, with forward slashes.</summary>
public sealed class TextFile(string path, string text)
{
    private readonly Lazy<SyntaxTree> _tree = new(() => CSharpSyntaxTree.ParseText(text, Options, path));

    public static CSharpParseOptions Options { get; } =
        new CSharpParseOptions(LanguageVersion.Preview).WithFeatures([new("FileBasedProgram", "true")]);

    public string Path { get; } = path;

    public string Text { get; } = text;

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    public SyntaxTree Tree => _tree.Value;

    public string[] Lines => Text.Split('\n');

    public override string ToString() => Path;
}

/// <summary>The source as it lies on disk: everything but what builds and tools leave behind.</summary>
public static class SourceTree
{
    private static readonly string[] LeftBehind =
        ["bin", "obj", "artifacts", "node_modules", ".git", ".vs", ".idea", "TestResults", "BenchmarkDotNet.Artifacts"];

    private static readonly string[] TextEndings =
    [
        ".cs", ".csproj", ".props", ".targets", ".json", ".yaml", ".yml", ".md", ".sh", ".ps1", ".mjs", ".js", ".txt", ".html", ".sln",
        ".conf", ".cfg",
    ];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<TextFile> Files { get; } = [.. Read(Root)];

    public static IEnumerable<TextFile> CSharp => Files.Where(f => f.IsCSharp);

    public static IEnumerable<TextFile> Projects => Files.Where(f => f.Path.EndsWith(".csproj", StringComparison.Ordinal));

    public static IEnumerable<TextFile> Documents => Files.Where(f => f.Path.EndsWith(".md", StringComparison.Ordinal));

    /// <summary>Every folder that holds source, relative to the root.</summary>
    public static IEnumerable<string> Folders =>
        Files.Select(f => f.Path.Contains('/', StringComparison.Ordinal) ? f.Path[..f.Path.LastIndexOf('/')] : "").Distinct();

    private static IEnumerable<TextFile> Read(string folder)
    {
        foreach (var file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            if (TextEndings.Contains(Path.GetExtension(name)) || name is "Dockerfile" or ".editorconfig" or "LICENSE" || IsScript(file))
                yield return new(Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file));
        }

        foreach (var inner in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (LeftBehind.Contains(Path.GetFileName(inner)))
                continue;
            foreach (var file in Read(inner))
                yield return file;
        }
    }

    private static bool IsScript(string file)
    {
        if (Path.HasExtension(file))
            return false;
        using var stream = File.OpenRead(file);
        return stream.ReadByte() == '#' && stream.ReadByte() == '!';
    }

    private static string FindRoot([CallerFilePath] string path = "")
    {
        // The compiler's path is mapped away in some builds; the output folder is always below the root.
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "AiEdge.sln")))
                return folder;
        }

        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "AiEdge.sln")))
                return folder;
        }

        throw new DirectoryNotFoundException("AiEdge.sln is in no folder above");
    }
}
