using System.Runtime.InteropServices;

namespace AiEdge.ControlPlane.Store;

/// <summary>The folder that a store lies in: a file that was made, renamed or removed is so for good only when its folder is synced.</summary>
internal static partial class StoreFolder
{
    public const string LockFile = "store.lock";

    private const int ReadOnly = 0;

    /// <summary>Keeps every other process from the folder for as long as it is open.</summary>
    /// <exception cref="StoreFault">Another process has it.</exception>
    public static FileStream Lock(string folder)
    {
        try
        {
            return new(Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new StoreFault($"another process uses the folder {folder}", e);
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

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
