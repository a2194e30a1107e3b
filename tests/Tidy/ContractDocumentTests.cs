using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AiEdge.Tidy.Tests;

/// <summary>What documents promise to users, against the source that keeps the promise: neither may say more than the other.</summary>
public sealed partial class ContractDocumentTests
{
    private static TextFile File(string path) => Assert.Single(SourceTree.Files, f => f.Path == path);

    [Fact]
    public void The_table_of_errors_says_what_the_source_does()
    {
        var source = ErrorRows(File("src/DataPlane/Core/ErrorTable.cs")).ToList();
        Assert.True(source.Count > 20);
        Assert.Equal(source.Order(StringComparer.Ordinal), DocumentedErrors(File("docs/errors.md").Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_table_of_errors_that_differs_is_noticed()
    {
        var source = ErrorRows(new("a.cs", """
            class T { const string Bad = "bad_type"; object Row(K kind) => kind switch {
                K.One => new(400, Bad, null, "A.", Closes: true), _ => new(500, "s", "c", "B.") }; }
            """));
        Assert.Equal(["One|400|bad_type||yes|A.", "anything else|500|s|c||B."], source);
        Assert.Equal(["One|400|bad_type||yes|A."], DocumentedErrors("| a |\n| `One` | 400 | bad_type | | yes | A. |\n"));
    }

    [Fact]
    public void The_list_of_metrics_and_of_their_labels_is_the_source_s()
    {
        var literals = ((string[])["MetricsText", "LimitMetrics", "LinkMetrics", "RouteMetrics"]).SelectMany(name => Literals($"src/DataPlane/Hosting/{name}.cs")).ToList();
        Assert.Equal(
            literals.Where(l => MetricName().IsMatch(l)).Concat(literals.SelectMany(l => Label().Matches(l)).Select(m => m.Value)).Distinct().Order(StringComparer.Ordinal),
            Quoted("docs/operations.md").Where(q => MetricName().IsMatch(q)).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_field_of_a_record_is_explained()
    {
        var fields = Literals("src/DataPlane/Record/RecordWriter.cs").Where(l => FieldName().IsMatch(l) && l != "exchange").ToList();
        Assert.True(fields.Count > 20);
        Assert.Empty(fields.Except(Quoted("docs/operations.md")));
        var journal = Literals("src/DataPlane/Record/JournalWriter.cs").Where(l => FieldName().IsMatch(l) && l is not ("exchange" or "attempt")).ToList();
        Assert.True(journal.Count > 25);
        Assert.Empty(journal.Except(Quoted("docs/operations.md")));
    }

    [Fact]
    public void Every_flag_and_its_twin_is_explained()
    {
        var usage = string.Concat(Literals("src/DataPlane/Hosting/CommandLine.cs"));
        var twins = Twin().Matches(usage).Select(m => m.Value).Distinct().ToList();
        Assert.True(twins.Count >= 4);
        var document = File("docs/operations.md").Text;
        foreach (var twin in twins)
        {
            Assert.Contains($"`{twin}`", document, StringComparison.Ordinal);
            Assert.Contains($"`--{twin["AIEDGE_".Length..].ToLowerInvariant().Replace('_', '-')}`", document, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> ErrorRows(TextFile file)
    {
        var root = file.Tree.GetRoot();
        var constants = root.DescendantNodes().OfType<VariableDeclaratorSyntax>()
            .Where(v => v.Initializer?.Value is LiteralExpressionSyntax)
            .ToDictionary(v => v.Identifier.Text, v => ((LiteralExpressionSyntax)v.Initializer!.Value).Token.ValueText);
        foreach (var arm in root.DescendantNodes().OfType<SwitchExpressionArmSyntax>())
        {
            var name = arm.Pattern is DiscardPatternSyntax ? "anything else" : arm.Pattern.ToString().Split('.')[^1];
            var values = ((BaseObjectCreationExpressionSyntax)arm.Expression).ArgumentList!.Arguments
                .Select(a => a.NameColon is null ? Value(a.Expression, constants) : "yes").ToList();
            yield return string.Join('|', name, values[0], values[1], values[2], values.Count > 4 ? values[4] : "", values[3]);
        }
    }

    private static string Value(ExpressionSyntax expression, Dictionary<string, string> constants) => expression switch
    {
        IdentifierNameSyntax name => constants[name.Identifier.Text],
        LiteralExpressionSyntax literal when literal.Kind() == SyntaxKind.NullLiteralExpression => "",
        LiteralExpressionSyntax literal => literal.Token.ValueText,
        _ => throw new InvalidDataException("not a literal: " + expression),
    };

    private static IEnumerable<string> DocumentedErrors(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length == 8 && int.TryParse(cells[2], out _))
                yield return string.Join('|', cells[1].Trim('`'), cells[2], cells[3], cells[4], cells[5], cells[6]);
        }
    }

    private static IEnumerable<string> Literals(string path) =>
        File(path).Tree.GetRoot().DescendantTokens()
            .Where(t => t.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.Utf8StringLiteralToken
                or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.InterpolatedStringTextToken)
            .Select(t => t.ValueText);

    private static IEnumerable<string> Quoted(string path) => Quotation().Matches(File(path).Text).Select(m => m.Groups[1].Value);

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Quotation();

    [GeneratedRegex("^(aiedge|gen_ai)_[a-z_]+$")]
    private static partial Regex MetricName();

    [GeneratedRegex("gen_ai_[a-z_]+(?==)")]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z]+([A-Z][a-z]+)*$")]
    private static partial Regex FieldName();

    [GeneratedRegex("AIEDGE_[A-Z_]+")]
    private static partial Regex Twin();
}
