using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Link;

/// <summary>What became of a change.</summary>
/// <param name="Faults">Why it was refused; null where it is in force.</param>
/// <param name="OutOfOrder">Why it could not be one of this plane's changes at all; null where it could.</param>
internal readonly record struct ChangeOutcome(IReadOnlyList<ConfigFault>? Faults, string? OutOfOrder);

/// <summary>
/// Keeps a process on what its control plane says: compiles each change as a file is compiled, puts it in force whole or not at all, keeps
/// the last good one on disk, and knows for how long it may be served.
/// </summary>
/// <remarks>All work is done under one lock: generations are published in order, one at a time.</remarks>
internal sealed class ControlFeed : IConfigFeed
{
    /// <summary>Entries that came together from which on the memory that they took is given back at once.</summary>
    private const int EntriesToForget = 5_000;

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
    private CompiledEntries? _running;
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

    /// <summary>
    /// What a control plane tells a copy by, of what is served; null where only all of it would tell, because it is not on disk as it is in force.
    /// </summary>
    public byte[]? EntriesSha256(long generation)
    {
        lock (_gate)
            return _disk.EntriesSha256(generation);
    }

    /// <summary>Serves what lies on disk, if that is good. Before the control plane is asked for anything.</summary>
    public void LoadLastGood()
    {
        var stored = _disk.Load(out var complaint);
        if (complaint is not null)
            _log.WriteLine("control plane: " + complaint);
        if (stored is null)
            return;
        var age = _options.Time.GetUtcNow().UtcDateTime - _disk.HeardUtc;
        lock (_gate)
        {
            var held = stored.Held;
            if (Compile(null, held, new(stored.Entries, []), out var load) is not { } compiled)
            {
                // What the document says has not changed, so something around it has: a secret that is not there any more.
                _log.WriteLine($"control plane: the last good configuration, {held.Generation}, cannot be used any more:");
                foreach (var fault in load.Faults)
                    _log.WriteLine("  " + fault.Format("configuration " + held.Generation));
                return;
            }

            _ageAtHeard = age > TimeSpan.Zero ? age : TimeSpan.Zero;
            Use(held, compiled);
        }

        ForgetText(stored.Entries.Count);
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
        var outcome = Take(change, storeId);
        var entries = change.Entries.Count;
        change.ForgetEntries();
        ForgetText(entries);
        return outcome;
    }

    private ChangeOutcome Take(WholeChange change, byte[] storeId)
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
            var isWhole = change.BaseGeneration == 0;
            var next = Changed(change, storeId);
            if (Compile(isWhole ? null : _running, next, Entries(change), out var load) is not { } compiled)
            {
                Interlocked.Increment(ref _rejections);
                _plane?.Reject(load.Faults);
                if (!isWhole)
                    Deny(change);
                return new(load.Faults, null);
            }

