namespace AiEdge.Tidy.Tests;

/// <summary>Every rule against an example that breaks it and one that does not: a rule that cannot fail proves nothing.</summary>
public sealed class RuleTests
{
    private static TextFile File(string path, string text) => new(path, text);

    private static string Lines(int count, string line) => string.Concat(Enumerable.Repeat(line + "\n", count));

    [Theory]
    [InlineData(67, 0)]
    [InlineData(68, 1)]
    public void A_method_has_seventy_lines_at_most(int statements, int faults)
    {
        var file = File("src/A.cs", "class A\n{\n    [Obsolete]\n    void M()\n    {\n" + Lines(statements, ";") + "    }\n}\n");
        Assert.Equal(faults, SizeRule.Find(file).Count());
    }

    [Fact]
    public void The_top_of_a_program_local_functions_and_accessors_count_as_methods()
    {
        Assert.Single(SizeRule.Find(File("a.cs", Lines(71, "x();"))));
        Assert.Single(SizeRule.Find(File("a.cs", "void L()\n{\n" + Lines(70, "x();") + "}\n")));
        Assert.Single(SizeRule.Find(File("a.cs", "class A { int P { get\n{\n" + Lines(70, "x();") + "} } }\n")));
    }

    [Fact]
    public void A_file_has_five_hundred_lines_at_most()
    {
        Assert.Empty(SizeRule.Find(File("a.sh", Lines(500, "x"))));
        Assert.Single(SizeRule.Find(File("a.sh", Lines(501, "x"))));
    }

    [Theory]
    [InlineData("src/a.cs", SizeRule.LineCharsMax)]
    [InlineData("tests/a.cs", SizeRule.TableLineCharsMax)]
    [InlineData("perf/a.cs", SizeRule.TableLineCharsMax)]
    public void A_line_stays_within_its_bound(string path, int charsMax)
    {
        Assert.Empty(SizeRule.Find(File(path, "//" + new string('x', charsMax - 2) + "\n")));
        Assert.Single(SizeRule.Find(File(path, "//" + new string('x', charsMax - 1) + "\n")));
    }

    [Theory]
    [InlineData("src/A.cs", "class KeyManager { }", 1)]
    [InlineData("src/A.cs", "enum JsonUtils { }", 1)]
    [InlineData("src/A.cs", "struct HelperBag { }", 1)]
    [InlineData("src/Utils/A.cs", "class A { }", 1)]
    [InlineData("src/KeyManager.cs", "", 1)]
    [InlineData("src/A.cs", "class Utilization { }", 0)]
    public void A_name_that_says_nothing_is_found(string path, string text, int faults) =>
        Assert.Equal(faults, NameRule.Find(File(path, text)).Count());

    [Theory]
    [InlineData("src/A.cs", "// TO|DO later")]
    [InlineData("docs/a.md", "see /wo|rk/main")]
    [InlineData("docs/a.md", "see /ho|me/me")]
    [InlineData("deploy/x.sh", "curl https://api.nug|et.org/v3")]
    [InlineData("tests/A/A.cs", "class A { void M() { Thread.Sl|eep(5); } }")]
    [InlineData("tests/A/A.cs", "class A { void M() { Assert.True(tr|ue); } }")]
    [InlineData("tests/A/A.cs", "class A { [Fact] void M() { var a = 1; } }")]
    public void Text_that_has_no_place_is_found(string path, string text) =>
        Assert.Single(TextRule.Find(File(path, text.Replace("|", "", StringComparison.Ordinal))));

    [Fact]
    public void A_test_that_calls_an_assertion_passes() =>
        Assert.Empty(TextRule.Find(File("tests/A/A.cs", "class A { [Fact] void M() => Assert.Equal(1, F()); }")));

