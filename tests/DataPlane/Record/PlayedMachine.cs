using AiEdge.DataPlane.Record;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>
/// A machine whose end can be played: it knows of each file what a sync has put on disk. What was written since may have got there or not, each
/// part of a sector by itself, and in any state that the file was in meanwhile. A file whose name no sync of its folder has put there is gone.
/// </summary>
internal sealed class PlayedMachine(string folder, ulong boot = 1) : JournalMachine
{
    /// <summary>Half of what a disk writes as one, so that slots are torn, too.</summary>
    private const int PartBytes = 256;

    /// <summary>As much of each segment as is looked at.</summary>
    private const int BytesMax = 512 * 1024;

    private readonly Dictionary<string, byte[]> _onDisk = [];
    private readonly Dictionary<string, List<byte[]>> _since = [];
    private readonly HashSet<string> _named = [];

    /// <summary>Which run of it this is.</summary>
    public ulong Run { get; set; } = boot;

    public override ulong Boot => Run;

    /// <summary>Syncs that have begun.</summary>
    public int Syncs { get; private set; }

    /// <summary>What happens while a sync of the file with this name is under way.</summary>
    public Action<string>? Meanwhile { get; set; }

    public override void Sync(SafeFileHandle file, string path)
    {
        Syncs++;
        var covered = Read(path);
        // Whatever is written from here on need not be covered.
        Meanwhile?.Invoke(Path.GetFileName(path));
        _onDisk[path] = covered;
        _since.GetValueOrDefault(path)?.Clear();
    }

    public override void SyncFolder(string folder)
    {
        _named.Clear();
        _named.UnionWith(Directory.GetFiles(folder));
    }

    /// <summary>A state of the small files that might get to the disk by itself.</summary>
    public void Look()
    {
        foreach (var name in (string[])[JournalLayout.CommitFile, JournalLayout.MarkFile])
            Since(Path.Combine(folder, name)).Add(Read(Path.Combine(folder, name)));
    }

    /// <summary>What the disk has when the machine ends now.</summary>
    public Dictionary<string, byte[]> End(Random random)
    {
        Look();
        var left = new Dictionary<string, byte[]>();
        foreach (var path in Directory.GetFiles(folder))
        {
            if (Path.GetFileName(path) is JournalLayout.LockFile or JournalLayout.NewSegmentFile || path.EndsWith(".new", StringComparison.Ordinal))
                continue;
            // It was made, and nobody has put its name on disk.
            if (!_named.Contains(path))
                continue;
            var now = Read(path);
            var bytes = _onDisk.GetValueOrDefault(path) is { } synced ? (byte[])synced.Clone() : new byte[now.Length];
            List<byte[]> states = [.. Since(path), now];
            // All, none, or anything between.
            var chance = random.Next(4);
            for (var at = 0; at < bytes.Length; at += PartBytes)
            {
                if (random.Next(3) < chance)
                    states[random.Next(states.Count)].AsSpan(at, PartBytes).CopyTo(bytes.AsSpan(at));
            }

            left[path] = bytes;
        }

        return left;
    }

    /// <summary>The next run begins with what was left.</summary>
    public void Begin(Dictionary<string, byte[]> left)
    {
        Run++;
        foreach (var path in Directory.GetFiles(folder))
        {
            if (Path.GetFileName(path) != JournalLayout.LockFile && !left.ContainsKey(path))
                File.Delete(path);
        }

        foreach (var (path, bytes) in left)
        {
            using var file = new FileStream(path, FileMode.Open);
            file.Write(bytes);
            _onDisk[path] = bytes;
            Since(path).Clear();
        }
    }

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[Math.Min(file.Length, BytesMax)];
        file.ReadExactly(bytes);
        return bytes;
    }

    private List<byte[]> Since(string path)
    {
        if (!_since.TryGetValue(path, out var states))
            _since.Add(path, states = []);
        return states;
    }
}
