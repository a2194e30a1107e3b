using System.Runtime.InteropServices;

namespace AiEdge.AotSmoke.Tests;

/// <summary>A file system of a few megabytes in memory, mounted on a folder for as long as a test needs it.</summary>
internal sealed partial class Tmpfs : IDisposable
{
    private const int DetachNow = 2;
    private readonly string _folder;

    private Tmpfs(string folder) => _folder = folder;

    /// <summary>Whether this user may mount one: tried, and not guessed.</summary>
    public static bool IsAllowed { get; } = Try();

    private string Filler => Path.Combine(_folder, "filler");

    public static Tmpfs Mount(string folder, int bytes)
    {
        Directory.CreateDirectory(folder);
        Assert.Equal(0, Mount("tmpfs", folder, "tmpfs", 0, $"size={bytes}"));
        return new Tmpfs(folder);
    }

    /// <summary>Takes room away.</summary>
    public void Fill(int bytes) => File.WriteAllBytes(Filler, new byte[bytes]);

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(Filler);

    public void Dispose() => Assert.Equal(0, Unmount(_folder, DetachNow));

    private static bool Try()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        var folder = Directory.CreateTempSubdirectory("aiedge-tmpfs-").FullName;
        try
        {
            return Mount("tmpfs", folder, "tmpfs", 0, "size=65536") == 0 && Unmount(folder, DetachNow) == 0;
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