    [Theory]
    [InlineData("src/Http/Http.csproj", "../Contracts/Contracts.csproj", 1)]
    [InlineData("src/DataPlane/DataPlane.csproj", "../ControlPlane/ControlPlane.csproj", 1)]
    [InlineData("src/DataPlane/DataPlane.csproj", "../../tests/Http/Http.csproj", 1)]
    [InlineData("src/Elsewhere/Elsewhere.csproj", "../Http/Http.csproj", 1)]
    [InlineData("src/DataPlane/DataPlane.csproj", "..\\Http\\Http.csproj", 0)]
    [InlineData("tests/Http/Http.csproj", "../../src/Http/Http.csproj", 0)]
    public void A_project_reference_against_the_order_is_found(string project, string reference, int faults)
    {
        var file = File(project, $"<Project><ItemGroup><ProjectReference Include=\"{reference}\" /></ItemGroup></Project>");
        Assert.Equal(faults, ProjectRule.Find(file).Count());
    }

    [Fact]
    public void A_project_that_the_solution_lacks_is_found_with_the_command_that_adds_it()
    {
        string[] projects = ["src/A/A.csproj", "perf/B/B.csproj", "perf/Compare/peers/P/P.csproj"];
        var missing = ProjectRule.Missing("\"A\", \"src\\A\\A.csproj\", \"{1}\"", projects);
        Assert.Equal("dotnet sln AiEdge.sln add --solution-folder perf perf/B/B.csproj", Assert.Single(missing));
    }

    [Fact]
    public void A_project_without_its_lock_files_is_found()
    {
        var file = File("src/Http/Http.csproj", "<Project />");
        Assert.Single(ProjectRule.MissingLocks(file, _ => false));
        Assert.Empty(ProjectRule.MissingLocks(file, _ => true));
        Assert.Empty(ProjectRule.MissingLocks(File("perf/Compare/peers/yarp/yarp.csproj", "<Project />"), _ => false));
    }

