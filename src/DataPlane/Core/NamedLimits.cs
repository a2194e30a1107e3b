using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>What a request asks of an account: so much, of one of its provider's models.</summary>
/// <param name="cost">What it takes.</param>
/// <param name="model">The name that the provider is asked by, where a rule passes on the client's; else empty.</param>
internal readonly ref struct AccountAsk(AccountCost cost, ReadOnlySpan<byte> model)
{
    public AccountCost Cost { get; } = cost;

    public ReadOnlySpan<byte> Model { get; } = model;

    /// <summary>Of the model's name; 0 for none.</summary>
    public ulong Hash { get; } = model.IsEmpty ? 0 : StableHash.Of(model);
}

/// <summary>An account's limits for one model, under the provider's name of it.</summary>
internal sealed record NamedLimit(string Name, byte[] Utf8, AccountLimits Limits);

/// <summary>
/// An account's limits for models whose names clients choose, since a rule passes them on: those that the configuration names elsewhere for the
/// provider, and of others so many as <see cref="LearntMax"/>. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads, no lock; to find one allocates nothing. A client may name what it likes: only a name that the provider has
/// served, and told limits of, has a place; all places taken, it gets that of the one that was idle longest, and none while all are in use. So whoever
/// names many pushes out nobody who is paced. Memory order: a table never changes once it is published, by compare-and-swap from the one that it
/// was made from: of two who add, the later one begins again and finds what the other has added. Who took a name's limits from the table before
/// goes on with them where they have just been replaced: he is unpaced by others for that one request.
/// </remarks>
internal sealed class NamedLimits
{
    /// <summary>Names that are learnt of an account, besides those of its configuration.</summary>
    public const int LearntMax = 64;

    /// <summary>Who was not asked for as long may be replaced, in milliseconds: most limits are back by then.</summary>
    public const long IdleMs = 60_000;

    private Table _table = new([], []);

    /// <summary>Those that were learnt; another list as soon as they are others.</summary>
    public IReadOnlyList<NamedLimit> Learnt => Volatile.Read(ref _table).Learnt;

    /// <summary>What there is of the limits of a model; null where nothing is.</summary>
    public AccountLimits? Find(in AccountAsk ask) => ask.Model.IsEmpty ? null : Volatile.Read(ref _table).Find(ask);

    /// <summary>The provider has served a model and told limits of it: where they are kept; null where there is no place for them.</summary>
    /// <param name="ask">Whose name; one that is not printable ASCII has no place.</param>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public AccountLimits? Add(in AccountAsk ask, long nowMs)
    {
        if (ask.Model.IsEmpty || ask.Model.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) >= 0)
            return null;
        while (true)
        {
            var table = Volatile.Read(ref _table);
            if (table.Find(ask) is { } known)
                return known;
            var place = table.Learnt.Length < LearntMax ? table.Learnt.Length : table.IdlePlace(nowMs);
            if (place < 0)
                return null;
            var added = new AccountLimits();
            added.Use(nowMs);
            NamedLimit[] learnt = [.. table.Learnt[..place], Named(ask.Model, added), .. table.Learnt.AsSpan(Math.Min(place + 1, table.Learnt.Length))];
            if (Interlocked.CompareExchange(ref _table, new Table(table.Configured, learnt), table) == table)
                return added;
        }
    }

    /// <summary>A new configuration names these; null where it passes on nobody's names, so that what was learnt of them is forgotten.</summary>
    public void Configure(List<(string Name, AccountLimits Limits)>? named)
    {
        NamedLimit[] configured = named is null ? [] : [.. named.ConvertAll(static one => Named(Encoding.UTF8.GetBytes(one.Name), one.Limits))];
        while (true)
        {
            var table = Volatile.Read(ref _table);
            var learnt = named is null ? [] : Array.FindAll(table.Learnt, one => !Array.Exists(configured, other => other.Name == one.Name));
            if (Interlocked.CompareExchange(ref _table, new Table(configured, learnt), table) == table)
                return;
        }
    }

    private static NamedLimit Named(ReadOnlySpan<byte> name, AccountLimits limits) => new(Encoding.UTF8.GetString(name), name.ToArray(), limits);

    private sealed class Table(NamedLimit[] configured, NamedLimit[] learnt)
    {
        private readonly ulong[] _hashes = Hashes(configured, learnt);

        public NamedLimit[] Configured { get; } = configured;

        public NamedLimit[] Learnt { get; } = learnt;

        public AccountLimits? Find(in AccountAsk ask)
        {
            for (var rest = _hashes.AsSpan(); rest.IndexOf(ask.Hash) is >= 0 and var next; rest = rest[(next + 1)..])
            {
                var place = _hashes.Length - rest.Length + next;
                var found = place < Configured.Length ? Configured[place] : Learnt[place - Configured.Length];
                if (ask.Model.SequenceEqual(found.Utf8))
                    return found.Limits;
            }

            return null;
        }

        /// <summary>The place of the one that was idle longest; -1 where all are in use.</summary>
        public int IdlePlace(long nowMs)
        {
            var (place, longest) = (-1, IdleMs - 1);
            for (var i = 0; i < Learnt.Length; i++)
            {
                if (Learnt[i].Limits.IdleMs(nowMs) is var ms && ms > longest)
                    (place, longest) = (i, ms);
            }

            return place;
        }

        private static ulong[] Hashes(NamedLimit[] configured, NamedLimit[] learnt)
        {
            var hashes = new ulong[configured.Length + learnt.Length];
            for (var i = 0; i < hashes.Length; i++)
                hashes[i] = StableHash.Of((i < configured.Length ? configured[i] : learnt[i - configured.Length]).Utf8);
            return hashes;
        }
    }
}
