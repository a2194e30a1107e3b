namespace AiEdge.ControlPlane.Quota;

/// <summary>What the log says, one after the other. It belongs to its allocator, and to the thread that writes the log.</summary>
internal sealed class QuotaMemory
{
    private readonly Dictionary<BucketId, (long Window, long Ceiling)> _ceilings = [];
    private readonly Dictionary<BucketId, (long Window, long Ceiling)> _anyBefore = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The last allocator's number; 0 where there was none.</summary>
    public ulong Incarnation { get; private set; }

    /// <summary>Planes that may have leases. Guarded by the allocator.</summary>
    public HashSet<(string Id, UInt128 Epoch)> Planes { get; } = [];

    /// <summary>Those of them that have not said yet what they hold. Guarded by the allocator.</summary>
    public HashSet<(string Id, UInt128 Epoch)> Waiting { get; } = [];

    /// <summary>All that a log has.</summary>
    public static QuotaMemory Of(ReadOnlyMemory<byte> state, IEnumerable<ReadOnlyMemory<byte>> commands)
    {
        var memory = new QuotaMemory();
        foreach (var part in commands.Prepend(state))
        {
            foreach (var record in QuotaRecord.Read(part))
            {
                memory.Take(record);
                if (record.Kind == QuotaRecordKind.Plane)
                    memory.Planes.Add((record.Plane, record.Epoch));
                else if (record.Kind == QuotaRecordKind.Gone)
                    memory.Planes.Remove((record.Plane, record.Epoch));
            }
        }

        foreach (var (id, ceiling) in memory._ceilings.Where(static known => known.Key.IsAny))
            memory._anyBefore.Add(id, ceiling);
        memory.Waiting.UnionWith(memory.Planes);
        return memory;
    }

    /// <summary>What may be out of a bucket; 0 where nothing was granted.</summary>
    /// <param name="id">Which.</param>
    /// <param name="isLevel">A rate's, or that of places, is at least what may be out of any bucket of its limit.</param>
    public (long Window, long Ceiling) CeilingOf(in BucketId id, bool isLevel)
    {
        lock (_gate)
        {
            var named = Named(id);
            var own = _ceilings.GetValueOrDefault(named);
            return isLevel && _ceilings.GetValueOrDefault(named.ToAny()) is { Window: 0 } any && any.Ceiling > own.Ceiling ? (own.Window, any.Ceiling) : own;
        }
    }

    /// <summary>What may be out of any bucket of a limit, up to a window.</summary>
    public (long Window, long Ceiling) AnyOf(in BucketId id)
    {
        lock (_gate)
            return _ceilings.GetValueOrDefault(Named(id).ToAny());
    }

    /// <summary>The same, as it was in the log when that was read; under the name that the limit had then, or has.</summary>
    public (long Window, long Ceiling) AnyBefore(in BucketId id)
    {
        lock (_gate)
            return _anyBefore.GetValueOrDefault(Named(id).ToAny());
    }

    public void Take(in QuotaRecord record)
    {
        if (record.Kind == QuotaRecordKind.Start)
            Incarnation = record.Incarnation;
        if (record.Kind == QuotaRecordKind.Renamed)
            Rename(record.Plane, record.Bucket.Limit);
        if (!record.IsOfBucket)
            return;
        lock (_gate)
        {
            var id = Named(record.Bucket);
            var known = _ceilings.GetValueOrDefault(id);
            if (record.Kind == QuotaRecordKind.Lowered || record.Window > known.Window || record.Window == known.Window && record.Ceiling > known.Ceiling)
                _ceilings[id] = (record.Window, record.Ceiling);
        }
    }

    /// <summary>The name under which a limit of that name goes on: its own where it was not renamed.</summary>
    public string NameOf(string limit)
    {
        lock (_gate)
            return Named(limit);
    }

    /// <summary>Names that go on under others.</summary>
    public List<string> Renamed()
    {
        lock (_gate)
            return [.. _names.Keys];
    }

    /// <summary>The buckets of a limit.</summary>
    public List<BucketId> Of(string limit)
    {
        lock (_gate)
            return [.. _ceilings.Keys.Where(id => id.Limit == limit && !id.IsAny)];
    }

    public byte[] Save()
    {
        var records = new List<QuotaRecord> { QuotaRecord.Of(Incarnation) };
        lock (_gate)
        {
            foreach (var (from, to) in _names)
                records.Add(QuotaRecord.Renamed(from, to));
            foreach (var (id, (window, ceiling)) in _ceilings)
                records.Add(QuotaRecord.Of(id, window, ceiling));
        }

        foreach (var (id, epoch) in Planes)
            records.Add(QuotaRecord.Of(id, epoch, isThere: true));
        return QuotaRecord.Write(records);
    }

    /// <summary>
    /// What was on its way under the old name is the new one's, too (<see cref="Named(string)"/>), and what the new one has of its own stays: so it may be
    /// said again, at any time after the first.
    /// </summary>
    private void Rename(string from, string to)
    {
        lock (_gate)
        {
            if (to.Length == 0)
            {
                _names.Remove(from);
                return;
            }

            foreach (var id in _ceilings.Keys.Where(id => id.Limit == from).ToList())
            {
                _ceilings.Remove(id, out var ceiling);
                Add(_ceilings, id with { Limit = to }, ceiling);
            }

            foreach (var id in _anyBefore.Keys.Where(id => id.Limit == from).ToList())
                Add(_anyBefore, id with { Limit = to }, _anyBefore[id]);

            _names.Remove(to);
            _names[from] = to;
        }
    }

    /// <summary>What is there stays; of what may be out of any bucket, that of the old name's buckets goes on beside it.</summary>
    private static void Add(Dictionary<BucketId, (long Window, long Ceiling)> ceilings, in BucketId id, (long Window, long Ceiling) ceiling)
    {
        if (!ceilings.TryAdd(id, ceiling) && id.IsAny && ceilings[id] is var known)
            ceilings[id] = (Math.Max(known.Window, ceiling.Window), Math.Max(known.Ceiling, ceiling.Ceiling));
    }

    private BucketId Named(in BucketId id) => _names.Count == 0 ? id : id with { Limit = Named(id.Limit) };

    /// <summary>A name leads to no name before it: one that is taken again leads nowhere any more.</summary>
    private string Named(string limit)
    {
        while (_names.TryGetValue(limit, out var next))
            limit = next;
        return limit;
    }
}
