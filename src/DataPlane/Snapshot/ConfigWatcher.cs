using AiEdge.Contracts.Faults;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// Keeps a process on the newest good state of its configuration file. A change is noticed by the system's notice or by
/// looking every <see cref="PollInterval"/> (some file systems send none, and a linked file changes elsewhere), waited out
/// until nothing moves for <see cref="SettleTime"/>, then read whole. The secrets and certificates that the document names
/// are watched like itself. A state with faults is reported and counted, and what is in force stays.
/// </summary>
/// <remarks>
/// All work is done under one lock, on a timer's or the caller's thread: generations are published in order, one at a
/// time, and none after <see cref="Dispose"/> has returned.
/// </remarks>
internal sealed class ConfigWatcher : IConfigFeed
{
    /// <summary>How long a changed file must lie still before it is read.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(100);

    /// <summary>How often files are looked at when no notice comes.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly ConfigOverrides _overrides;
    private readonly Func<string, string?> _env;
    private readonly Action<ConfigSnapshot> _publish;
    private readonly Action<IReadOnlyList<ConfigFault>> _reject;
    private readonly Action<IReadOnlyList<ConfigFault>>? _warn;
    private readonly ITimer _poll;
    private readonly ITimer _settle;
    private readonly FileSystemWatcher? _notices;
    private ConfigSnapshot? _running;
    private IReadOnlyList<StampedFile> _loaded;
    private StampedFile[]? _moving;
    private long _rejections;
    private bool _isDisposed;

    /// <param name="path">The file, as for <see cref="ConfigFile.Load(string, long, ConfigOverrides, Func{string, string?}, ConfigSnapshot?)"/>.</param>
    /// <param name="overrides">What the command line says in place of the document.</param>
    /// <param name="env">The environment.</param>
    /// <param name="time">The clock behind both timers.</param>
    /// <param name="publish">Takes each accepted snapshot; called under the lock, so it must be short.</param>
    /// <param name="reject">Takes the faults of each refused state.</param>
    /// <param name="loaded">What the process started with; without it the file is loaded at the first look.</param>
    /// <param name="warn">Takes the warnings of each accepted state, where there are any.</param>
    public ConfigWatcher(
        string path,
        ConfigOverrides overrides,
        Func<string, string?> env,
        TimeProvider time,
        Action<ConfigSnapshot> publish,
        Action<IReadOnlyList<ConfigFault>> reject,
        ConfigLoad? loaded = null,
        Action<IReadOnlyList<ConfigFault>>? warn = null)
    {
        _path = Path.GetFullPath(path);
        _overrides = overrides;
        _env = env;
        _publish = publish;
        _reject = reject;
        _warn = warn;
        _running = loaded?.Snapshot;
        _loaded = loaded?.Files ?? [];
        var never = Timeout.InfiniteTimeSpan;
        _settle = time.CreateTimer(static self => ((ConfigWatcher)self!).Look(hasSettled: true), this, never, never);
        _poll = time.CreateTimer(static self => ((ConfigWatcher)self!).Look(hasSettled: false), this, PollInterval, PollInterval);
        _notices = Notices();
    }

    /// <summary>How many states were refused.</summary>
    public long Rejections => Interlocked.Read(ref _rejections);

    /// <summary>
    /// Reads the file now, changed or not (SIGHUP). False where it was refused, or is being written just now and will be read
    /// once it lies still.
    /// </summary>
    public bool Reload()
    {
        lock (_gate)
            return !_isDisposed && Load();
    }

    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _notices?.Dispose();
        _poll.Dispose();
        _settle.Dispose();
    }

    /// <summary>One look at the files. Only the settling timer may find that a change has come to rest.</summary>
    private void Look(bool hasSettled)
    {
        lock (_gate)
        {
            if (_isDisposed || (_moving is not null && !hasSettled))
                return;
            var now = Stamp();
            if (Same(now, _loaded))
            {
                _moving = null;
            }
            else if (_moving is not null && Same(now, _moving))
            {
                _moving = null;
                Load();
            }
            else
            {
                Wait(now);
            }
        }
    }

    private bool Load()
    {
        var load = ConfigFile.Load(_path, (_running?.Generation ?? 0) + 1, _overrides, _env, _running);
        _loaded = load.Files;
        var now = Stamp();
        if (!Same(now, load.Files))
        {
            // Written to while it was read: what was read may be half of it.
            Wait(now);
            return false;
        }

        if (load.Snapshot is null)
        {
            Interlocked.Increment(ref _rejections);
            _reject(load.Faults);
            return false;
        }

        _running = load.Snapshot;
        _publish(load.Snapshot);
        if (load.Warnings.Count > 0)
            _warn?.Invoke(load.Warnings);
        return true;
    }

    private void Wait(StampedFile[] moving)
    {
        _moving = moving;
        _settle.Change(SettleTime, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The watched files as they are now: the document alone, before anything was loaded.</summary>
    private StampedFile[] Stamp()
    {
        if (_loaded.Count == 0)
            return [StampedFile.Of(_path)];
        var now = new StampedFile[_loaded.Count];
        for (var i = 0; i < now.Length; i++)
            now[i] = StampedFile.Of(_loaded[i].Path);
        return now;
    }

    private static bool Same(StampedFile[] now, IReadOnlyList<StampedFile> then)
    {
        if (now.Length != then.Count)
            return false;
        for (var i = 0; i < now.Length; i++)
        {
            if (now[i] != then[i])
                return false;
        }

        return true;
    }

    /// <summary>
    /// Watches the document's folder, not the file: an editor puts a new file in its place, and Kubernetes swaps a link to
    /// a folder beside it. Null where the system has no notices to give; looking from time to time is then all there is.
    /// </summary>
    private FileSystemWatcher? Notices()
    {
        FileSystemWatcher? notices = null;
        try
        {
            notices = new FileSystemWatcher(Path.GetDirectoryName(_path) ?? _path)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size
                    | NotifyFilters.CreationTime,
            };
            notices.Changed += (_, _) => Look(hasSettled: false);
            notices.Created += (_, _) => Look(hasSettled: false);
            notices.Deleted += (_, _) => Look(hasSettled: false);
            notices.Renamed += (_, _) => Look(hasSettled: false);
            notices.Error += (_, _) => Look(hasSettled: false);
            notices.EnableRaisingEvents = true;
            return notices;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            notices?.Dispose();
            return null;
        }
    }
}
