using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>
/// A dialect is known in its own folders, and in a line of the table. Whoever else names one has to be edited for the next, so each such place
/// stands in a list with how often it does, and with the reason. The list may only shrink: more is a fault, and so is less than it says.
/// </summary>
public static class DialectRule
{
    private const string Folder = "src/DataPlane/Dialects/";

    /// <summary>Where each has its line.</summary>
    private const string Table = Folder + "DialectTable.cs";

    /// <summary>What dialects are called besides by the names of their folders.</summary>
    private static readonly string[] OtherNames = ["x-goog", "xgoog"];

    /// <summary>Kinds of bodies that no dialect has for itself.</summary>
    private static readonly string[] Neutral = ["Native", "Multipart"];

    /// <summary>The dialects that there are, by the names of their folders: one that is added is known here by that.</summary>
    public static IReadOnlyList<string> In(IEnumerable<TextFile> files) =>
    [
        .. files.Where(file => file.Path.StartsWith(Folder, StringComparison.Ordinal)).Select(file => file.Path[Folder.Length..].Split('/'))
            .Where(path => path.Length > 1).Select(path => path[0]).Distinct(),
    ];

    /// <param name="places">Where they may be named, and how often.</param>
    /// <param name="dialects">The dialects, as their folders are called, which may be anywhere below <c>src</c>.</param>
    /// <param name="files">What is looked at.</param>
    public static IEnumerable<string> Find(IReadOnlyDictionary<string, int> places, IReadOnlyList<string> dialects, IEnumerable<TextFile> files)
    {
        var left = new SortedDictionary<string, int>(places.ToDictionary(p => p.Key, p => p.Value), StringComparer.Ordinal);
        foreach (var file in files)
        {
            var lines = IsOwn(file.Path, dialects) ? [] : Lines(file, [.. dialects, .. OtherNames]).ToList();
            left.Remove(file.Path, out var may);
            if (lines.Count > may)
                yield return $"{file}: names dialects {lines.Count} times and may {may} times, in lines {string.Join(", ", lines.Distinct())}: it belongs into their folders";
            if (lines.Count < may)
                yield return $"{file}: names dialects {lines.Count} times and may {may} times: let the table of {nameof(DialectPlaces)} say so";
        }

        foreach (var path in left.Keys)
            yield return $"{path}: is in the table of {nameof(DialectPlaces)} and not in the tree";
    }

    private static bool IsOwn(string path, IReadOnlyList<string> dialects) => path == Table || path.Split('/').Any(dialects.Contains);

    private static IEnumerable<int> Lines(TextFile file, string[] names)
    {
        foreach (var token in file.Tree.GetRoot().DescendantTokens())
        {
            if (Speaks(token, names))
                yield return token.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        }
    }

    private static bool Speaks(SyntaxToken token, string[] names) => token.Kind() switch
    {
        SyntaxKind.IdentifierToken => Named(token.ValueText, names) || IsShape(token),
        SyntaxKind.StringLiteralToken or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken
            or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.InterpolatedStringTextToken => Named(token.Text, names),
        _ => false,
    };

    private static bool Named(string text, string[] names) => Array.Exists(names, name => text.Contains(name, StringComparison.OrdinalIgnoreCase));

    private static bool IsShape(SyntaxToken token) =>
        token.Parent is IdentifierNameSyntax { Parent: MemberAccessExpressionSyntax access } name && access.Name == name
        && access.Expression is SimpleNameSyntax { Identifier.ValueText: "RequestShape" } && !Neutral.Contains(token.ValueText);
}
