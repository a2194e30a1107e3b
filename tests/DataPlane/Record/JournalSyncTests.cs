using System.Globalization;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>Commits go on while the disk is waited for, and whenever the machine ends, what a sync has covered is there.</summary>
public sealed class JournalSyncTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whenever_the_machine_or_the_process_ends_what_they_promised_is_there_once(int seed)
    {
        var random = new Random(seed);
        using var rig = new JournalRig();
        var machine = new PlayedMachine(rig.Folder);
        var kept = new List<string>();
        var warnings = 0;
        for (var run = 0; run < 60; run++)
        {
            var left = Live(rig, machine, random, run, kept, out var sure);
            if (left is not null)
                machine.Begin(left);
            using var store = JournalStore.Open(rig.Folder, machine: machine);
            var read = rig.Read(machine);
            Assert.Equal(kept.Take(read.Count), read);
            Assert.InRange(read.Count, left is null ? kept.Count : sure, kept.Count);
            if (store.Warning is { } warning)
            {
                // Of the last commits nothing may be left at all.
                Assert.Matches("the machine ended before at least [0-9]+ records were on disk; they are lost", warning);
                Assert.InRange(int.Parse(warning.Split(' ')[6], CultureInfo.InvariantCulture), 1, kept.Count - read.Count);
                warnings++;
            }

            kept.RemoveRange(read.Count, kept.Count - read.Count);
        }

        Assert.True(warnings > 0, "no end of the machine took anything");
    }

    [Fact]
    public async Task A_sync_that_is_under_way_holds_up_no_commit()
    {
        using var rig = new JournalRig();
        var machine = new StalledMachine();
        using var store = JournalStore.Open(rig.Folder, machine: machine);
        foreach (var name in (string[])[JournalLayout.SegmentPrefix + "0", JournalLayout.CommitFile, JournalLayout.MarkFile])
        {
            rig.Append(store, JournalRig.Exchange("before-" + name));
            Assert.True(store.TryCommit(CommitDepth.Process));
            machine.Stall(name);
            var sync = Task.Run(() => store.Sync());
            try
            {
                Assert.True(await machine.Stalled.WaitAsync(Patience));
                var commits = Task.Run(() =>
                {
                    // Over several pages, so that FASTER writes meanwhile, too.
                    for (var i = 0; i < 500; i++)
                    {
                        rig.Append(store, JournalRig.Exchange($"{name}-{i}"));
                        Assert.True(store.TryCommit(CommitDepth.Process));
                    }
                });
                await commits.WaitAsync(Patience);
                Assert.False(sync.IsCompleted);
                Assert.Equal(name + "-499", rig.Read(machine)[^1]);
            }
            finally
            {
                machine.GoOn();
            }

            Assert.True(await sync.WaitAsync(Patience));
        }

        Assert.Equal(1503, rig.Read(machine).Count);
    }

    [Fact]
    public void A_sync_that_failed_is_the_last_and_what_was_written_is_read_by_the_next_start()
    {
        foreach (var name in (string[])[JournalLayout.SegmentPrefix + "0", JournalLayout.CommitFile, JournalLayout.MarkFile])
        {
            using var rig = new JournalRig();
            var machine = new PlayedMachine(rig.Folder);
            using (var store = JournalStore.Open(rig.Folder, machine: machine))
            {
                rig.Append(store, JournalRig.Exchange("written"));
                Assert.True(store.TryCommit(CommitDepth.Process));
                machine.Meanwhile = file =>
                {
                    if (file == name)
                        throw new IOException("the disk is gone");
                };
                Assert.False(store.Sync());
                machine.Meanwhile = null;
                var syncs = machine.Syncs;
                Assert.Equal("the disk is gone", store.Failure);
                Assert.False(store.Sync());
                Assert.False(store.TryCommit(CommitDepth.Process));
                var record = new ExchangeRecord();
                record.Take(JournalRig.Exchange("more"), new EdgeClock());
                Assert.False(store.TryAppend(record, JournalKind.Exchange, EndReason.Done, 2));
                Assert.Equal(syncs, machine.Syncs);
            }

            JournalStore.Open(rig.Folder, machine: machine).Dispose();
            Assert.Equal(["written"], rig.Read(machine));
        }
    }

    [Fact]
    public void Where_the_machine_does_not_say_which_run_it_is_each_commit_is_on_disk()
    {
        using var rig = new JournalRig();
        var machine = new PlayedMachine(rig.Folder, boot: 0);
        var store = JournalStore.Open(rig.Folder, machine: machine);
        for (var i = 0; i < 50; i++)
        {
            rig.Append(store, JournalRig.Exchange($"r{i}"));
            Assert.True(store.TryCommit(CommitDepth.Process));
        }

        var left = machine.End(new Random(5));
        store.Dispose();
        machine.Begin(left);
        machine.Run = 0;
        Assert.Equal(50, rig.Read(machine).Count);
        using var next = JournalStore.Open(rig.Folder, machine: machine);
        Assert.Null(next.Warning);
    }

    [Fact]
    public void Segments_go_when_the_mark_says_so_on_disk_and_not_before()
    {
        using var rig = new JournalRig();
        var machine = new StalledMachine();
        using var store = JournalStore.Open(rig.Folder, machine: machine);
        for (var i = 0; i < 45_000; i++)
            rig.Append(store, JournalRig.Exchange($"r{i}"));
        Assert.True(store.TryCommit());
        Assert.True(store.TryDrop(long.MaxValue, long.MaxValue, out _));
        Assert.True(store.TryCommit(CommitDepth.Machine));
        Assert.True(File.Exists(rig.Segment(0)));
        machine.During = name => Assert.True(File.Exists(rig.Segment(0)), name);
        Assert.True(store.Sync());
        Assert.False(File.Exists(rig.Segment(0)));
        Assert.InRange(rig.Read(machine).Count, 1, 44_999);
    }

    /// <summary>One life of the process. What is left of it on the disk where the machine ended with it; null where it did not.</summary>
    private static Dictionary<string, byte[]>? Live(JournalRig rig, PlayedMachine machine, Random random, int run, List<string> kept, out int sure)
    {
        var store = JournalStore.Open(rig.Folder, machine: machine);
        // What the start has put on disk.
        var covered = kept.Count;
        var number = 0;
        Dictionary<string, byte[]>? left = null;
        for (var step = random.Next(2, 25); step > 0 && left is null; step--)
        {
            Commit(random.Next(1, 4));
            if (random.Next(3) == 0)
                Sync();
        }

        if (left is null && random.Next(3) > 0)
            left = machine.End(random);
        if (left is null && random.Next(3) == 0)
            store.Dispose();
        else
            MachineEndTests.KillAndKeep(rig, store.Dispose);
        sure = covered;
        return left;

        void Commit(int times)
        {
            for (; times > 0; times--)
            {
                var pending = new List<string>();
                for (var i = random.Next(random.Next(2, 60)); i >= 0; i--)
                {
                    pending.Add($"{run}-{number++}-".PadRight(random.Next(20, 120), 'x'));
                    rig.Append(store, JournalRig.Exchange(pending[^1]));
                }

                Assert.True(store.TryCommit(CommitDepth.Process));
                kept.AddRange(pending);
                machine.Look();
            }
        }

        void Sync()
        {
            var before = kept.Count;
            machine.Meanwhile = _ =>
            {
                if (random.Next(2) == 0)
                    Commit(random.Next(1, 4));
                if (random.Next(12) != 0)
                    return;
                left = machine.End(random);
                throw new IOException("the machine has ended");
            };
            var done = store.Sync(random.Next(2) == 0 ? CommitDepth.Mark : CommitDepth.Machine);
            machine.Meanwhile = null;
            Assert.Equal(left is null, done);
            if (done)
                covered = before;
        }
    }
}

/// <summary>A machine whose disk takes its time with one file.</summary>
internal sealed class StalledMachine : JournalMachine
{
    private readonly SemaphoreSlim _stalled = new(0);
    private readonly SemaphoreSlim _goOn = new(0);
    private string? _name;

    /// <summary>Entered once the disk stalls.</summary>
    public SemaphoreSlim Stalled => _stalled;

    /// <summary>What happens while any file is synced.</summary>
    public Action<string>? During { get; set; }

    /// <summary>The next sync of that file does not end by itself.</summary>
    public void Stall(string name) => Volatile.Write(ref _name, name);

    public void GoOn() => _goOn.Release();

    public override void Sync(SafeFileHandle file, string path)
    {
        var name = Path.GetFileName(path);
        During?.Invoke(name);
        if (Volatile.Read(ref _name) == name)
        {
            Volatile.Write(ref _name, null);
            _stalled.Release();
            _goOn.Wait();
        }

        base.Sync(file, path);
    }
}
