using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Domain;

/// <summary>
/// The one place where the document changes. Writes stand in line: each sees the document that the last one left, its result is
/// judged, it is durable in the log, and only then is it published and anyone told. What has been published never changes.
/// </summary>
internal sealed class EdgeState : IDisposable
{
    /// <summary>Commands behind the last state after which another is saved.</summary>
    public const int CommandsPerStateMax = 4096;

    /// <summary>Commands behind a state that could not be saved after which it is tried again.</summary>
    public const int CommandsBeforeRetry = 256;

    /// <summary>Audit lines kept; older ones go.</summary>
    public const int AuditLinesMax = 100_000;

    /// <summary>Generations that can be looked at, built upon and gone back to.</summary>
    public const int GenerationsMax = 1000;

    /// <summary>Bytes that these may hold together: 64 MiB.</summary>
    public const long GenerationBytesMax = 64 << 20;

    private readonly ICommandLog _log;
    private readonly DocumentCheck _check;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly Lock _lock = new();
    private readonly LatestItems<AuditLine> _audit = new(AuditLinesMax, long.MaxValue, _ => 0);
    private readonly LatestItems<GenerationRecord> _generations = new(GenerationsMax, GenerationBytesMax, Weight);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile EdgeDocument _current = EdgeDocument.Empty;
    private volatile Exception? _broken;
    private int _commandsSinceState;

    private EdgeState(ICommandLog log, DocumentCheck check, TimeProvider time)
    {
        _log = log;
        _check = check;
        _time = time;
    }

    /// <summary>The document now.</summary>
    public EdgeDocument Current => _current;

    /// <summary>Why nothing is accepted any more: the log could not store a command; null where all is well.</summary>
    public Exception? Broken => _broken;

    /// <summary>Told, in words, what did not succeed and is tried again.</summary>
    public Action<string>? OnFault { get; set; }

    /// <summary>Drives dates in the audit and ends of credentials.</summary>
    public TimeProvider Time => _time;

    /// <summary>Opens a log and replays it.</summary>
    /// <param name="log">Where commands are kept.</param>
    /// <param name="check">Judges what would result; of this state alone.</param>
    /// <param name="time">The wall clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="InvalidDataException">The log holds what this version cannot read.</exception>
    public static async ValueTask<EdgeState> OpenAsync(ICommandLog log, DocumentCheck check, TimeProvider time, CancellationToken cancel = default)
    {
        var state = new EdgeState(log, check, time);
        var history = await log.ReadAsync(cancel);
        if (!history.State.IsEmpty)
            state.Restore(EdgeCodec.ReadState(history.State), history.Through);
        foreach (var command in history.Commands)
            state.Apply(EdgeCodec.ReadCommand(command.Bytes), command.Sequence);
        state._commandsSinceState = history.Commands.Count;
        return state;
    }

    /// <summary>The plane behind <c>PLANE_ID.SECRET</c>, or null where the credential is wrong, revoked or over.</summary>
    public PlaneIdentity? Authenticate(string bearer) => PlaneIdentity.Authenticate(_current, bearer, NowUnixMs());

    /// <summary>Whether a plane's credential is still good; streams that stand ask it whenever the document has changed.</summary>
    public bool IsGood(PlaneIdentity plane) =>
        _current.Find(Sections.DataPlanes, plane.PlaneId) is { } entry && PlaneCredential.Read(entry) is { } credential
        && Convert.ToHexStringLower(credential.Sha256) == plane.CredentialSha256
        && (credential.ExpiresUnixMs == 0 || credential.ExpiresUnixMs > NowUnixMs());

