using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// Keys by the SHA-256 of their secret. Immutable, in 256 shards by the digest's first byte: a table with some keys changed shares all
/// shards but theirs with the one before.
/// </summary>
internal sealed class KeyTable
{
    public const int Shards = 256;

    /// <summary>Nobody's, to take nothing out.</summary>
    public static readonly IReadOnlySet<string> NoNames = new HashSet<string>();

    private readonly KeyShard[] _shards;

    /// <summary>A table of keys that are made already; their digests must differ.</summary>
    public KeyTable(IReadOnlyList<KeyModel> keys)
        : this(Empty.Edit(NoNames, [.. Entries(keys)])?._shards ?? throw new ArgumentException("two keys have the same digest", nameof(keys)))
    {
    }

    private KeyTable(KeyShard[] shards)
    {
        _shards = shards;
        foreach (var shard in shards)
        {
            Size += shard.Entries.Length;
            Count += shard.Known;
        }
    }

    public static KeyTable Empty { get; } = new(NoShards());

    /// <summary>How many secrets are known for now.</summary>
    public int Count { get; }

    /// <summary>How many there are, with those that are disabled.</summary>
    public int Size { get; }

    /// <summary>The key whose digest is <paramref name="sha256"/> (32 bytes), or null.</summary>
    public KeyModel? Find(ReadOnlySpan<byte> sha256) => _shards[sha256[0]].Find(KeyDigest.Of(sha256));

    /// <summary>The shard of a digest's first byte: the same object in two tables finds the same in both.</summary>
    public KeyShard Shard(int first) => _shards[first];

    /// <summary>The secrets that keys had before, by the keys' names.</summary>
    public Dictionary<string, KeyEntry> Previous()
    {
        var previous = new Dictionary<string, KeyEntry>(StringComparer.Ordinal);
        foreach (var shard in _shards)
        {
            foreach (ref readonly var entry in shard.Entries)
            {
                if (entry.IsPrevious)
                    previous[entry.Name] = entry;
            }
        }

        return previous;
    }

    /// <summary>What becomes of the table by a change; null where two keys would have the same digest.</summary>
    /// <param name="gone">Names whose entries are taken out.</param>
    /// <param name="added">What is put in, all of keys whose names are not there any more.</param>
    public KeyTable? Edit(IReadOnlySet<string> gone, List<KeyEntry> added)
    {
        var leaving = new int[Shards];
        var coming = new int[Shards];
        CountLeaving(gone, leaving);
        foreach (ref readonly var entry in CollectionsMarshal.AsSpan(added))
            coming[entry.Digest.First]++;
        var fresh = new KeyEntry[Shards][];
        for (var i = 0; i < Shards; i++)
        {
            if (leaving[i] + coming[i] > 0)
                fresh[i] = Stay(_shards[i].Entries, gone, leaving[i], coming[i]);
        }

        foreach (ref readonly var entry in CollectionsMarshal.AsSpan(added))
        {
            var shard = fresh[entry.Digest.First];
            shard[^coming[entry.Digest.First]--] = entry;
        }

        var shards = (KeyShard[])_shards.Clone();
        for (var i = 0; i < Shards; i++)
        {
            if (fresh[i] is not { } entries)
                continue;
            if (KeyShard.TryMake(entries) is not { } shard)
                return null;
            shards[i] = shard;
        }

        return new(shards);
    }

    /// <summary>The same keys under other policies, where <paramref name="now"/> says so; what was made of keys before is forgotten.</summary>
    public KeyTable Repoint(Dictionary<KeyPolicy, KeyPolicy> now)
    {
        var shards = new KeyShard[Shards];
        for (var i = 0; i < Shards; i++)
        {
            KeyEntry[]? moved = null;
            var entries = _shards[i].Entries;
            for (var at = 0; at < entries.Length; at++)
            {
                if (!now.TryGetValue(entries[at].Policy, out var policy) || ReferenceEquals(policy, entries[at].Policy))
                    continue;
                moved ??= entries.ToArray();
                moved[at].Policy = policy;
                moved[at].Model = null;
            }

            shards[i] = moved is null ? _shards[i] : KeyShard.TryMake(moved)!;
        }

        return new(shards);
    }

    private static KeyShard[] NoShards()
    {
        var shards = new KeyShard[Shards];
        Array.Fill(shards, KeyShard.Empty);
        return shards;
    }

    private static IEnumerable<KeyEntry> Entries(IReadOnlyList<KeyModel> keys)
    {
        var policy = new KeyPolicy();
        foreach (var key in keys)
        {
            yield return new KeyEntry
            {
                Digest = KeyDigest.Of(key.Sha256),
                Name = key.Name,
                NameHash = KeyEntry.HashOf(key.Name),
                Policy = policy,
                ExpiresUnixMs = key.ExpiresUnixMs,
                Model = key,
            };
        }
    }

    /// <summary>One look over all: where few of many are meant their hashes tell nearly all of the others apart.</summary>
    private void CountLeaving(IReadOnlySet<string> gone, int[] leaving)
    {
        if (gone.Count == 0)
            return;
        var hashes = new HashSet<int>(gone.Count);
        foreach (var name in gone)
            hashes.Add(KeyEntry.HashOf(name));
        for (var i = 0; i < Shards; i++)
        {
            foreach (ref readonly var entry in _shards[i].Entries)
            {
                if (hashes.Contains(entry.NameHash) && gone.Contains(entry.Name))
                    leaving[i]++;
            }
        }
    }

    /// <summary>The entries that stay, with room for <paramref name="coming"/> more behind them.</summary>
    private static KeyEntry[] Stay(ReadOnlySpan<KeyEntry> before, IReadOnlySet<string> gone, int leaving, int coming)
    {
        var entries = new KeyEntry[before.Length - leaving + coming];
        var at = 0;
        foreach (ref readonly var entry in before)
        {
            if (leaving == 0 || !gone.Contains(entry.Name))
                entries[at++] = entry;
        }

        return entries;
    }
}