    [Theory]
    [InlineData("Core", "Parse", 1)]
    [InlineData("Parse", "Meter", 1)]
    [InlineData("Forward", "Flow", 1)]
    [InlineData("Flow", "Snapshot", 1)]
    [InlineData("Accept", "Hosting", 1)]
    [InlineData("Nowhere", "Core", 1)]
    [InlineData("Parse", "Core", 0)]
    [InlineData("Forward", "Transport", 0)]
    [InlineData("Core", "Transport", 0)]
    [InlineData("Transport", "Core", 1)]
    [InlineData("Flow", "Meter", 0)]
    [InlineData("Hosting", "Accept", 0)]
    public void A_layer_that_knows_another_against_the_order_is_found(string from, string to, int faults)
    {
        var known = File($"src/DataPlane/{to}/Known.cs", $$"""
            namespace AiEdge.DataPlane.{{to}};
            static class Known { public static int Get() => 1; }
            """);
        var knows = File($"src/DataPlane/{from}/Knows.cs", $$"""
            namespace AiEdge.DataPlane.{{from}};
            class Knows { int F() => {{to}}.Known.Get(); }
            """);
        Assert.Equal(faults, LayerRule.Find(LayerTable.DataPlane, [known, knows], []).Count(f => f.Contains("may not know", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("src/DataPlane/Flow/A.cs", "class A { bool F(Dialect d) => d == Dialect.Gemini; }", 0, 1)]
    [InlineData("src/DataPlane/Flow/A.cs", "class A { bool F(Dialect d) => d == Dialect.Gemini; }", 1, 0)]
    [InlineData("src/DataPlane/Flow/A.cs", "class A { bool F(Dialect d) => d == Dialect.Gemini; }", 2, 1)]
    [InlineData("src/DataPlane/Flow/A.cs", "class A { object F() => RequestShape.Chat; }", 0, 1)]
    [InlineData("src/DataPlane/Flow/A.cs", "class A { object F() => RequestShape.Native; }", 0, 0)]
    [InlineData("src/DataPlane/Flow/A.cs", "class A { object F() => \"anthropic-version\"u8; }", 0, 1)]
    [InlineData("src/DataPlane/Flow/A.cs", "class A { string F(int i) => $\"x-goog-{i}\"; }", 0, 1)]
    [InlineData("src/DataPlane/Flow/A.cs", "/// <summary>As OpenAI has it.</summary>\nclass A { string F() => \"chat\"; }", 0, 0)]
    [InlineData("src/DataPlane/Dialects/Gemini/A.cs", "class A { object F() => RequestShape.Contents; }", 0, 0)]
    [InlineData("src/DataPlane/Dialects/Gemini/A.cs", "class A { object F() => RequestShape.Contents; }", 1, 1)]
    [InlineData("src/DataPlane/Dialects/DialectTable.cs", "class A { object F() => new Gemini.GeminiForm(); }", 0, 0)]
    [InlineData("src/Contracts/Dialects/DialectSheet.cs", "class A { string F() => \"gemini\"; }", 0, 1)]
    public void A_dialect_that_is_named_more_or_less_than_the_list_says_is_found(string path, string text, int may, int faults) =>
        Assert.Equal(faults, DialectRule.Find(new Dictionary<string, int> { [path] = may }, ["Gemini", "Anthropic"], [File(path, text)]).Count());

    [Fact]
    public void A_place_of_dialects_that_is_gone_is_found() =>
        Assert.Single(DialectRule.Find(new Dictionary<string, int> { ["src/Gone.cs"] = 1 }, [], []));

    [Fact]
    public void A_dialect_is_known_by_its_folder()
    {
        TextFile[] files = [File("src/DataPlane/Dialects/New/A.cs", ""), File("src/DataPlane/Dialects/New/B/C.cs", ""), File("src/DataPlane/Dialects/DialectTable.cs", "")];
        Assert.Equal(["New"], DialectRule.In(files));
    }

    [Fact]
    public void An_alias_does_not_hide_a_layer_and_a_mere_likeness_is_no_layer()
    {
        var known = File("src/DataPlane/Meter/Known.cs", "namespace AiEdge.DataPlane.Meter; class Known { }");
        var alias = File("src/DataPlane/Parse/A.cs", """
            using K = AiEdge.DataPlane.Meter.Known;
            namespace AiEdge.DataPlane.Parse;
            class A { K? k; }
            """);
        var alike = File("src/DataPlane/Parse/B.cs", """
            namespace AiEdge.DataPlane.Parse;
            class B { int Meter; int F() => this.Meter; }
            """);
        Assert.NotEmpty(LayerRule.Find(LayerTable.DataPlane, [known, alias], []));
        Assert.Empty(LayerRule.Find(LayerTable.DataPlane, [known, alike], []));
    }

    [Theory]
    [InlineData("src/DataPlane/Parse/A.cs")]
    [InlineData("src/DataPlane/Nowhere/A.cs")]
    public void A_file_in_the_wrong_folder_is_found(string path) =>
        Assert.NotEmpty(LayerRule.Find(LayerTable.DataPlane, [File(path, "namespace AiEdge.DataPlane.Core; class A { }")], []));

    [Theory]
    [InlineData("Parse", "System.Text.Json", 1)]
    [InlineData("Flow", "Microsoft.Extensions.Logging", 1)]
    [InlineData("Snapshot", "System.Linq", 1)]
    [InlineData("Snapshot", "System.Text.Json", 0)]
    public void A_library_outside_its_layers_is_found(string folder, string library, int faults)
    {
        var file = File($"src/DataPlane/{folder}/A.cs", $"using {library}; namespace AiEdge.DataPlane.{folder}; class A {{ }}");
        Assert.Equal(faults, LayerRule.Find(LayerTable.DataPlane, [file], []).Count());
    }

    [Theory]
    [InlineData("the `ThereIsNone` type", 1)]
    [InlineData("the `KeyTable.FindNothing` method", 1)]
    [InlineData("the `KeyTable.Find` method", 0)]
    [InlineData("a `PipeReader`, a `SocketConnectionContextFactory`, some `word`, `AIEDGE_LISTEN`, `--flag`", 0)]
    [InlineData("```\n`ThereIsNone`\n```", 0)]
    public void A_document_that_names_what_does_not_exist_is_found(string text, int faults)
    {
        var declared = DocumentRule.Declared([File("src/A.cs", "class KeyTable { void Find() { } }")]);
        Assert.Equal(faults, DocumentRule.Find(File("docs/a.md", text), declared).Count());
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_found()
    {
        var document = File("docs/a.md", "[a](b.md) [c](../d.md#e) [f](https://example.com/x) [g](#h)");
        Assert.Empty(DocumentRule.BrokenLinks(document, p => p is "docs/b.md" or "d.md"));
        Assert.Equal(2, DocumentRule.BrokenLinks(document, _ => false).Count());
    }
}
