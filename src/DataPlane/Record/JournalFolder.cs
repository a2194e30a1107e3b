using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// What it takes to have something on disk: a file's bytes, and a folder's own entry, as a file that was made or removed is so for good
/// only when the folder has been synced.
/// </summary>
internal static partial class JournalFolder
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;

    /// <summary>
    /// Waits until a file's bytes are on disk. Its size must have been synced before; the time of its last change may be lost, and that
    /// alone would make the file system write a transaction of its own for each commit.
    /// </summary>
    public static void SyncData(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        while (SyncDataOf(file) != 0)
        {
            if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
                throw new IOException($"a file could not be synced: error {error}");
        }
    }

    public static void Sync(string folder)
    {
        // Windows writes folders through with their files, and opens none for syncing.
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"cannot open the folder {folder}: error {Marshal.GetLastPInvokeError()}");
        var failed = SyncDescriptor(descriptor) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (failed)
            throw new IOException($"cannot sync the folder {folder}: error {error}");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncDataOf(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
