using System.Security.Cryptography;
using System.Text;

namespace AiEdge.ControlPlane.Store;

/// <summary>Copies of a store: the same files without its id and lock, and a list of them with their SHA-256, written last.</summary>
internal static class StoreCopy
{
    public const string ListFile = "backup.list";

    /// <summary>The sums that follow the ledger; theirs is the format, the store only carries the file.</summary>
    public const string FollowerFile = "rollups.state";

    /// <summary>Alerts that were told and that are on their way; carried likewise.</summary>
    public const string AlertsFile = "alerts.state";

    private const int Tries = 3;
    private const int CopyBytes = 1 << 20;

    /// <summary>
    /// Copies a store that may be in use meanwhile: each log up to a commit, all of it checked at the copy. What is committed later is not in it.
    /// </summary>
    /// <exception cref="StoreFault">The store is damaged, or the target is not empty.</exception>
    public static void Backup(string folder, string to)
    {
        if (FasterStore.ReadId(folder) is null)
            throw new StoreFault($"there is no store in {folder}");
        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any())
            throw new StoreFault($"{to} is not empty");
        for (var left = Tries; ; left--)
        {
            Directory.CreateDirectory(to);
            try
            {
                CopyAll(folder, to);
                StoreCheck.Run(to, TextWriter.Null, withId: false);
                break;
            }
            catch (Exception e) when (e is StoreFault or FileNotFoundException && left > 1)
            {
                // Something was replaced or dropped while it was copied.
                Directory.Delete(to, recursive: true);
            }
        }

        WriteList(to);
    }

    /// <summary>Makes a store of a copy. It has another id, so planes report again what they still have.</summary>
    /// <exception cref="StoreFault">The copy is not as it was made, or there is a store already.</exception>
    public static void Restore(string from, string folder)
    {
        var names = CheckList(from);
        Directory.CreateDirectory(folder);
        using var lockFile = StoreFolder.Lock(folder);
        foreach (var shape in FasterStore.Shapes)
        {
            if (File.Exists(Path.Combine(folder, shape.MarkFile)) || shape.Segments(folder).Count > 0)
                throw new StoreFault($"there is a store in {folder} already");
        }

        if (File.Exists(Path.Combine(folder, FasterStore.IdFile)))
            throw new StoreFault($"there is a store in {folder} already");

        // Marks last: a restore that breaks off leaves nothing that opens as a store.
        foreach (var name in names.OrderBy(n => n.EndsWith(".mark", StringComparison.Ordinal)))
            CopyFile(Path.Combine(from, name), Path.Combine(folder, name), length: null);
        StoreFolder.Sync(folder);
        StoreCheck.Run(folder, TextWriter.Null, withId: false);
        FasterStore.CreateId(folder);
    }

    private static void CopyAll(string folder, string to)
    {
        // Sums before the ledger, states before their logs: what is copied later may contain more, and never less.
        CopyState(folder, to, AlertsFile);
        CopyState(folder, to, FollowerFile);
        foreach (var shape in FasterStore.Shapes)
        {
            CopyState(folder, to, shape.StateFileName);
            var (extent, note) = LogSlots.Read(Path.Combine(folder, shape.CommitFile));
            if (extent.Until > LogShape.FirstAddress)
            {
                for (var segment = shape.SegmentOf(extent.Begin); segment <= shape.SegmentOf(extent.Until - 1); segment++)
                {
                    var length = Math.Min(shape.SegmentBytes, extent.Until - (segment << shape.SegmentBits));
                    CopyFile(shape.SegmentFile(folder, segment), shape.SegmentFile(to, segment), length);
                }
            }

            LogFiles.Create(to, shape, extent, note);
        }
    }

    private static void CopyState(string folder, string to, string name)
    {
        // Read as a state, so that one that was replaced meanwhile is whole all the same.
        if (StateFile.Read(Path.Combine(folder, name)) is { } state)
            StateFile.Write(Path.Combine(to, name), state.Through, state.Body);
    }

    /// <summary>Copies a file, or its beginning; what is left of its size reads as zeros. On disk on return.</summary>
    private static void CopyFile(string from, string to, long? length)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, CopyBytes);
        using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, CopyBytes);
        var buffer = new byte[CopyBytes];
        for (var left = length ?? source.Length; left > 0;)
        {
            var count = source.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (count == 0)
                throw new StoreFault($"{Path.GetFileName(from)} is cut at byte {source.Position}");
            target.Write(buffer, 0, count);
            left -= count;
        }

        target.SetLength(source.Length);
        target.Flush(flushToDisk: true);
    }

    private static void WriteList(string to)
    {
        var list = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(to).Order(StringComparer.Ordinal))
            list.Append(Hash(file)).Append(' ').Append(Path.GetFileName(file)).Append('\n');
        StateFile.Write(Path.Combine(to, ListFile), 0, Encoding.UTF8.GetBytes(list.ToString()));
    }

    private static List<string> CheckList(string from)
    {
        if (StateFile.Read(Path.Combine(from, ListFile)) is not { } list)
            throw new StoreFault($"{ListFile} is missing: {from} holds no backup that was completed");
        var names = new List<string>();
        foreach (var line in Encoding.UTF8.GetString(list.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            var file = Path.Combine(from, name);
            if (Path.GetFileName(name) != name)
                throw new StoreFault($"{ListFile} names a file elsewhere");
            if (!File.Exists(file))
                throw new StoreFault($"the backup lacks {name}");
            if (!line.StartsWith(Hash(file), StringComparison.Ordinal))
                throw new StoreFault($"{name} of the backup is not as it was written");
            names.Add(name);
        }

        return names;
    }

    private static string Hash(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
