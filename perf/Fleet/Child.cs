using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AiEdge.FleetTest;

/// <summary>A started program whose output goes to a file. A shell beside it ends it when this program ends, however that happens.</summary>
internal sealed class Child : IDisposable
{
    private const string Guard = """
        log=$1; shift
        "$@" >>"$log" 2>&1 </dev/null &
        child=$!
        echo $child
        exec 2>/dev/null
        cat >/dev/null
        kill -KILL $child 2>/dev/null
        wait $child
        """;

    private const int Kill = 9;
    private const int Go = 18;
    private const int Halt = 19;
    private readonly Process _guard;
    private readonly string _log;
    private bool _isOver;

    public Child(string log, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        _log = log;
        var info = new ProcessStartInfo("sh", ["-c", Guard, "guard", log, .. command]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        _guard = Process.Start(info) ?? throw new InvalidOperationException(command[0] + " did not start");
        Id = int.Parse(_guard.StandardOutput.ReadLine() ?? "0", CultureInfo.InvariantCulture);
    }

    public int Id { get; }

    public bool HasExited => _isOver || !File.Exists($"/proc/{Id}/stat") || State() == "Z";

    /// <summary>The last lines that it wrote.</summary>
    public string LastWords => File.Exists(_log) ? string.Join('\n', File.ReadLines(_log).TakeLast(5)) : "";

    public void Stop() => Signal(Halt);

    public void Continue() => Signal(Go);

    /// <summary>Ends it at once, as a power cut would.</summary>
    public void Dispose()
    {
        if (_isOver)
            return;
        Signal(Kill);
        _isOver = true;
        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
    }

    private string State()
    {
        try
        {
            return File.ReadAllText($"/proc/{Id}/stat").Split(") ")[^1][..1];
        }
        catch (IOException)
        {
            return "Z";
        }
    }

    private void Signal(int number)
    {
        // The shell has not waited for it yet, so that its number is its own still.
        if (!_isOver)
            _ = kill(Id, number);
    }

    [DllImport("libc")]
    private static extern int kill(int process, int signal);
}
