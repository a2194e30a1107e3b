namespace AiEdge.ControlPlane.Quota;

/// <summary>Which bucket an ask is of: by the limits in force, and under the names that they had.</summary>
/// <remarks>
/// A limit that goes on with another's use (<c>was:</c>) is given that's buckets, and from then on the old name leads to the new one, for planes that do
/// not know of it yet, and over restarts. One record says both, so that there is no moment at which neither has what was used, or both; until it is in the
/// log nothing is granted. Where the log does not have it, the document still says it, and it is done anew. Buckets are looked for and made under the
/// lock under which limits are renamed: none comes back under a name that is gone.
/// </remarks>
internal sealed partial class QuotaAllocator
{
    private QuotaBucket? Find(BucketId id, Moment now)
    {
        lock (_finding)
        {
            Rename();
            var generation = _rules.Generation;
            if (_buckets.TryGetValue(id, out var bucket) && Volatile.Read(ref bucket.Generation) == generation)
                return bucket;
            var rule = _rules.Find(id);
            if (rule is null && bucket is not null)
                Drop(bucket);
            if (rule is null && Named(id) is var named && named != id)
            {
                (id, rule) = (named, _rules.Find(named));
                bucket = _buckets.GetValueOrDefault(id);
            }

            if (rule is null)
                return null;

            bucket ??= _buckets.GetOrAdd(id, Make(id, rule, now));
            lock (bucket.Gate)
            {
                if (bucket.Rule.Kind != rule.Kind || bucket.Rule.Period != rule.Period)
                {
                    bucket.IsOver |= _buckets.TryUpdate(id, Make(id, rule, now), bucket);
                    bucket = _buckets.GetValueOrDefault(id) ?? bucket;
                }
                else if (bucket.Rule != rule)
                {
                    bucket.Edit(rule, now);
                }

                Volatile.Write(ref bucket.Generation, generation);
            }

            return bucket;
        }
    }

    private BucketId Named(in BucketId id) => id with { Limit = _memory.NameOf(id.Limit) };

    /// <summary>Gives limits that go on with another's use what is that's, once for each generation. True if the log has to hear of it.</summary>
    private bool Rename()
    {
        var generation = _rules.Generation;
        if (_renamedGeneration == generation)
            return false;
        _renamedGeneration = generation;
        var isNew = false;
        foreach (var name in _memory.Renamed())
        {
            if (_rules.IsLimit(name))
                isNew |= Say(QuotaRecord.Renamed(name, ""));
        }

        foreach (var (from, to) in _rules.Renames)
        {
            // Once: what is used under the old name afterwards, by planes that do not know yet, is the new one's anyway.
            if (_memory.NameOf(from) != from || _rules.IsLimit(from))
                continue;
            _unwritten.Add(to);
            isNew |= Say(QuotaRecord.Renamed(from, to));
            foreach (var (id, bucket) in _buckets)
            {
                if (id.Limit == from)
                    Move(bucket, id with { Limit = to });
            }
        }

        return isNew;
    }

    /// <summary>A bucket goes on as another, if that is one of the same kind and not there yet.</summary>
    private void Move(QuotaBucket bucket, in BucketId next)
    {
        var rule = _rules.Find(next);
        lock (bucket.Gate)
        {
            _buckets.TryRemove(bucket.Id, out _);
            if (rule is null || rule.Kind != bucket.Rule.Kind || rule.Period != bucket.Rule.Period || !_buckets.TryAdd(next, bucket))
                bucket.IsOver = true;
            else
                bucket.Rename(next);
        }
    }

    private void Drop(QuotaBucket bucket)
    {
        lock (bucket.Gate)
        {
            bucket.IsOver |= _buckets.TryRemove(bucket.Id, out _);

            // What was used by what the log says of any bucket is this one's, should its limit be there again.
            if (bucket is WindowQuota { Charged: > 0 and var charged })
                Say(QuotaRecord.Of(bucket.Id, bucket.Window, charged));
        }
    }

    private bool Say(in QuotaRecord record)
    {
        // What is asked for from now on is asked for under the new name, whether the log has heard of it or not.
        _memory.Take(record);
        lock (_raising)
            _records.Add(record);
        return true;
    }

    private void OnRenamed(string to)
    {
        lock (_finding)
        {
            _unwritten.Remove(to);
            foreach (var (id, bucket) in _buckets)
            {
                if (id.Limit != to)
                    continue;
                lock (bucket.Gate)
                    bucket.Resume();
            }
        }
    }

    private QuotaBucket Make(in BucketId id, QuotaRule rule, Moment now)
    {
        // What the log has of an earlier bucket of this process counts as well: it may be out.
        var (window, ceiling) = _memory.CeilingOf(id, isLevel: rule.Kind != QuotaKind.Window);
        QuotaBucket bucket = rule.Kind switch
        {
            QuotaKind.Rate => new RateQuota(this, id, rule, ceiling, now),
            QuotaKind.Slots => new SlotQuota(this, id, rule, ceiling),
            _ => new WindowQuota(this, id, rule, window, ceiling, now),
        };
        if (_unwritten.Contains(id.Limit))
            bucket.Suspend();
        return bucket;
    }
}