    public long NowUnixMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A document of a later generation than <paramref name="after"/>, at once if there is one.</summary>
    public async ValueTask<EdgeDocument> WaitForAsync(ulong after, CancellationToken cancel)
    {
        while (true)
        {
            var (document, changed) = Look();
            if (document.Generation > after)
                return document;
            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>A document with a command behind <paramref name="version"/>, at once if there is one.</summary>
    public async ValueTask<EdgeDocument> WaitForVersionAsync(ulong version, CancellationToken cancel)
    {
        while (true)
        {
            var (document, changed) = Look();
            if (document.Version > version)
                return document;
            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>
    /// Does a write. <paramref name="decide"/> sees the document that all writes before it left, and runs alone. Once the log has
    /// the command the write is done, whether or not the caller still waits.
    /// </summary>
    public async ValueTask<WriteOutcome> WriteAsync(Func<EdgeDocument, WriteDecision> decide, CancellationToken cancel = default)
    {
        await _writer.WaitAsync(cancel);
        try
        {
            var before = _current;
            if (_broken is not null)
                return Refused(before, new(RefusalKind.Unavailable, "the store does not accept writes any more"));
            var decision = decide(before);
            if (decision.Refusal is not null)
                return Refused(before, decision.Refusal);
            if (decision.Changes.Count == 0 && !decision.IsNote)
                return new(before, null, []);
            return await WriteAsync(before, decision);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>
    /// Judges the document in force as a write does, while writes wait: after a start the first one would have to do it. Not on the caller's time.
    /// </summary>
    public async Task PrepareAsync()
    {
        await Task.Yield();
        await _writer.WaitAsync();
        try
        {
            _check.Prepare(_current);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>The last audit lines, newest first.</summary>
    public IReadOnlyList<AuditLine> Audit()
    {
        lock (_lock)
            return _audit.NewestFirst();
    }

    /// <summary>The generations that are still known, newest first.</summary>
    public IReadOnlyList<GenerationRecord> Generations()
    {
        lock (_lock)
            return _generations.NewestFirst();
    }

    /// <summary>
    /// What brings entries from one generation to the one after all known: each entry once, as it is now. Null where the way back
    /// is not known any more, and all has to be sent.
    /// </summary>
    public IReadOnlyList<EntryChange>? ChangesSince(ulong generation, EdgeDocument document)
    {
        var last = new Dictionary<(string, string), EntryChange>();
        lock (_lock)
        {
            foreach (var record in _generations.NewestFirst())
            {
                if (record.Generation <= generation)
                    break;
                if (record.Generation > document.Generation)
                    continue;
                foreach (var change in record.Changes)
                    last.TryAdd((change.Section, change.Name), change);
            }

            if (generation > document.Generation || generation + 1 < (_generations.Oldest?.Generation ?? document.Generation + 1))
                return null;
        }

        return [.. last.Values];
    }

    /// <summary>Keys that were removed behind a generation, up to that of a document: whether or not one of their name is there again.</summary>
    public IReadOnlySet<string> KeysRemovedSince(ulong generation, EdgeDocument document)
    {
        lock (_lock)
        {
            return _generations.NewestFirst().Where(r => r.Generation > generation && r.Generation <= document.Generation).SelectMany(r => r.Changes)
                .Where(c => c.Section == "keys" && c.Value is null).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        }
    }

    /// <summary>What data planes got at a generation that is still known, with the rest as it is now; null where it is not known any more.</summary>
    public EdgeDocument? At(ulong generation)
    {
        var document = Current;
        var records = Generations();
        if (generation > document.Generation || (generation < document.Generation && records.All(r => r.Generation != generation + 1)))
            return null;
        foreach (var record in records)
        {
            if (record.Generation > document.Generation)
                continue;
            if (record.Generation <= generation)
                break;
            document = document.With(record.Undo, document.Version, record.Generation - 1);
        }

        return document;
    }

    public void Dispose() => _writer.Dispose();

    private async ValueTask<WriteOutcome> WriteAsync(EdgeDocument before, WriteDecision decision)
    {
        var isPublished = decision.Changes.Any(c => Sections.IsPublished(c.Section));
        var faults = new FaultList();
        var warnings = new FaultList();
        var draft = before.With(decision.Changes, before.Version + 1, before.Generation + (isPublished ? 1UL : 0));
        _check.Check(before, draft, decision.Changes, decision.Sources, faults, warnings);
        if (faults.Count > 0)
            return Refused(before, new(RefusalKind.Invalid, "the document that would result has faults", faults.ToList()));
        if (decision.IsDryRun)
            return new(before, null, warnings.ToList());
        var command = new EdgeCommand(decision.Audit!, decision.Changes);
        var bytes = EdgeCodec.Write(command);
        if (bytes.Length > ICommandLog.CommandBytesMax)
            return Refused(before, new(RefusalKind.TooLarge, $"the change is larger than {ICommandLog.CommandBytesMax >> 20} MiB"));
        try
        {
            // Not cancelled with the caller: it may be stored by then, and what is stored is published.
            Apply(command, await _log.AppendAsync(bytes, CancellationToken.None));
            _check.Accept(before, decision.Changes);
        }
        catch (IOException e)
        {
            _broken = e;
            return Refused(before, new(RefusalKind.Unavailable, "the store could not take the write"));
        }

        await SaveAsync();
        return new(_current, null, warnings.ToList());
    }

    /// <summary>A state now and then; the log is as good without it, only longer.</summary>
    private async ValueTask SaveAsync()
    {
        if (++_commandsSinceState < CommandsPerStateMax)
            return;
        SavedState state;
        lock (_lock)
            state = new(_current, _audit.OldestFirst(), _generations.OldestFirst());
        try
        {
            await _log.SaveStateAsync(_current.Version, EdgeCodec.Write(state), CancellationToken.None);
            _commandsSinceState = 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The write itself is durable and published. If the log is broken, too, the next one finds out.
            _commandsSinceState -= CommandsBeforeRetry;
            OnFault?.Invoke("the state cannot be saved, and the log grows: " + e.Message);
        }
    }

    private void Restore(SavedState saved, ulong through)
    {
        if (saved.Document.Version != through)
            throw new InvalidDataException($"the state of command {saved.Document.Version} was saved as that of {through}");
        _current = saved.Document;
        foreach (var line in saved.Audit)
            _audit.Add(line);
        foreach (var generation in saved.Generations)
            _generations.Add(generation);
    }

    private void Apply(EdgeCommand command, ulong sequence)
    {
        var before = _current;
        if (sequence != before.Version + 1)
            throw new InvalidDataException($"command {sequence} follows command {before.Version}");
        var published = command.Changes.Where(c => Sections.IsPublished(c.Section)).ToList();
        var generation = before.Generation + (published.Count > 0 ? 1UL : 0);
        var line = new AuditLine(sequence, published.Count > 0 ? generation : 0, command.Audit);
        var undo = published.ConvertAll(c => new EntryChange(c.Section, c.Name, before.Find(c.Section, c.Name)?.Value));
        var after = before.With(command.Changes, sequence, generation);
        TaskCompletionSource changed;
        lock (_lock)
        {
            _audit.Add(line);
            if (published.Count > 0)
                _generations.Add(new(generation, line, published, undo));
            _current = after;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }

    private (EdgeDocument Document, Task Changed) Look()
    {
        lock (_lock)
            return (_current, _changed.Task);
    }

    private static long Weight(GenerationRecord generation) => Weight(generation.Changes) + Weight(generation.Undo);

    private static long Weight(IReadOnlyList<EntryChange> changes) => changes.Sum(c => 100L + (c.Value?.Json.Length ?? 0));

    private static WriteOutcome Refused(EdgeDocument before, WriteRefusal refusal) => new(before, refusal, []);
}
