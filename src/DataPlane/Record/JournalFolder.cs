using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Record;

/// <summary>A folder's own entry on disk: a file that was made or removed is so for good only when the folder has been synced.</summary>
internal static partial class JournalFolder
{
    private const int ReadOnly = 0;

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

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
