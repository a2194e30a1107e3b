using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// What the journal's records have used of every limit that has windows: hours, days, months, and all that counts money. Buckets are
/// rebuilt from it at a start. Rates are not in it: they start without burst.
/// </summary>
/// <remarks>
/// Fed with each record that closes an exchange, by the journal's thread alone, in the order of the journal; so what the checkpoint
/// holds and the number up to which it holds it always agree. A record is charged to the window in which its exchange ended: the
/// live buckets may have drawn a part of that in the window before, so a restart may find more used, and never less. What a limit
/// that only measures has let pass beyond its amount is not use of it, and is left out as it is in the live bucket.
/// </remarks>
internal sealed class LimitLedger
{
    private readonly Dictionary<LedgerKey, LedgerBucket> _buckets = [];

    /// <summary>Buckets by the parts of the configurations in use, so that none has to be looked for by name for each record.</summary>
    private readonly Dictionary<(LimitPart Part, string Value, int Share), LedgerBucket> _known = [];

    /// <summary>By a part's place the bucket that was charged last: mostly it is charged again.</summary>
    private LastCharged[] _last = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<ReplayKey, List<LimitPart>> _bound = [];

    /// <summary>Limits of configurations that came, oldest first; each is taken before the first record of it is charged.</summary>
    private readonly ConcurrentQueue<LimitTable> _coming = new();
    private LimitTable _newest;
    private LimitTable _table;
    private Dictionary<LedgerKey, LimitPart> _names;

    public LimitLedger(ConfigSnapshot config)
    {
        _newest = _table = config.LimitTable;
        _names = NamesOf(_table);
    }

    /// <summary>Whether it holds what the last checkpoint does not.</summary>
    public bool IsChanged
    {
        get => field || !_coming.IsEmpty;
        private set;
    }

    /// <summary>The buckets that limits in force have, with their use, and what of it is each share's.</summary>
    public IEnumerable<(LedgerKey Key, BucketCheckpoint Used, (string Share, BucketCheckpoint Used)[] Shares)> InForce
    {
        get
        {
            foreach (var (key, used) in Uses)
            {
                if (_names.TryGetValue(key with { Value = "" }, out var part) && LedgerKey.Of(part, key.Value) == key)
                    yield return (key, used, [.. SharesOf(part, key.Value)]);
            }
        }
    }

    /// <summary>Every bucket with its use.</summary>
    public IEnumerable<(LedgerKey Key, BucketCheckpoint Used)> Uses
    {
        get
        {
            foreach (var (key, bucket) in _buckets)
                yield return (key, bucket.Checkpoint);
        }
    }

    /// <summary>A new configuration is about to be in force; false where its limits are the ones before. Called by any thread.</summary>
    public bool Use(ConfigSnapshot config)
    {
        if (ReferenceEquals(Interlocked.Exchange(ref _newest, config.LimitTable), config.LimitTable))
            return false;
        _coming.Enqueue(config.LimitTable);
        return true;
    }

    /// <summary>Begins with what a checkpoint says.</summary>
    public void Load(LedgerCheckpoint checkpoint, long nowUnixMs)
    {
        foreach (var bucket in checkpoint.Buckets)
            Add(bucket);
        Adopt(nowUnixMs);
    }

    /// <summary>Charges a record that has closed an exchange, or an attempt before its last.</summary>
    public void Charge(ExchangeRecord record, JournalKind kind)
    {
        if (record.Key is not { } key || record.Model is not { } model || record.Attempts == 0)
            return;
        TakeConfigs(record.Config.LimitTable, record.UnixMs);
        var bound = record.Config.LimitTable.Resolve(key, model);
        foreach (var part in bound.First)
            Charge(part, record, kind);
        // Of whom it turned to and did not ask, what was drawn was given back.
        if (record.Target is not { } target || (kind == JournalKind.Exchange && !record.HasAttempt))
            return;
        foreach (var part in bound.Of(target.Provider))
            Charge(part, record, kind);
    }

    /// <summary>Charges a record that is read back: what bound it then is taken from the configuration of now.</summary>
    public void Replay(JournalItem item)
    {
        if (_table.Parts.Length == 0 || item.Attempts == 0 || item[JournalText.Key].Length == 0 || item[JournalText.Rule].Length == 0)
            return;
        var bill = new Bill
        {
            InputTokens = Math.Max(0, item.InputTokens),
            CachedInputTokens = Math.Max(0, item.CachedInputTokens),
            OutputTokens = Math.Max(0, item.OutputTokens),
            CostNanodollars = Math.Max(0, item[JournalNumber.CostNanodollars]),
        };
        foreach (var part in BoundOf(item))
        {
            if (Counted(part, item.Kind) is not { } unit || (part.IsOfTarget && item is { Kind: JournalKind.Exchange, HasAttempt: false }))
                continue;
            var tag = part.Limit.PerTag is { } name ? TagOf(item, name) : null;
            var value = LimitTable.ScopeValue(
                part.Limit, item[JournalText.Key], Named(item[JournalText.Team]), item[JournalText.Rule], Named(item[JournalText.Provider]),
                Named(item[JournalText.Address]), tag);
            var share = part.Limit.ShareOf(CollectionsMarshal.AsSpan(item.Tags));
            Charge(part, value, share, LimitCharge.Of(part.Limit, unit, bill, wasSent: true), item.UnixMs);
        }
    }

