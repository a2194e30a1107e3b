using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>
/// A dialect is known in its own folders, and in a line of a table. Whoever else names one has to be edited for the next, so each such place
/// stands in a list with how often it does, and with the reason. The list may only shrink: more is a fault, and so is less than it says.
/// </summary>
public static class DialectRule
{
    private static readonly string[] Names = ["openai", "anthropic", "gemini", "x-goog", "xgoog"];

    /// <summary>Folders, anywhere below <c>src</c>, that belong to one dialect.</summary>
    private static readonly string[] Own = ["OpenAi", "Responses", "Anthropic", "Gemini"];

    /// <summary>Kinds of bodies that no dialect has for itself.</summary>
    private static readonly string[] Neutral = ["Native", "Multipart"];

    public static IEnumerable<string> Find(IReadOnlyDictionary<string, int> places, IEnumerable<TextFile> files)
    {
        var left = new SortedDictionary<string, int>(places.ToDictionary(p => p.Key, p => p.Value), StringComparer.Ordinal);
        foreach (var file in files)
        {
            var lines = IsOwn(file.Path) ? [] : Lines(file).ToList();
            left.Remove(file.Path, out var may);
            if (lines.Count > may)
                yield return $"{file}: names dialects {lines.Count} times and may {may} times, in lines {string.Join(", ", lines.Distinct())}: it belongs into their folders";
            if (lines.Count < may)
                yield return $"{file}: names dialects {lines.Count} times and may {may} times: let the table of {nameof(DialectPlaces)} say so";
        }

        foreach (var path in left.Keys)
            yield return $"{path}: is in the table of {nameof(DialectPlaces)} and not in the tree";
    }

    /// <summary>A folder, or a file of those that have no more than one for each.</summary>
    private static bool IsOwn(string path) =>
        path.Split('/').Any(Own.Contains) || Array.Exists(Own, name => path == $"src/Contracts/Dialects/{name}Sheet.cs");

    private static IEnumerable<int> Lines(TextFile file)
    {
        foreach (var token in file.Tree.GetRoot().DescendantTokens())
        {
            if (Speaks(token))
                yield return token.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        }
    }

    private static bool Speaks(SyntaxToken token) => token.Kind() switch
    {
        SyntaxKind.IdentifierToken => Named(token.ValueText) || IsShape(token),
        SyntaxKind.StringLiteralToken or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken
            or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.InterpolatedStringTextToken => Named(token.Text),
        _ => false,
    };

    private static bool Named(string text) => Array.Exists(Names, name => text.Contains(name, StringComparison.OrdinalIgnoreCase));

    private static bool IsShape(SyntaxToken token) =>
        token.Parent is IdentifierNameSyntax { Parent: MemberAccessExpressionSyntax access } name && access.Name == name
        && access.Expression is SimpleNameSyntax { Identifier.ValueText: "RequestShape" } && !Neutral.Contains(token.ValueText);
}
