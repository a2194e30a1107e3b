using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>
/// Who may know whom inside the data plane, by namespace: a layer knows only lower ones, and stages never each other. The
/// compiler's own model is asked, so a name that merely looks like a layer's does not count and an alias does not hide one.
/// </summary>
public static class LayerRule
{
    private const string Prefix = "AiEdge.DataPlane";

    /// <summary>From the bottom up; folders in one row do not know each other.</summary>
    private static readonly string[][] Layers =
    [
        ["Transport"],
        ["Core"],
        ["Parse", "Identify", "Screen", "Admit", "Route", "Translate", "Forward", "Meter", "Record"],
        ["Snapshot", "Flow"],
        ["Accept"],
        ["Hosting"],
    ];

    /// <summary>Steps aside from the order, each with the reason that allows it.</summary>
    private static readonly Dictionary<(string From, string To), string> Exceptions = [];

    /// <summary>Namespaces of others that only some folders may open, each with the folders that may.</summary>
    private static readonly (string Namespace, string[] Folders)[] Outside =
    [
        ("System.Text.Json", ["Snapshot", "Flow", "Record", "Hosting"]),
        ("YamlDotNet", ["Snapshot"]),
        ("Microsoft.Extensions.Logging", ["Record", "Hosting", "Snapshot"]),
        ("FASTER", ["Record"]),
        ("System.Linq", []),
    ];

    /// <summary>Checks the files of src/DataPlane together; <paramref name="others"/> are sources whose names they use.</summary>
    public static IEnumerable<string> Find(IEnumerable<TextFile> dataPlane, IEnumerable<TextFile> others)
    {
        var files = dataPlane.ToList();
        var usings = CSharpSyntaxTree.ParseText(
            """
            global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
            global using System.Threading; global using System.Threading.Tasks;
            """,
            TextFile.Options);
        var compilation = CSharpCompilation.Create("all", [usings, .. files.Select(f => f.Tree), .. others.Select(f => f.Tree)],
            Frameworks.References, new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true));
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            found.UnionWith(Place(file));
            found.UnionWith(Usings(file));
            var from = Folder(file);
            foreach (var (to, line) in Known(file, compilation.GetSemanticModel(file.Tree)))
            {
                if (to != from && !May(from, to))
                    found.Add($"{file}({line}): {from} may not know {to}");
            }
        }

        return found;
    }

    private static bool May(string from, string to) =>
        from.Length == 0 || Exceptions.ContainsKey((from, to)) || Level(to) < Level(from);

    private static int Level(string folder) => Array.FindIndex(Layers, l => l.Contains(folder));

    /// <summary>The layer's folder; empty for the program's entry at the root.</summary>
    private static string Folder(TextFile file)
    {
        var parts = file.Path.Split('/');
        return parts.Length > 3 ? parts[2] : "";
    }

    private static IEnumerable<string> Place(TextFile file)
    {
        var folder = Folder(file);
        if (folder.Length == 0)
            yield break;
        if (Level(folder) < 0)
            yield return $"{file}: the folder {folder} is not in the table of {nameof(LayerRule)}";
        foreach (var space in file.Tree.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            var name = space.Name.ToString();
            if (name != $"{Prefix}.{folder}" && !name.StartsWith($"{Prefix}.{folder}.", StringComparison.Ordinal))
                yield return $"{file}: lies in {folder} but belongs to {name}";
        }
    }

    private static IEnumerable<string> Usings(TextFile file)
    {
        foreach (var node in file.Tree.GetRoot().DescendantNodes().OfType<UsingDirectiveSyntax>())
        {
            var name = node.NamespaceOrType.ToString();
            foreach (var (space, folders) in Outside)
            {
                if ((name == space || name.StartsWith(space + ".", StringComparison.Ordinal)) && !folders.Contains(Folder(file)))
                    yield return $"{file}({Line(node)}): {name} has its place in [{string.Join(", ", folders)}] only";
            }
        }
    }

    private static IEnumerable<(string To, int Line)> Known(TextFile file, SemanticModel model)
    {
        foreach (var name in file.Tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is null or INamespaceSymbol)
                continue;
            var space = symbol.ContainingNamespace?.ToDisplayString() ?? "";
            if (space.StartsWith(Prefix + ".", StringComparison.Ordinal))
                yield return (space[(Prefix.Length + 1)..].Split('.')[0], Line(name));
        }
    }

    private static int Line(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
