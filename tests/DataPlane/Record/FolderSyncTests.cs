using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>A file that the journal counts on has its name on disk before anything says so.</summary>
public sealed class FolderSyncTests
{
    [Fact]
    public void A_journal_is_made_of_files_that_have_their_names_for_good_the_mark_last()
    {
        using var rig = new JournalRig();
        var machine = new NotedMachine();
        JournalRecovery.Create(rig.Folder, machine);
        Assert.Equal(2, machine.Names.Count);
        Assert.Equal([JournalLayout.CommitFile], Known(machine.Names[0]));
        Assert.Equal([JournalLayout.CommitFile, JournalLayout.MarkFile], Known(machine.Names[1]));
    }

    [Fact]
    public void A_segment_has_its_name_before_a_record_in_it_counts()
    {
        using var rig = new JournalRig();
        var machine = new NotedMachine();
        using var store = JournalStore.Open(rig.Folder, machine: machine);
        rig.Append(store, JournalRig.Exchange("a"));
        Assert.True(store.TryCommit(CommitDepth.Process));
        Assert.Contains(Path.GetFileName(rig.Segment(0)), machine.Names[^1]);
    }

    private static string[] Known(string[] names) =>
        [.. names.Where(name => name is JournalLayout.CommitFile or JournalLayout.MarkFile).Order(StringComparer.Ordinal)];

    private sealed class NotedMachine : JournalMachine
    {
        /// <summary>The names that were on disk after each sync of the folder.</summary>
        public List<string[]> Names { get; } = [];

        public override void SyncFolder(string folder) => Names.Add([.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path))]);
    }
}
