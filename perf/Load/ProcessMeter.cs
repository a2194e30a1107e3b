using System.Globalization;

namespace AiEdge.Load;

/// <summary>Processor time and memory of a process and its children, from /proc: Linux only, and 0 for what cannot be read.</summary>
public sealed class ProcessMeter(int processId)
{
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of the whole tree in seconds, in steps of 10 ms. Times of children that ended are not in it.</summary>
    public double CpuSeconds() => Tree(processId).Sum(Ticks) / TicksPerSecond;

    /// <summary>Proportional set size of the whole tree in KiB: memory that processes share is counted once.</summary>
    public long PssKib() => Tree(processId).Sum(Pss);

    private static IEnumerable<int> Tree(int root)
    {
        yield return root;
        foreach (var child in Children(root))
        {
            foreach (var descendant in Tree(child))
                yield return descendant;
        }
    }

    private static IEnumerable<int> Children(int process)
    {
        var tasks = $"/proc/{process}/task";
        if (!Directory.Exists(tasks))
            yield break;
        foreach (var task in Directory.GetDirectories(tasks))
        {
            foreach (var child in Read($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                yield return int.Parse(child, CultureInfo.InvariantCulture);
        }
    }

    private static long Ticks(int process)
    {
        // The second field is the command in parentheses and may hold spaces; utime and stime are the 14th and 15th field.
        var stat = Read($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 12 ? long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture) : 0;
    }

    private static long Pss(int process)
    {
        foreach (var line in Read($"/proc/{process}/smaps_rollup").Split('\n'))
        {
            if (line.StartsWith("Pss:", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(4).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
        }

        return 0;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
