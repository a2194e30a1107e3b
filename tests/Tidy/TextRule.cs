using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>What no file of ours may hold: open ends, one machine's paths, hosts of package feeds, tests that cannot fail.</summary>
public static class TextRule
{
    // Written in two halves, so that this file passes its own rule.
    private static readonly string[] OpenEnds = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:"];

    private static readonly string[] MachinePaths =
        ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/fa" + "rm/", "/tmp" + "/wt", "C:\\Us" + "ers\\"];

    private static readonly string[] FeedHosts = ["nug" + "et.org", "npm" + "js.", "debi" + "an.org", "pyp" + "i.org"];

    private static readonly string[] CannotFail = ["Assert.True(" + "true", "Assert.False(" + "false", "Thread.Sl" + "eep("];

    public static IEnumerable<string> Find(TextFile file)
    {
        // Lock files hold hashes only, and their base64 may spell anything.
        if (file.Path.EndsWith(".lock.json", StringComparison.Ordinal))
            yield break;
        var isTest = file.IsCSharp && file.Path.StartsWith("tests/", StringComparison.Ordinal);
        var lines = file.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            foreach (var (words, why) in Checks(isTest))
            {
                foreach (var word in words)
                {
                    if (lines[i].Contains(word, StringComparison.Ordinal))
                        yield return $"{file}({i + 1}): '{word}' {why}";
                }
            }
        }

        if (isTest)
        {
            foreach (var name in EmptyTests(file))
                yield return $"{file}: test {name} asserts nothing";
        }
    }

    private static IEnumerable<(string[] Words, string Why)> Checks(bool isTest)
    {
        yield return (OpenEnds, "is an open end: finish it, or leave it out");
        yield return (MachinePaths, "is a path of one machine");
        yield return (FeedHosts, "is the host of a package feed");
        if (isTest)
            yield return (CannotFail, "has no place in a test");
    }

    private static IEnumerable<string> EmptyTests(TextFile file)
    {
        foreach (var method in file.Tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>())
        {
            var attributes = method.AttributeLists.SelectMany(a => a.Attributes).Select(a => a.Name.ToString());
            var isTest = attributes.Any(n => n is "Fact" or "Theory" || n.EndsWith("Fact", StringComparison.Ordinal));

            // A body that calls nothing can prove nothing.
            if (isTest && !method.DescendantNodes().Any(n => n is InvocationExpressionSyntax))
                yield return method.Identifier.Text;
        }
    }
}
