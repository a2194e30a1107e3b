using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Link;

/// <summary>Files that nobody else on the machine may read, replaced whole: a process that ends within leaves the old one or the new one.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Puts a file in its place and waits until it is on disk.</summary>
    /// <exception cref="IOException">The disk did not take it; the old one is still there.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var fresh = path + ".new";

        // One that a crash has left may be another's to read.
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(fresh, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        JournalFolder.Sync(Path.GetDirectoryName(path)!);
    }
}
