using AiEdge.Contracts.Faults;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Link;

/// <summary>What became of a change.</summary>
/// <param name="Faults">Why it was refused; null where it is in force.</param>
/// <param name="OutOfOrder">Why it could not be one of this plane's changes at all; null where it could.</param>
internal readonly record struct ChangeOutcome(IReadOnlyList<ConfigFault>? Faults, string? OutOfOrder)
{
    public bool IsApplied => Faults is null && OutOfOrder is null;
}

/// <summary>
/// Keeps a process on what its control plane says: compiles each change as a file is compiled, puts it in force whole or not at all, keeps
/// the last good one on disk, and knows for how long it may be served.
/// </summary>
/// <remarks>All work is done under one lock: generations are published in order, one at a time.</remarks>
internal sealed class ControlFeed : IConfigFeed
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly LastGood _disk;
    private readonly ConfigOverrides _overrides;
    private readonly Func<string, string?> _env;
    private readonly LinkOptions _options;
    private readonly TextWriter _log;
    private readonly TaskCompletionSource<ConfigLoad> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _look;
    private HeldConfig _held = HeldConfig.None;
    private ConfigLoad? _running;
    private IReadOnlyList<StampedFile> _files = [];
    private StampedFile[] _moving = [];
    private ILinkedPlane? _plane;
    private ConfigSnapshot? _published;
    private long _rejections;
    private long _storeFailures;
    private long _heardAt;
    private TimeSpan _ageAtHeard;
    private DateTime _touched;
    private bool _isConnected;
    private bool _isDisposed;

    public ControlFeed(LinkOptions options, LastGood disk, ConfigOverrides overrides, Func<string, string?> env, TextWriter log)
    {
        _options = options;
        _disk = disk;
        _overrides = overrides;
        _env = env;
        _log = log;
        _heardAt = options.Time.GetTimestamp();
        _look = options.Time.CreateTimer(static self => ((ControlFeed)self!).Look(), this, LookInterval, LookInterval);
    }

    /// <summary>The first configuration that can be served.</summary>
    public Task<ConfigLoad> First => _first.Task;

    public long Rejections => Interlocked.Read(ref _rejections);

    /// <summary>Times that the last good configuration could not be put on disk.</summary>
    public long StoreFailures => Interlocked.Read(ref _storeFailures);

    /// <summary>Since the control plane was last heard; zero while there is a stream.</summary>
    public TimeSpan Silence => Volatile.Read(ref _isConnected) ? TimeSpan.Zero : _ageAtHeard + _options.Time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>What the next change is built upon.</summary>
    public HeldConfig Held
    {
        get
        {
            lock (_gate)
                return _held;
        }
    }

    /// <summary>Serves what lies on disk, if that is good. Before the control plane is asked for anything.</summary>
    public void LoadLastGood()
    {
        var held = _disk.Load(out var complaint);
        if (complaint is not null)
            _log.WriteLine("control plane: " + complaint);
        if (held is null)
            return;
        var age = _options.Time.GetUtcNow().UtcDateTime - _disk.HeardUtc;
        lock (_gate)
        {
            var load = Compile(held);
            if (load.Snapshot is null)
            {
                // What the document says has not changed, so something around it has: a secret that is not there any more.
                _log.WriteLine($"control plane: the last good configuration, {held.Generation}, cannot be used any more:");
                foreach (var fault in load.Faults)
                    _log.WriteLine("  " + fault.Format("configuration " + held.Generation));
                return;
            }

            _ageAtHeard = age > TimeSpan.Zero ? age : TimeSpan.Zero;
            Use(held, load);
        }
    }

    /// <summary>From now on what comes is put in force in <paramref name="plane"/>, which runs what <see cref="First"/> gave.</summary>
    public void Attach(ILinkedPlane plane)
    {
        lock (_gate)
        {
            _plane = plane;
            Publish();
        }
    }

    /// <summary>Compiles a change and puts it in force, or refuses it; on disk, too, when this returns.</summary>
    public ChangeOutcome Apply(WholeChange change, byte[] storeId)
    {
        lock (_gate)
        {
            if (_isDisposed)
                return new(null, "the plane stops");
            var isSameStore = storeId.AsSpan().SequenceEqual(_held.StoreId);
            if (change.BaseGeneration != 0 && (!isSameStore || change.BaseGeneration != _held.Generation))
                return new(null, $"a change to generation {change.BaseGeneration}, and {_held.Generation} is served");
            if (isSameStore && change.Generation < _held.Generation)
                return new(null, $"generation {change.Generation} after {_held.Generation}");
            var next = Changed(change, storeId);
            var load = Compile(next);
            if (load.Snapshot is null)
            {
                Interlocked.Increment(ref _rejections);
                _plane?.Reject(load.Faults);
                return new(load.Faults, null);
            }

            Use(next, load);
            if (Revocation.Of(change.Removals, load.Snapshot) is { } revocation)
                _plane?.Revoke(revocation.Concerns);
            Store();
            return default;
        }
    }

    /// <summary>How long the control plane lets what it sent be served without hearing from it.</summary>
    public void SetMaxAge(long maxAgeMs)
    {
        lock (_gate)
        {
            if (_held.MaxAgeMs == maxAgeMs)
                return;
            _held = _held with { MaxAgeMs = maxAgeMs };
            if (_held.Generation > 0)
                Store();
        }
    }

    /// <summary>The stream stands, or does not any more.</summary>
    public void SetConnected(bool isConnected)
    {
        lock (_gate)
        {
            _ageAtHeard = TimeSpan.Zero;
            _heardAt = _options.Time.GetTimestamp();
            _isConnected = isConnected;
            Touch();
        }

        Look();
    }

    /// <summary>Compiles what is in force anew: secrets around it may be others.</summary>
    public bool Reload()
    {
        lock (_gate)
        {
            if (_isDisposed || _running is null)
                return false;
            var load = Compile(_held);
            _files = load.Files;
            if (load.Snapshot is null)
            {
                Interlocked.Increment(ref _rejections);
                _plane?.Reject(load.Faults);
                return false;
            }

            Use(_held, load);
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _look.Dispose();
    }

    private ConfigLoad Compile(HeldConfig held)
    {
        var scope = ReferenceScope.Confined(_env, _options.SecretsDir, held.Secrets);
        var load = ConfigFile.Load(held.Entries, held.AppliedUnixSeconds, held.Generation, _overrides, scope, _running?.Snapshot);
        return new ConfigLoad
        {
            Snapshot = load.Snapshot,
            Faults = WithoutLines(load.Faults),
            Warnings = WithoutLines(load.Warnings),
            Files = load.Files,
        };
    }

    /// <summary>Each entry is a text of its own: its lines mean nothing to whoever reads the document.</summary>
    private static List<ConfigFault> WithoutLines(IReadOnlyList<ConfigFault> faults)
    {
        var bare = new List<ConfigFault>(faults.Count);
        foreach (var fault in faults)
            bare.Add(fault with { Line = 0, Column = 0 });
        return bare;
    }

    private HeldConfig Changed(WholeChange change, byte[] storeId)
    {
        var names = new List<(string, string)>(change.Removals.Count);
        foreach (var removal in change.Removals)
            names.Add((removal.Section, removal.Name));
        var isWhole = change.BaseGeneration == 0;
        var entries = (isWhole ? ConfigEntries.None : _held.Entries).With(change.Entries, names);
        var secrets = new Dictionary<string, string>(isWhole ? [] : _held.Secrets, StringComparer.Ordinal);
        foreach (var (name, value) in change.Secrets)
            secrets[name] = value;
        entries.ForgetUnused(secrets);
        return new(storeId, change.Generation, entries, secrets, _options.Time.GetUtcNow().ToUnixTimeSeconds(), _held.MaxAgeMs);
    }

    private void Use(HeldConfig held, ConfigLoad load)
    {
        _held = held;
        _running = load;
        _files = load.Files;
        if (_plane is not null)
            Publish();
        else if (_first.TrySetResult(load))
            _published = load.Snapshot;
    }

    private void Publish()
    {
        if (ReferenceEquals(_published, _running!.Snapshot))
            return;
        _published = _running.Snapshot;
        _plane!.Publish(_published!);
        if (_running.Warnings.Count > 0)
            _plane.Warn(_running.Warnings);
    }

    private void Store()
    {
        try
        {
            _disk.Store(_held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In force it is; a restart without the control plane would serve the one before.
            if (Interlocked.Increment(ref _storeFailures) == 1)
                _log.WriteLine("control plane: the configuration cannot be kept on disk: " + e.Message);
        }
    }

    private void Touch()
    {
        _touched = _options.Time.GetUtcNow().UtcDateTime;
        _disk.Touch(_touched);
    }

    /// <summary>Once a second: whether the configuration has grown too old, and whether the files that it names are others.</summary>
    private void Look()
    {
        lock (_gate)
        {
            if (_isDisposed || _running?.Snapshot is not { } config)
                return;
            if (_isConnected && _options.Time.GetUtcNow().UtcDateTime - _touched >= TouchInterval)
                Touch();
            var maxAge = config.Server.ConfigMaxAge;
            if (_held.MaxAgeMs > 0 && _held.MaxAgeMs < maxAge.TotalMilliseconds)
                maxAge = TimeSpan.FromMilliseconds(_held.MaxAgeMs);
            _plane?.SetStale(config.Server.RefusesStale && Silence > maxAge);
            if (HaveFilesSettled())
                Reload();
        }
    }

    /// <summary>Whether a file that the configuration names is another than it was, and has been so for a second.</summary>
    private bool HaveFilesSettled()
    {
        var hasChanged = false;
        var hasMoved = _moving.Length != _files.Count;
        var now = new StampedFile[_files.Count];
        for (var i = 0; i < now.Length; i++)
        {
            now[i] = StampedFile.Of(_files[i].Path);
            hasChanged |= now[i] != _files[i];
            hasMoved |= !hasMoved && now[i] != _moving[i];
        }

        _moving = now;
        return hasChanged && !hasMoved;
    }
}
