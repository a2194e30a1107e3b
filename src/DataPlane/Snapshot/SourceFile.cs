namespace AiEdge.DataPlane.Snapshot;

/// <summary>Reads files whole and within a bound.</summary>
internal static class SourceFile
{
    /// <summary>Largest file that a reference may name.</summary>
    public const int SecretBytesMax = 64 * 1024;

    /// <summary>Reads a file; false with what is wrong in words that do not name the path.</summary>
    public static bool TryRead(string path, int bytesMax, out byte[] content, out string complaint)
    {
        content = [];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

            // A pipe or a file of /proc has no length to go by: read to the end, with one byte of room to see that it is too long.
            var buffer = new byte[Math.Clamp(file.CanSeek ? file.Length : 0, 4096, bytesMax) + 1];
            var length = 0;
            int read;
            while ((read = file.Read(buffer, length, buffer.Length - length)) > 0)
            {
                length += read;
                if (length > bytesMax)
                {
                    complaint = $"is larger than {bytesMax / 1024} KiB";
                    return false;
                }

                if (length == buffer.Length)
                    Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, bytesMax + 1L));
            }

            content = buffer.AsSpan(0, length).ToArray();
            complaint = "";
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            complaint = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "does not exist",
                UnauthorizedAccessException => Directory.Exists(path) ? "is a folder" : "may not be read (permission denied)",
                _ => "cannot be read",
            };
            return false;
        }
    }
}
