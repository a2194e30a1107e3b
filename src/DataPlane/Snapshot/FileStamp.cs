namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// What tells one state of a file from another without reading it. Where the file really is and when it was born are in it
/// because a folder that is swapped by a link (as Kubernetes does it) may bring a file of the same length and time of writing.
/// </summary>
internal readonly record struct FileStamp(bool Exists, long Length, DateTime Written, DateTime Born, string? RealPath)
{
    /// <summary>As many links as Linux follows in one path.</summary>
    private const int LinksMax = 40;

    /// <summary>The stamp of a file as it is now; the one of a missing file where it cannot be looked at.</summary>
    public static FileStamp Of(string path)
    {
        try
        {
            var links = 0;
            var file = new FileInfo(Resolve(path, ref links));
            return file.Exists ? new(true, file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc, file.FullName) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return default;
        }
    }

    /// <summary>The path with each of its links followed: of the file itself and of the folders on the way to it.</summary>
    private static string Resolve(string path, ref int links)
    {
        var at = Path.GetPathRoot(path) ?? "";
        foreach (var step in path[at.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var folder = at;
            at = Path.Combine(folder, step);
            if (new FileInfo(at).LinkTarget is not { } target)
                continue;
            if (++links > LinksMax)
                throw new IOException("a circle of links");
            at = Resolve(Path.GetFullPath(target, folder), ref links);
        }

        return at;
    }
}

/// <summary>A file that a snapshot was made of, as it was just before it was read.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Stamp">Its state.</param>
internal readonly record struct StampedFile(string Path, FileStamp Stamp)
{
    /// <summary>The file as it is now.</summary>
    public static StampedFile Of(string path) => new(path, FileStamp.Of(path));
}