            var secrets = new Dictionary<string, string>(next.Secrets, StringComparer.Ordinal);
            compiled.Kept.ForgetUnused(secrets);
            Use(next with { Secrets = secrets }, compiled);
            if ((isWhole ? Revocation.OfWhole(change.Entries, compiled.Snapshot) : Revocation.Of(change.Removals, compiled.Snapshot)) is { } revocation)
                _plane?.Revoke(revocation.Concerns);
            if (isWhole)
                Store(() => _disk.Store(_held, ConfigEntries.None.With(change.Entries, [])));
            else
                Store(() => _disk.Append(_held, change));
            return default;
        }
    }

    /// <summary>
    /// Of a change that is refused: what it only takes away. Keys that it revokes are good no more, and what it switches off is off, where that is
    /// good by itself: one faulty entry is not to keep all later revocations away. What the next change is built upon stays what it was.
    /// </summary>
    private void Deny(WholeChange change)
    {
        if (_running is null)
            return;
        var revoked = change.Removals.FindAll(static r => r.EndsExchanges);
        var off = change.Entries.FindAll(static e => e.Section is "teams" or "models" or "providers" && e.IsSwitchedOff());

        // A key that has lost one of its secrets stands in the change with the other.
        var kept = change.Entries.FindAll(e => e.Section == "keys" && revoked.Exists(r => r.Section == "keys" && r.Name == e.Name));
        var keys = revoked.FindAll(r => r.Section == "keys" && !kept.Exists(e => e.Name == r.Name));
        CompiledEntries? compiled = null;
        WholeChange taken = null!;
        foreach (var (entries, removals) in ((List<ConfigPiece>, List<ConfigRemoval>)[])
            [([.. off, .. kept], keys), (kept, keys), ([], revoked.FindAll(static r => r.Section == "keys"))])
        {
            taken = Taken(entries, removals);
            compiled = Compile(_running, _held, Entries(taken), out _);
            if (compiled is not null)
                break;
        }

        if (compiled is null || taken.Entries.Count + taken.Removals.Count == 0)
            return;
        Use(_held, compiled);
        if (Revocation.Of(revoked, compiled.Snapshot) is { } revocation)
            _plane?.Revoke(revocation.Concerns);

        // Also over a restart while the control plane is away. To the control plane it is no part of what is held: the next change says it again.
        Store(() => _disk.Append(_held, taken));
        _log.WriteLine($"control plane: of configuration {change.Generation}, which was refused, what it takes away is in force all the same");
    }

    /// <summary>A part of a change, as a change of what is held that leaves its generation, and its secrets: what was refused brings none.</summary>
    private WholeChange Taken(List<ConfigPiece> entries, List<ConfigRemoval> removals)
    {
        var taken = new WholeChange { Generation = _held.Generation, BaseGeneration = _held.Generation };
        taken.Entries.AddRange(entries);
        taken.Removals.AddRange(removals);
        return taken;
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
                Store(() => _disk.Append(_held, null));
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
            var compiled = Compile(_running, _held, new([], [], IsAnew: true), out var load);
            _files = load.Files;
            if (compiled is null)
            {
                Interlocked.Increment(ref _rejections);
                _plane?.Reject(load.Faults);
                return false;
            }

            Use(_held, compiled);
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _look.Dispose();
    }

    private CompiledEntries? Compile(CompiledEntries? before, HeldConfig held, EntryChange change, out ConfigLoad load)
    {
        var scope = ReferenceScope.Confined(_env, _options.SecretsDir, held.Secrets);
        var context = new CompileContext(held.Generation, held.AppliedUnixSeconds, _overrides, _running?.Snapshot);
        var compiled = EntryCompiler.Compile(before, change, scope, context, out load);
        load = new ConfigLoad
        {
            Snapshot = load.Snapshot,
            Faults = WithoutLines(load.Faults),
            Warnings = WithoutLines(load.Warnings),
            Files = load.Files,
        };
        return compiled?.With(load);
    }

    /// <summary>
    /// What a document was read from is not needed any more, and a hundred thousand keys of it are tens of megabytes that nothing to come
    /// would ever need again.
    /// </summary>
    private static void ForgetText(int entries)
    {
        if (entries > EntriesToForget)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>Each entry is a text of its own: its lines mean nothing to whoever reads the document.</summary>
    private static List<ConfigFault> WithoutLines(IReadOnlyList<ConfigFault> faults)
    {
        var bare = new List<ConfigFault>(faults.Count);
        foreach (var fault in faults)
            bare.Add(fault with { Line = 0, Column = 0 });
        return bare;
    }

    private static EntryChange Entries(WholeChange change)
    {
        var removed = new List<(string, string)>(change.Removals.Count);
        foreach (var removal in change.Removals)
            removed.Add((removal.Section, removal.Name));
        return new(change.Entries, removed, IsAnew: change.Secrets.Count > 0);
    }

    private HeldConfig Changed(WholeChange change, byte[] storeId)
    {
        var secrets = new Dictionary<string, string>(change.BaseGeneration == 0 ? [] : _held.Secrets, StringComparer.Ordinal);
        foreach (var (name, value) in change.Secrets)
            secrets[name] = value;
        return new(storeId, change.Generation, secrets, _options.Time.GetUtcNow().ToUnixTimeSeconds(), _held.MaxAgeMs);
    }

    private void Use(HeldConfig held, CompiledEntries compiled)
    {
        _held = held;
        _running = compiled;
        _files = compiled.Load.Files;
        if (_plane is not null)
            Publish();
        else if (_first.TrySetResult(compiled.Load))
            _published = compiled.Snapshot;
    }

    private void Publish()
    {
        if (ReferenceEquals(_published, _running!.Snapshot))
            return;
        _published = _running.Snapshot;
        _plane!.Publish(_published!);
        if (_running.Load.Warnings.Count > 0)
            _plane.Warn(_running.Load.Warnings);
    }

    private void Store(Action write)
    {
        try
        {
            write();
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
