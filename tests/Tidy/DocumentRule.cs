using System.Buffers;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>What a document names must exist: types and members in backticks, and files that it links to.</summary>
public static partial class DocumentRule
{
    /// <summary>Names that are neither ours nor the frameworks': of packages, tools and protocols.</summary>
    private static readonly HashSet<string> Foreign = new(StringComparer.Ordinal)
    {
        "BenchmarkDotNet", "NativeAOT", "NuGet", "OpenAI", "OpenSSL", "PowerShell", "PublishAot", "YamlDotNet",
    };

    private static readonly SearchValues<char> NotInNames = SearchValues.Create("/-:= \"{}");

    public static IEnumerable<string> Find(TextFile document, IReadOnlySet<string> declared)
    {
        var inBlock = false;
        var lines = document.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
                inBlock = !inBlock;
            if (inBlock)
                continue;
            foreach (Match match in Quoted().Matches(lines[i]))
            {
                foreach (var word in Words(match.Groups[1].Value))
                {
                    if (!declared.Contains(word) && !Frameworks.TypeNames.Contains(word) && !Foreign.Contains(word))
                        yield return $"{document}({i + 1}): there is no '{word}'";
                }
            }
        }
    }

    /// <summary>Links to files of the repository that are not there.</summary>
    public static IEnumerable<string> BrokenLinks(TextFile document, Func<string, bool> exists)
    {
        foreach (Match match in Link().Matches(document.Text))
        {
            var target = match.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains(':', StringComparison.Ordinal))
                continue;
            var path = Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(document.Path) ?? "", target)).TrimStart('/');
            if (!exists(path))
                yield return $"{document}: links to {target}, which is not there";
        }
    }

    /// <summary>Every name that our source and project files declare, and those of files and folders.</summary>
    public static IReadOnlySet<string> Declared(IEnumerable<TextFile> files)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            names.UnionWith(file.Path.Split('/').Select(part => part.Split('.')[0]));
            if (file.IsCSharp)
                names.UnionWith(Identifiers(file));
            else if (file.Path.EndsWith(".props", StringComparison.Ordinal) || file.Path.EndsWith("proj", StringComparison.Ordinal))
                names.UnionWith(XDocument.Parse(file.Text).Descendants().Select(e => e.Name.LocalName));
        }

        return names;
    }

    private static IEnumerable<string> Identifiers(TextFile file)
    {
        foreach (var node in file.Tree.GetRoot().DescendantNodes())
        {
            var token = node switch
            {
                BaseTypeDeclarationSyntax t => t.Identifier,
                DelegateDeclarationSyntax d => d.Identifier,
                MethodDeclarationSyntax m => m.Identifier,
                PropertyDeclarationSyntax p => p.Identifier,
                EnumMemberDeclarationSyntax e => e.Identifier,
                VariableDeclaratorSyntax v => v.Identifier,
                ParameterSyntax p => p.Identifier,
                BaseNamespaceDeclarationSyntax n => n.Name.GetLastToken(),
                _ => default,
            };
            if (token != default)
                yield return token.Text;
        }
    }

    /// <summary>The words of a quotation that look like names of C#: two humps at least, so that plain English words pass.</summary>
    private static IEnumerable<string> Words(string quoted)
    {
        if (quoted.AsSpan().ContainsAny(NotInNames))
            yield break;
        foreach (var word in quoted.Split('.', '(', ')', '<', '>', ',', '[', ']'))
        {
            if (TwoHumps().IsMatch(word))
                yield return word;
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^[A-Z][a-z0-9]+([A-Z][a-zA-Z0-9]*)+$")]
    private static partial Regex TwoHumps();
}
