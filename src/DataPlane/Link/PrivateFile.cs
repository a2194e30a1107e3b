using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Link;

/// <summary>Files that nobody else on the machine may read, replaced whole: a process that ends within leaves the old one or the new one.</summary>
internal static class PrivateFile
{
    private const string NewSuffix = ".new";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Puts a file in its place and waits until it is on disk.</summary>
    /// <exception cref="IOException">The disk did not take it; the old one is still there.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using (var file = Create(path + NewSuffix))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        Replace(path);
    }

    /// <summary>The same with a file that <paramref name="write"/> writes.</summary>
    /// <exception cref="IOException">The disk did not take it; the old one is still there.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        using (var file = Create(path + NewSuffix))
        {
            write(file);
            file.Flush(flushToDisk: true);
        }

        Replace(path);
    }

    /// <summary>An empty file of its owner alone, in the place of whatever was there.</summary>
    public static FileStream Create(string path)
    {
        // One that a crash has left may be another's to read.
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }

    private static void Replace(string path)
    {
        File.Move(path + NewSuffix, path, overwrite: true);
        JournalFolder.Sync(Path.GetDirectoryName(path)!);
    }
}
