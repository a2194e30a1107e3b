using System.Diagnostics;

namespace AiEdge.AotSmoke.Tests;

/// <summary>
/// A time of day that a test sets for a process, and that it sets anew while the process runs. Monotonic time, and the times of files, stay
/// what they are, as on a machine whose clock is put right.
/// </summary>
internal static class FakeWall
{
    private const string FileName = "wall";

    /// <summary>What is loaded before the binary; null where it is not installed.</summary>
    public static string? Library { get; } = Array.Find(
        [
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib64/faketime/libfaketimeMT.so.1",
            "/usr/lib/faketime/libfaketimeMT.so.1",
        ],
        File.Exists);

    /// <summary>From now on the processes of a folder believe that it is so many hours later.</summary>
    public static void Set(string folder, int hours)
    {
        var path = Path.Combine(folder, FileName);
        File.WriteAllText(path + ".new", hours < 0 ? $"{hours}h" : $"+{hours}h");
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Prepares a process of a folder; nothing where no time was set there.</summary>
    public static void Apply(ProcessStartInfo info, string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return;
        info.Environment["LD_PRELOAD"] = Library;
        info.Environment["FAKETIME_TIMESTAMP_FILE"] = path;
        info.Environment["FAKETIME_NO_CACHE"] = "1";
        info.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        info.Environment["NO_FAKE_STAT"] = "1";

        // Its mend for old C libraries loses wake-ups of timed waits, so that threads of the process sleep on.
        info.Environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
    }
}
