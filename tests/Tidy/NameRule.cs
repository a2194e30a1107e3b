using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>Names that say nothing about what a thing is invite everything to be put there.</summary>
public static class NameRule
{
    private static readonly string[] Banned = ["Manager", "Managers", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities"];

    public static IEnumerable<string> Find(TextFile file)
    {
        foreach (var part in file.Path.Split('/'))
        {
            if (IsBanned(System.IO.Path.GetFileNameWithoutExtension(part)))
                yield return $"{file}: '{part}' is named after nothing";
        }

        if (!file.IsCSharp)
            yield break;
        foreach (var type in file.Tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
        {
            if (IsBanned(type.Identifier.Text))
                yield return $"{file}: type {type.Identifier.Text} is named after nothing";
        }
    }

    /// <summary>Whether one of the name's words is banned: <c>KeyManager</c> is, <c>Utilization</c> is not.</summary>
    private static bool IsBanned(string name)
    {
        foreach (var word in Banned)
        {
            for (var at = name.IndexOf(word, StringComparison.Ordinal); at >= 0; at = name.IndexOf(word, at + 1, StringComparison.Ordinal))
            {
                var end = at + word.Length;
                if (end == name.Length || !char.IsAsciiLetterLower(name[end]))
                    return true;
            }
        }

        return name is "util" or "utils" or "helper" or "helpers";
    }
}
