using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;

namespace AiEdge.Stress.Tests;

/// <summary>
/// Hears from the runtime which thread begins to wait: for a handle, a task, an event, or (source 1) a monitor. A contended lock
/// is told too, for it waits as well.
/// </summary>
internal sealed class WaitListener : EventListener
{
    /// <summary>A thread of this name waits again and again while <see cref="HearsControl"/> listens.</summary>
    private const string ControlName = "io-control";

    private const EventKeywords Contention = (EventKeywords)0x4000;
    private const EventKeywords WaitHandle = (EventKeywords)0x400_0000_0000;

    private readonly ConcurrentQueue<string> _heard = new();

    private readonly HashSet<long> _watched;
    private long _control;
    private int _controlHeard;

    /// <param name="watched">The threads whose waits are kept.</param>
    public WaitListener(HashSet<long> watched) => _watched = watched;

    /// <summary>Threads that run completions, by their names in the kernel: the data plane's own loops and the runtime's socket engine.</summary>
    public static HashSet<long> IoThreads() => Threads(name => (name.StartsWith("io-", StringComparison.Ordinal) && name != ControlName) || name == ".NET Sockets");

    public static HashSet<long> Threads(Predicate<string> isOne)
    {
        var found = new HashSet<long>();
        foreach (var folder in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                if (isOne(File.ReadAllText(folder + "/comm").TrimEnd('\n')))
                    found.Add(long.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    /// <summary>How often the threads went to sleep by themselves since they began: each wait for events is one.</summary>
    public static long Sleeps(IEnumerable<long> threads) => threads.Sum(thread =>
    {
        var line = File.ReadLines($"/proc/self/task/{thread}/status").First(l => l.StartsWith("voluntary_ctxt", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(line.IndexOf(':') + 1), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    });

    /// <summary>What the threads waited for so far, a line each.</summary>
    public IReadOnlyCollection<string> Waits => _heard;

    /// <summary>
    /// Whether a wait of our own is heard. Events come in the order of their times, so those of all waits before it have come by
    /// then; one may be dropped where the runtime has too many to tell, so it waits until it is heard.
    /// </summary>
    public bool HearsControl(TimeSpan patience)
    {
        var thread = new Thread(() =>
        {
            Volatile.Write(ref _control, Threads(name => name == ControlName).Single());
            using var never = new ManualResetEventSlim();
            for (var end = Environment.TickCount64 + (long)patience.TotalMilliseconds; !IsControlHeard() && Environment.TickCount64 < end;)
                never.Wait(TimeSpan.FromMilliseconds(5));
        })
        { Name = ControlName };
        thread.Start();
        thread.Join();
        return IsControlHeard();

        bool IsControlHeard() => Volatile.Read(ref _controlHeard) != 0;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
            EnableEvents(eventSource, EventLevel.Verbose, Contention | WaitHandle);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class may call this before the fields are there.
        if (_watched is null || eventData.EventName is not ("WaitHandleWaitStart" or "ContentionStart"))
            return;
        if (eventData.OSThreadId == Volatile.Read(ref _control))
            Volatile.Write(ref _controlHeard, 1);
        else if (_watched.Contains(eventData.OSThreadId))
            _heard.Enqueue($"{eventData.EventName} {string.Join(' ', eventData.Payload ?? (IReadOnlyList<object?>)[])}");
    }
}
