namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// What tells one state of a file from another without reading it. The birth time is in it because a folder that is
/// swapped by a link (as Kubernetes does it) may bring a file of the same length and time of writing.
/// </summary>
internal readonly record struct FileStamp(bool Exists, long Length, DateTime Written, DateTime Born, string? Link)
{
    /// <summary>The stamp of a file as it is now; the one of a missing file where it cannot be looked at.</summary>
    public static FileStamp Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var link = file.LinkTarget;
            if (link is not null)
            {
                // FileInfo describes the link itself; what is behind it changes on its own.
                var target = file.ResolveLinkTarget(returnFinalTarget: true);
                file = target is null ? file : new FileInfo(target.FullName);
            }

            return file.Exists ? new(true, file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc, file.FullName) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return default;
        }
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
