using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

public sealed partial class ConfigWatcherTests
{
    [Fact]
    public void A_changed_file_is_published_once_it_lies_still()
    {
        using var rig = new Rig();
        rig.Write("b");
        rig.Settle();
        Assert.Equal("b@2", rig.Running);

        rig.Time.Advance(ConfigWatcher.PollInterval * 10);
        Assert.Equal(1, rig.Published);
    }

    [Fact]
    public void A_file_that_still_moves_is_left_alone()
    {
        using var rig = new Rig();
        for (var i = 0; i < 100; i++)
        {
            rig.Write("half" + i);
            rig.Time.Advance(ConfigWatcher.SettleTime / 2);
            Assert.Equal("a@1", rig.Running);
        }

        rig.Write("whole");
        rig.Settle();
        Assert.Equal("whole@2", rig.Running);
    }

    [Fact]
    public void A_bad_file_keeps_what_is_in_force_and_is_reported_once()
    {
        using var rig = new Rig();
        var before = rig.Snapshot;
        rig.WriteText("providers: [");
        rig.Settle();
        rig.Time.Advance(ConfigWatcher.PollInterval * 10);
        Assert.Same(before, rig.Snapshot);
        Assert.Equal(1, rig.Watcher.Rejections);
        Assert.Contains("well-formed", Assert.Single(Assert.Single(rig.Rejected)).Message, StringComparison.Ordinal);

        rig.WriteText(Doc.Head + "nonsense: 1\n");
        rig.Settle();
        Assert.Equal(2, rig.Watcher.Rejections);
        Assert.Same(before, rig.Snapshot);

        rig.Write("mended");
        rig.Settle();
        Assert.Equal("mended@2", rig.Running);
        Assert.Equal(2, rig.Watcher.Rejections);
    }

    [Fact]
    public void A_deleted_file_keeps_what_is_in_force()
    {
        using var rig = new Rig();
        File.Delete(rig.Path);
        rig.Settle();
        Assert.Equal("a@1", rig.Running);
        Assert.Equal("does not exist", Assert.Single(Assert.Single(rig.Rejected)).Message);
        rig.Write("back");
        rig.Settle();
        Assert.Equal("back@2", rig.Running);
    }

    [Fact]
    public void A_file_that_an_editor_puts_in_its_place_is_published()
    {
        using var rig = new Rig();
        var beside = rig.Folder.Write("c.yaml.tmp", Rig.Text("moved"));
        File.Move(beside, rig.Path, overwrite: true);
        rig.Settle();
        Assert.Equal("moved@2", rig.Running);
    }

