using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AiEdge.Tidy.Tests;

/// <summary>The shared frameworks that this process runs on, as the compiler and the document rule see them.</summary>
public static class Frameworks
{
    public static IReadOnlyList<MetadataReference> References { get; } =
        [.. Assemblies().Select(a => MetadataReference.CreateFromFile(a))];

    /// <summary>Simple names of every public type of the frameworks.</summary>
    public static IReadOnlySet<string> TypeNames { get; } = ReadTypeNames();

    private static IEnumerable<string> Assemblies()
    {
        var all = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return all.Where(a => a.Replace('\\', '/').Contains("/shared/Microsoft.", StringComparison.Ordinal));
    }

    private static HashSet<string> ReadTypeNames()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var compilation = CSharpCompilation.Create("names", references: References);
        var open = new Stack<INamespaceSymbol>([compilation.GlobalNamespace]);
        while (open.TryPop(out var space))
        {
            foreach (var inner in space.GetNamespaceMembers())
                open.Push(inner);
            foreach (var type in space.GetTypeMembers())
                names.Add(type.Name);
        }

        return names;
    }
}
