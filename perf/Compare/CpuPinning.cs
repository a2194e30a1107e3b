using System.Globalization;
using System.Runtime.InteropServices;

namespace AiEdge.Compare;

/// <summary>Keeps the measured gateway and what measures it on different processors.</summary>
internal static class CpuPinning
{
    public const int GatewayCpu = 0;
    public const int ClientCpu = 1;

    /// <summary>Pinning needs two processors and the taskset command.</summary>
    public static bool IsPossible { get; } = OperatingSystem.IsLinux() && Environment.ProcessorCount >= 2 && CommandSearch.Find("taskset") is not null;

    /// <summary>Pins every thread that this process has; threads made later inherit it.</summary>
    public static unsafe void PinThisProcess(int cpu)
    {
        if (!IsPossible)
            return;
        var mask = stackalloc ulong[16];
        mask[cpu / 64] = 1UL << (cpu % 64);
        foreach (var task in Directory.GetDirectories("/proc/self/task"))
            _ = sched_setaffinity(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), 128, mask);
    }

    /// <summary>A command line that runs pinned, or the same one where pinning is not possible.</summary>
    public static string[] Pinned(int cpu, string[] command) =>
        IsPossible ? ["taskset", "-c", cpu.ToString(CultureInfo.InvariantCulture), .. command] : command;

    [DllImport("libc")]
    private static extern unsafe int sched_setaffinity(int thread, nuint size, ulong* mask);
}

/// <summary>Finds programs, also where a service's programs lie that no user has on the path.</summary>
internal static class CommandSearch
{
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(["/usr/sbin", "/usr/local/sbin"])
            .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