    /// <summary>Everything as it is now, to be put on disk; <paramref name="sequence"/> is the number of the next record.</summary>
    public LedgerSnapshot Snapshot(long sequence, long unixMs)
    {
        TakeConfigs(null, unixMs);
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.IsOver(unixMs))
                Remove(key);
        }

        IsChanged = false;
        _bound.Clear();
        return new(sequence, new LedgerCheckpoint { Sequence = sequence, Buckets = _buckets.Values }.Format());
    }

    /// <summary>What was to be put on disk did not get there.</summary>
    public void OnLost() => IsChanged = true;

    /// <summary>
    /// The first limit whose present windows began before a moment: what was used of it earlier is not among the records that are left.
    /// Null if there is none.
    /// </summary>
    public LimitModel? FirstBefore(long oldestUnixMs, long nowUnixMs)
    {
        foreach (var part in _table.Parts)
        {
            if (part.Quantity is { IsRate: false }
                && LedgerBucket.ScheduleOf(part).At(nowUnixMs * 1_000_000).StartUnixNs < oldestUnixMs * 1_000_000)
                return part.Limit;
        }

        return null;
    }

    /// <summary>
    /// Takes the configurations that came, in their order, up to one; all of them for null. Limits that were renamed go on under their new names, and what
    /// a configuration no longer has is forgotten, as live buckets are: a limit that comes back begins anew.
    /// </summary>
    private void TakeConfigs(LimitTable? until, long nowUnixMs)
    {
        if (_coming.IsEmpty || (until is not null && !_coming.Contains(until)))
            return;
        while (!ReferenceEquals(_table, until) && _coming.TryDequeue(out var next))
        {
            _table = next;
            _names = NamesOf(next);
            Adopt(nowUnixMs);
        }
    }

    private void Adopt(long nowUnixMs)
    {
        ForgetKnown();
        var old = OldNames();
        foreach (var bucket in (LedgerBucket[])[.. _buckets.Values])
        {
            var name = bucket.Key with { Value = "" };
            if (_names.TryGetValue(name, out var part))
                bucket.Follow(part, nowUnixMs);
            else if (old.TryGetValue(name, out part))
                Rename(bucket, part, nowUnixMs);
            else
                Remove(bucket.Key);
        }

        IsChanged = true;
    }

    /// <summary>The parts that have windows by the names of their buckets, of no one in particular.</summary>
    private static Dictionary<LedgerKey, LimitPart> NamesOf(LimitTable table)
    {
        var names = new Dictionary<LedgerKey, LimitPart>();
        foreach (var part in table.Parts)
        {
            for (var share = -1; part.Quantity is { IsRate: false } && share < part.Limit.Shares.Length; share++)
                names.TryAdd(LedgerKey.Of(part, "", share), part);
        }

        return names;
    }

    /// <summary>Those of limits that have new names by their old ones.</summary>
    private Dictionary<LedgerKey, LimitPart> OldNames()
    {
        var names = new Dictionary<LedgerKey, LimitPart>();
        foreach (var (name, part) in _names)
        {
            if (part.Limit.Was is { } was && !IsLimit(was))
                names.TryAdd(name with { Limit = was }, part);
        }

        return names;
    }

    private static string? Named(string text) => text.Length == 0 ? null : text;

    /// <summary>What of a record a part counts; null for nothing. An attempt that another followed costs money at most.</summary>
    private static LimitUnit? Counted(LimitPart part, JournalKind kind) => part.Quantity switch
    {
        { IsRate: false, Unit: var unit } when kind == JournalKind.Exchange || unit == LimitUnit.Cost => unit,
        _ => null,
    };

    private static string? TagOf(JournalItem item, string name)
    {
        foreach (var (known, value) in item.ClientTags)
        {
            if (known == name)
                return value;
        }

        foreach (var (known, value) in item.Tags)
        {
            if (known == name)
                return value;
        }

        return null;
    }

    private bool IsLimit(string name) => Array.Exists(_table.Parts, part => part.Limit.Name == name);

    private void Charge(LimitPart part, ExchangeRecord record, JournalKind kind)
    {
        if (Counted(part, kind) is not { } unit)
            return;
        var tag = part.Limit.PerTag is { } name ? record.TagValue(name) : null;
        var value = LimitTable.ScopeValue(
            part.Limit, record.Key!.Name, record.Key.Team, record.Model!.Name, record.Target?.Provider.Name, record.Address, tag);
        Charge(part, value, part.Limit.ShareOf(record.Tags), LimitCharge.Of(part.Limit, unit, record.Bill, wasSent: true), record.UnixMs);
    }

    private void Charge(LimitPart part, string value, int share, long amount, long unixMs)
    {
        if (amount == 0)
            return;
        ref var last = ref LastOf(part);
        if (!ReferenceEquals(last.Part, part) || !ReferenceEquals(last.Value, value) || last.Share != share)
            last = new(part, value, share, Known(part, value, -1, unixMs), share < 0 ? null : Known(part, value, share, unixMs));
        if (part.Limit.IsShadow && (amount = Math.Min(amount, last.Bucket.RoomAt(unixMs))) <= 0)
            return;
        last.Bucket.Charge(amount, unixMs);
        last.OfShare?.Charge(amount, unixMs);
        IsChanged = true;
    }

    private IEnumerable<(string Share, BucketCheckpoint Used)> SharesOf(LimitPart part, string value)
    {
        for (var i = 0; i < part.Limit.Shares.Length; i++)
        {
            if (_buckets.TryGetValue(LedgerKey.Of(part, value, i), out var bucket))
                yield return (part.Limit.Shares[i].Name, bucket.Checkpoint);
        }
    }

    private LedgerBucket Known(LimitPart part, string value, int share, long unixMs)
    {
        if (!_known.TryGetValue((part, value, share), out var bucket))
            _known[(part, value, share)] = bucket = Find(part, value, share, unixMs);
        return bucket;
    }

    private ref LastCharged LastOf(LimitPart part)
    {
        if (part.Index >= _last.Length)
            Array.Resize(ref _last, part.Index + 1);
        return ref _last[part.Index];
    }

    private void ForgetKnown()
    {
        _known.Clear();
        Array.Clear(_last);
    }

    private LedgerBucket Find(LimitPart part, string value, int share, long unixMs)
    {
        var key = LedgerKey.Of(part, value, share);
        if (!_names.TryGetValue(key with { Value = "" }, out var inForce))
        {
            // Its limit went while the exchange was under way: nobody asks for it any more.
            var gone = LedgerBucket.New(part, key, unixMs);
            gone.Follow(part, unixMs);
            return gone;
        }

        if (!_buckets.ContainsKey(key) && part.Limit.Per is LimitScope.Ip or LimitScope.Tag
            && _counts.GetValueOrDefault(part.Limit.Name) >= part.Limit.BucketsMax * Math.Max(1, part.Limit.Quantities.Length))
            key = key with { Value = LimitTable.Other };
        if (!_buckets.TryGetValue(key, out var bucket))
            Add(bucket = LedgerBucket.New(part, key, unixMs));

        // By the part that is in force, whatever the record's own configuration had.
        bucket.Follow(inForce, unixMs);
        return bucket;
    }

    private List<LimitPart> BoundOf(JournalItem item)
    {
        var key = new ReplayKey(
            item.Epoch, item[JournalNumber.Generation], item[JournalText.Key], item[JournalText.Rule], item[JournalText.Provider]);
        if (_bound.TryGetValue(key, out var bound))
            return bound;
        bound = _table.Bind(
            item[JournalText.Key], Named(item[JournalText.Team]), Named(item[JournalText.Tier]), item.Tags, item[JournalText.Rule],
            Named(item[JournalText.Provider]));
        _bound.Add(key, bound);
        return bound;
    }

    private void Add(LedgerBucket bucket)
    {
        _buckets[bucket.Key] = bucket;
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, bucket.Key.Limit, out _)++;
    }

    private void Remove(LedgerKey key)
    {
        _buckets.Remove(key);
        _counts[key.Limit]--;
        ForgetKnown();
    }

    private void Rename(LedgerBucket bucket, LimitPart part, long nowUnixMs)
    {
        Remove(bucket.Key);
        bucket.Key = bucket.Key with { Limit = part.Limit.Name };
        bucket.Follow(part, nowUnixMs);
        if (_buckets.TryGetValue(bucket.Key, out var there))
            there.Merge(bucket);
        else
            Add(bucket);
        IsChanged = true;
    }

    private readonly record struct LastCharged(LimitPart Part, string Value, int Share, LedgerBucket Bucket, LedgerBucket? OfShare);

    /// <summary>What decides which limits bind a record: a key's own fields change with the configuration alone.</summary>
    private readonly record struct ReplayKey(long Epoch, long Generation, string Key, string Rule, string Provider);
}
