using System.Diagnostics;

namespace AiEdge.Sample;

/// <summary>A child that cannot outlive this program: a shell between ends it when the pipe to us closes, however we ended.</summary>
internal sealed class Child : IDisposable
{
    private const string Guard = """
        trap '' INT
        exec 3<&0
        "$@" </dev/null 3<&- &
        child=$!
        ( cat <&3 >/dev/null; kill -TERM $child 2>/dev/null ) 3<&3 &
        watch=$!
        exec 3<&-
        wait $child; code=$?
        kill $watch 2>/dev/null
        exit $code
        """;

    private readonly Process _process;

    /// <summary>Starts it; its output goes to a file, so that what the sample tells can be read.</summary>
    public Child(string name, string folder, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        Name = name;
        Log = Path.Combine(folder, name + ".log");
        var isWindows = OperatingSystem.IsWindows();
        var arguments = isWindows ? command[1..] : ["-c", $"exec >'{Log.Replace("'", "'\\''", StringComparison.Ordinal)}' 2>&1\n{Guard}", "guard", .. command];
        var info = new ProcessStartInfo(isWindows ? command[0] : "sh", arguments) { RedirectStandardInput = !isWindows };
        foreach (var (key, value) in environment)
            info.Environment[key] = value;
        _process = Process.Start(info) ?? throw new InvalidOperationException(command[0] + " did not start");
    }

    public string Name { get; }

    /// <summary>Where its output is, but on Windows.</summary>
    public string Log { get; }

    public bool HasExited => _process.HasExited;

    public void Dispose()
    {
        if (!OperatingSystem.IsWindows())
            _process.StandardInput.Close();
        if (OperatingSystem.IsWindows() || !_process.WaitForExit(TimeSpan.FromSeconds(15)))
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