    /// <summary>Kubernetes: the file is a link into ..data, which is a link to a folder that is swapped by a rename.</summary>
    [Fact]
    public void A_swapped_link_of_a_folder_is_published()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TempFolder();
        folder.Write("..1/c.yaml", Rig.Text("a"));
        Directory.CreateSymbolicLink(folder.PathOf("..data"), "..1");
        File.CreateSymbolicLink(folder.PathOf("c.yaml"), "..data/c.yaml");
        using var rig = new Rig(folder, text: null);
        foreach (var name in new[] { "b", "c" })
        {
            // Same length and same time of writing: only the place behind the link is another one.
            var path = folder.Write($"..{name}/c.yaml", Rig.Text(name));
            File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(folder.PathOf("..1/c.yaml")));
            Directory.CreateSymbolicLink(folder.PathOf("..tmp"), $"..{name}");
            Assert.Equal(0, Rename(folder.PathOf("..tmp"), folder.PathOf("..data")));
            rig.Settle();
            Assert.StartsWith(name + "@", rig.Running, StringComparison.Ordinal);
        }

        Assert.Equal("c@3", rig.Running);
    }

    [Fact]
    public void A_circle_of_links_is_a_missing_file()
    {
        using var folder = new TempFolder();
        Directory.CreateSymbolicLink(folder.PathOf("a"), "b/x");
        Directory.CreateSymbolicLink(folder.PathOf("b"), "a/y");
        Assert.Equal(default, FileStamp.Of(folder.PathOf("a/c.yaml")));
        Assert.Equal(["f: cannot be read"], ConfigFile.Load(folder.PathOf("a/c.yaml"), 1, ConfigOverrides.None, _ => null).Faults.Select(f => f.Format("f")));
    }

    [Fact]
    public void A_rotated_secret_file_is_published()
    {
        using var folder = new TempFolder();
        folder.Write("secret", "one");
        using var rig = new Rig(folder, Rig.Text("a", key: "${file:secret}"));
        Assert.Equal("Authorization: Bearer one\r\n", Encoding.ASCII.GetString(rig.Snapshot.Providers[0].FixedHeaders));
        folder.Write("secret", "second");
        rig.Settle();
        Assert.Equal("a@2", rig.Running);
        Assert.Equal("Authorization: Bearer second\r\n", Encoding.ASCII.GetString(rig.Snapshot.Providers[0].FixedHeaders));
    }

    [Fact]
    public void A_secret_file_that_appears_later_mends_a_refused_document()
    {
        using var rig = new Rig();
        rig.WriteText(Rig.Text("b", key: "${file:later}"));
        rig.Settle();
        Assert.Equal(("a@1", 1), (rig.Running, rig.Watcher.Rejections));
        rig.Folder.Write("later", "s");
        rig.Settle();
        Assert.Equal("b@2", rig.Running);
    }

    [Fact]
    public void Reload_reads_at_once_changed_or_not()
    {
        using var rig = new Rig();
        Assert.True(rig.Watcher.Reload());
        Assert.Equal("a@2", rig.Running);
        rig.Write("b");
        Assert.True(rig.Watcher.Reload());
        Assert.Equal("b@3", rig.Running);
        rig.Time.Advance(ConfigWatcher.PollInterval * 5);
        Assert.Equal("b@3", rig.Running);
        rig.WriteText("{");
        Assert.False(rig.Watcher.Reload());
        Assert.False(rig.Watcher.Reload());
        Assert.Equal(2, rig.Watcher.Rejections);
        Assert.Equal("b@3", rig.Running);
    }

    [Fact]
    public void A_file_that_is_written_while_it_is_read_is_read_again()
    {
        using var folder = new TempFolder();
        Action write = () => { };
        using var rig = new Rig(folder, Rig.Text("a", key: "${env:KEY}"), env: _ =>
        {
            write();
            return "k";
        });
        write = () =>
        {
            write = () => { };
            folder.Write("c.yaml", Rig.Text("newer"));
        };
        rig.WriteText(Rig.Text("b", key: "${env:KEY}"));
        Assert.False(rig.Watcher.Reload());
        Assert.Equal(("a@1", 0), (rig.Running, rig.Watcher.Rejections));
        rig.Settle();
        Assert.Equal("newer@2", rig.Running);
    }

    [Fact]
    public void Edited_addresses_are_warned_of_and_kept()
    {
        using var rig = new Rig();
        rig.WriteText(Rig.Text("b") + "server: { listen: \"127.0.0.1:1\" }\n");
        rig.Settle();
        Assert.Equal(("b@2", "127.0.0.1:8080"), (rig.Running, rig.Snapshot.Server.Listen.ToString()));
        Assert.Contains(Doc.Lines(Assert.Single(rig.Warned)), warning => warning.Contains("server.listen: needs a restart", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_published_after_its_end()
    {
        var rig = new Rig();
        rig.Dispose(keepFolder: true);
        rig.Write("b");
        rig.Settle();
        Assert.False(rig.Watcher.Reload());
        Assert.Equal("a@1", rig.Running);
        rig.Folder.Dispose();
    }

    [Fact]
    public void Without_a_start_the_first_look_loads()
    {
        using var folder = new TempFolder();
        var path = folder.Write("c.yaml", Rig.Text("a"));
        var time = new ManualTime();
        ConfigSnapshot? running = null;
        using var watcher = new ConfigWatcher(path, ConfigOverrides.None, _ => null, time, s => running = s, _ => { });
        time.Settle();
        Assert.Equal(1, Volatile.Read(ref running)!.Generation);
    }

    [Fact]
    public async Task The_systems_notice_or_the_next_look_brings_a_change_in()
    {
        using var folder = new TempFolder();
        var path = folder.Write("c.yaml", Rig.Text("a"));
        var published = new TaskCompletionSource<ConfigSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new ConfigWatcher(
            path, ConfigOverrides.None, _ => null, TimeProvider.System, s => published.TrySetResult(s), _ => { }, ConfigFile.Load(path, 1, ConfigOverrides.None, _ => null));
        File.Move(folder.Write("next", Rig.Text("real")), path, overwrite: true);
        var snapshot = await published.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(("real", 2), (snapshot.Models.All[0].Name, snapshot.Generation));
    }

    /// <summary>Readers on other threads see generations that belong together and only ever grow, while states good and bad come in.</summary>
    [Fact]
    public async Task Readers_see_whole_generations_only()
    {
        using var rig = new Rig();
        using var end = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var (seen, last) = (0, 0L);
            while (!end.IsCancellationRequested || seen == 0)
            {
                var s = rig.Snapshot;
                var name = s.Models.All[0].Name;
                Assert.Equal(name + ".example", s.Models.All[0].Targets[0].Provider.Host);
                Assert.Same(s.Providers[0], s.Models.All[0].Targets[0].Provider);
                Assert.NotNull(s.Models.Find(Encoding.UTF8.GetBytes(name)));
                Assert.True(s.Generation >= last);
                last = s.Generation;
                seen++;
            }
        })).ToArray();
        for (var i = 0; i < 100; i++)
        {
            if (i % 3 == 2)
                rig.WriteText("broken: [");
            else
                rig.Write("m" + i);
            Assert.Equal(i % 3 != 2, rig.Watcher.Reload());
        }

        await end.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal((68, 33), (rig.Snapshot.Generation, rig.Watcher.Rejections));
    }

    /// <summary>Puts a link in another link's place in one step, which <see cref="File.Move(string, string, bool)"/> refuses for links to folders.</summary>
    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);

    /// <summary>A folder with a document, a clock that a test moves, and a watcher that started with that document.</summary>
    private sealed class Rig : IDisposable
    {
        private ConfigSnapshot _running;
        private int _published;

        public Rig()
            : this(new TempFolder(), Text("a"))
        {
        }

        public Rig(TempFolder folder, string? text, Func<string, string?>? env = null)
        {
            Folder = folder;
            Path = folder.PathOf("c.yaml");
            if (text is not null)
                WriteText(text);
            env ??= _ => null;
            var loaded = ConfigFile.Load(Path, 1, ConfigOverrides.None, env);
            Assert.Empty(Doc.Lines(loaded.Faults));
            _running = loaded.Snapshot!;
            Watcher = new ConfigWatcher(Path, ConfigOverrides.None, env, Time, Publish, Rejected.Enqueue, loaded, Warned.Enqueue);
        }

        public TempFolder Folder { get; }

        public string Path { get; }

        public ManualTime Time { get; } = new();

        public ConfigWatcher Watcher { get; }

        public ConcurrentQueue<IReadOnlyList<ConfigFault>> Rejected { get; } = new();

        public ConcurrentQueue<IReadOnlyList<ConfigFault>> Warned { get; } = new();

        public ConfigSnapshot Snapshot => Volatile.Read(ref _running);

        public int Published => Volatile.Read(ref _published);

        public string Running => $"{Snapshot.Models.All[0].Name}@{Snapshot.Generation}";

        public static string Text(string name, string key = "k") =>
            $"providers:\n  p: {{ dialect: openai, baseUrl: \"https://{name}.example\", key: \"{key}\" }}\nmodels:\n  {name}: {{ targets: [ {{ provider: p }} ] }}\nkeys: [ {{ name: a, sha256: \"{Doc.Sha}\" }} ]\n";

        public void Write(string name) => WriteText(Text(name));

        /// <summary>Writes the document. Its time of writing moves on by a second each time: the file system's own clock may stand still between two writes.</summary>
        public void WriteText(string text)
        {
            var before = File.Exists(Path) ? File.GetLastWriteTimeUtc(Path) : DateTime.UnixEpoch.AddYears(50);
            File.WriteAllText(Path, text);
            File.SetLastWriteTimeUtc(Path, before.AddSeconds(1));
        }

        /// <summary>Lets the watcher look and the change come to rest.</summary>
        public void Settle() => Time.Settle();

        public void Dispose(bool keepFolder)
        {
            Watcher.Dispose();
            if (!keepFolder)
                Folder.Dispose();
        }

        public void Dispose() => Dispose(keepFolder: false);

        private void Publish(ConfigSnapshot snapshot)
        {
            Volatile.Write(ref _running, snapshot);
            Interlocked.Increment(ref _published);
        }
    }
}
