using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>A method is read on one screen, a file in one sitting, a line without scrolling.</summary>
public static class SizeRule
{
    public const int MethodLinesMax = 70;
    public const int FileLinesMax = 500;
    public const int LineCharsMax = 160;

    /// <summary>Tests and tools hold tables of data, one row a line.</summary>
    public const int TableLineCharsMax = 240;

    /// <summary>Whether a file is code; tables and lists of documents may be as wide as they are.</summary>
    public static bool Applies(TextFile file) => Path.GetExtension(file.Path) is ".cs" or ".sh" or ".ps1" or ".mjs" or "";

    public static IEnumerable<string> Find(TextFile file)
    {
        var lines = file.Lines;
        var count = lines is [.., ""] ? lines.Length - 1 : lines.Length;
        if (count > FileLinesMax)
            yield return $"{file}: {count} lines, {FileLinesMax} at most";
        var isTable = file.Path.StartsWith("tests/", StringComparison.Ordinal) || file.Path.StartsWith("perf/", StringComparison.Ordinal);
        var charsMax = isTable ? TableLineCharsMax : LineCharsMax;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimEnd('\r').Length > charsMax)
                yield return $"{file}({i + 1}): {lines[i].Length} characters, {charsMax} at most";
        }

        if (!file.IsCSharp)
            yield break;
        foreach (var (name, first, last) in Methods(file.Tree.GetRoot()))
        {
            if (last - first + 1 > MethodLinesMax)
                yield return $"{file}({first + 1}): {name} has {last - first + 1} lines, {MethodLinesMax} at most";
        }
    }

    private static IEnumerable<(string Name, int First, int Last)> Methods(SyntaxNode root)
    {
        foreach (var node in root.DescendantNodes())
        {
            var name = node switch
            {
                MethodDeclarationSyntax m => m.Identifier.Text,
                ConstructorDeclarationSyntax c => c.Identifier.Text,
                LocalFunctionStatementSyntax l => l.Identifier.Text,
                AccessorDeclarationSyntax a => a.Keyword.Text,
                OperatorDeclarationSyntax o => "operator " + o.OperatorToken.Text,
                ConversionOperatorDeclarationSyntax => "conversion",
                DestructorDeclarationSyntax => "finalizer",
                _ => null,
            };
            if (name is not null)
                yield return (name, FirstLine(node), LastLine(node));
        }

        // Statements at the top of a program are one method too; local functions among them are counted by themselves.
        var statements = root.ChildNodes().OfType<GlobalStatementSyntax>().ToList();
        statements.RemoveAll(s => s.Statement is LocalFunctionStatementSyntax);
        if (statements.Count > 0)
            yield return ("the program's top", FirstLine(statements[0]), LastLine(statements[^1]));
    }

    private static int FirstLine(SyntaxNode node)
    {
        // Attributes are not part of the signature.
        var token = node.ChildNodesAndTokens().First(c => !c.IsKind(SyntaxKind.AttributeList));
        return token.GetLocation()!.GetLineSpan().StartLinePosition.Line;
    }

    private static int LastLine(SyntaxNode node) => node.GetLocation().GetLineSpan().EndLinePosition.Line;
}
