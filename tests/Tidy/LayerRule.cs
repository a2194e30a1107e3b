using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>
/// Who may know whom inside a plane, by namespace: a layer knows only lower ones, and folders of one row never each other. The
/// compiler's own model is asked, so a name that merely looks like a layer's does not count and an alias does not hide one.
/// </summary>
public static class LayerRule
{
    /// <summary>Checks the files of a plane together; <paramref name="others"/> are sources whose names they use.</summary>
    public static IEnumerable<string> Find(LayerTable table, IEnumerable<TextFile> plane, IEnumerable<TextFile> others)
    {
        var files = plane.ToList();
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
            found.UnionWith(Place(table, file));
            found.UnionWith(Usings(table, file));
            var from = Folder(file);
            foreach (var (to, line) in Known(table, file, compilation.GetSemanticModel(file.Tree)))
            {
                if (to != from && !May(table, from, to))
                    found.Add($"{file}({line}): {from} may not know {to}");
            }
        }

        return found;
    }

    private static bool May(LayerTable table, string from, string to) => from.Length == 0 || table.Level(to) < table.Level(from);

    /// <summary>The layer's folder; empty for the program's entry at the root.</summary>
    private static string Folder(TextFile file)
    {
        var parts = file.Path.Split('/');
        return parts.Length > 3 ? parts[2] : "";
    }

    private static IEnumerable<string> Place(LayerTable table, TextFile file)
    {
        var folder = Folder(file);
        if (folder.Length == 0)
            yield break;
        if (table.Level(folder) < 0)
            yield return $"{file}: the folder {folder} is not in the table of {nameof(LayerTable)}";
        foreach (var space in file.Tree.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            var name = space.Name.ToString();
            if (name != $"{table.Prefix}.{folder}" && !name.StartsWith($"{table.Prefix}.{folder}.", StringComparison.Ordinal))
                yield return $"{file}: lies in {folder} but belongs to {name}";
        }
    }

    private static IEnumerable<string> Usings(LayerTable table, TextFile file)
    {
        foreach (var node in file.Tree.GetRoot().DescendantNodes().OfType<UsingDirectiveSyntax>())
        {
            var name = node.NamespaceOrType.ToString();
            foreach (var (space, folders) in table.Outside)
            {
                if ((name == space || name.StartsWith(space + ".", StringComparison.Ordinal)) && !folders.Contains(Folder(file)))
                    yield return $"{file}({Line(node)}): {name} has its place in [{string.Join(", ", folders)}] only";
            }
        }
    }

    private static IEnumerable<(string To, int Line)> Known(LayerTable table, TextFile file, SemanticModel model)
    {
        foreach (var name in file.Tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is null or INamespaceSymbol)
                continue;
            var space = symbol.ContainingNamespace?.ToDisplayString() ?? "";
            if (space.StartsWith(table.Prefix + ".", StringComparison.Ordinal))
                yield return (space[(table.Prefix.Length + 1)..].Split('.')[0], Line(name));
        }
    }

    private static int Line(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
