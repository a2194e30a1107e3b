using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Hosting;

/// <summary>The limit of file descriptors: NativeAOT leaves the soft one as it is, so it is raised here.</summary>
internal static partial class Descriptors
{
    private const int NoFile = 7;

    /// <summary>Raises the soft limit to the hard one and returns it; <see cref="long.MaxValue"/> where there is none to ask.</summary>
    public static long Raise()
    {
        if (!OperatingSystem.IsLinux())
            return long.MaxValue;
        if (GetLimit(NoFile, out var limit) != 0)
            return long.MaxValue;
        if (limit.Soft < limit.Hard)
        {
            var raised = new Limit { Soft = limit.Hard, Hard = limit.Hard };
            if (SetLimit(NoFile, raised) == 0)
                limit = raised;
        }

        return (long)Math.Min(limit.Soft, long.MaxValue);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
