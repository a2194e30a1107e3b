namespace AiEdge.Tidy.Tests;

/// <summary>The rules, applied to the repository as it lies on disk.</summary>
public sealed class RepositoryTests
{
    private static IEnumerable<TextFile> In(string folder) =>
        SourceTree.CSharp.Where(f => f.Path.StartsWith(folder, StringComparison.Ordinal));

    private static bool IsPlane(TextFile file) =>
        file.Path.StartsWith("src/DataPlane/", StringComparison.Ordinal) || file.Path.StartsWith("src/ControlPlane/", StringComparison.Ordinal);

    private static void None(IEnumerable<string> faults)
    {
        var list = faults.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }

    [Fact]
    public void The_tree_that_is_read_is_the_repository()
    {
        Assert.Contains(SourceTree.Files, f => f.Path == "tests/Tidy/RepositoryTests.cs");
        Assert.Contains(SourceTree.Files, f => f.Path == "src/DataPlane/DataPlane.csproj");
    }

    [Fact]
    public void Methods_files_and_lines_stay_within_their_bounds() =>
        None(SourceTree.Files.Where(SizeRule.Applies).SelectMany(SizeRule.Find));

    [Fact]
    public void Names_say_what_things_are() => None(SourceTree.Files.SelectMany(NameRule.Find));

    [Fact]
    public void Nothing_is_left_open_and_no_machine_is_named() => None(SourceTree.Files.SelectMany(TextRule.Find));

    [Fact]
    public void Projects_refer_only_to_what_they_may() => None(SourceTree.Projects.SelectMany(ProjectRule.Find));

    [Fact]
    public void Layers_of_the_data_plane_know_only_lower_ones() =>
        None(LayerRule.Find(LayerTable.DataPlane, In("src/DataPlane/"), In("src/").Where(f => !f.Path.StartsWith("src/DataPlane/", StringComparison.Ordinal))));

    [Fact]
    public void Layers_of_the_control_plane_know_only_lower_ones() =>
        None(LayerRule.Find(LayerTable.ControlPlane, In("src/ControlPlane/"), In("src/").Where(f => !IsPlane(f))));

    [Fact]
    public void Dialects_are_named_in_their_folders_and_where_a_list_says_so() =>
        None(DialectRule.Find(DialectPlaces.All, DialectRule.In(In("src/")), In("src/")));

    [Fact]
    public void Yaml_is_read_and_written_in_one_folder() =>
        Assert.All(In("src/").Where(f => f.Text.Contains("using YamlDotNet", StringComparison.Ordinal)), f => Assert.StartsWith("src/Contracts/Source/", f.Path, StringComparison.Ordinal));

    [Fact]
    public void The_solution_holds_every_project()
    {
        var solution = File.ReadAllText(Path.Combine(SourceTree.Root, "AiEdge.sln"));
        None(ProjectRule.Missing(solution, SourceTree.Projects.Select(p => p.Path)));
    }

    [Fact]
    public void Every_project_has_its_lock_file() =>
        None(SourceTree.Projects.SelectMany(p => ProjectRule.MissingLocks(p, f => File.Exists(Path.Combine(SourceTree.Root, f)))));

    [Fact]
    public void Documents_name_what_exists()
    {
        var declared = DocumentRule.Declared(SourceTree.Files);
        None(SourceTree.Documents.SelectMany(d => DocumentRule.Find(d, declared)));
    }

    [Fact]
    public void Links_in_documents_lead_somewhere() =>
        None(SourceTree.Documents.SelectMany(d => DocumentRule.BrokenLinks(d, Exists)));

    private static bool Exists(string path) =>
        File.Exists(Path.Combine(SourceTree.Root, path)) || Directory.Exists(Path.Combine(SourceTree.Root, path));
}
