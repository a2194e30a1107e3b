using System.Text;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// Brings tokens into the order in which merges make them, and finds for each the one pair that it is made from.
/// <para>
/// Merging the bytes of a token by themselves ends in that token through one last merge. Within a longer text the same bytes pass through
/// the same merges for as long as nothing merges across their edges, so no other pair can ever make the token, though other splits
/// of its bytes may be tokens too. What merging does not bring back to one token, no text brings out of merging either.
/// </para>
/// <para>
/// A token may come before a part of it (Llama 3 has ninety such): then it is made as soon as that part is, whatever waits. So each token belongs
/// to a stage, the latest rank in its making. When a stage begins nothing earlier is left to merge, and until it ends only its own
/// tokens are made; where none of them can take a part from another, the order within the stage does not matter, and parts come before wholes in it.
/// </para>
/// </summary>
internal sealed class MergeOrder
{
    private const int None = -1;

    private readonly IReadOnlyList<VocabularyEntry> _entries;

    // By entry, from here on.
    private readonly Dictionary<ulong, (int Rank, int Whole)> _pairs = [];
    private readonly Dictionary<string, int> _entryOfBytes = new(StringComparer.Ordinal);
    private readonly int[] _entryOfByte = new int[(int)VocabularyTables.ByteTokens];
    private readonly ulong[] _splits;
    private readonly int[] _ranks;
    private readonly int[] _stages;

    private readonly int[] _parts = new int[VocabularyLayout.TokenBytesMax + 1];
    private readonly (int Rank, int Whole)[] _merged = new (int, int)[VocabularyLayout.TokenBytesMax + 1];

    private MergeOrder(IReadOnlyList<VocabularyEntry> entries)
    {
        CheckEntries(entries);
        _entries = entries;
        _splits = new ulong[entries.Count];
        _ranks = new int[entries.Count];
        _stages = new int[entries.Count];
        for (var i = 0; i < entries.Count; i++)
        {
            _entryOfBytes.Add(Key(entries[i].Bytes), i);
            if (entries[i].Bytes.Length == 1)
                _entryOfByte[entries[i].Bytes[0]] = i;
        }
    }

    /// <summary>The tokens' bytes, by number.</summary>
    public byte[][] Bytes { get; private set; } = [];

    /// <summary>The tokens' ids, by number.</summary>
    public int[] Ids { get; private set; } = [];

    /// <summary>The pair each token is made from, by number; <see cref="Packed.NoPair"/> where there is none.</summary>
    public ulong[] Splits { get; private set; } = [];

    /// <summary>Orders a vocabulary whose merges follow from the ranks: two neighbours merge when their bytes together are a token.</summary>
    public static MergeOrder FromRanks(IReadOnlyList<VocabularyEntry> entries)
    {
        var order = new MergeOrder(entries);
        var ranks = new Dictionary<int, byte[]>();
        for (var i = 0; i < entries.Count; i++)
        {
            var bytes = entries[i].Bytes;
            if (bytes.Length == 1)
                continue;
            if (!ranks.TryAdd(entries[i].Rank, bytes))
                throw new VocabularyException($"The tokens {Show(ranks[entries[i].Rank])} and {Show(bytes)} have the same rank, {entries[i].Rank}.");
            var key = Key(bytes);
            for (var at = 1; at < key.Length; at++)
            {
                if (order._entryOfBytes.TryGetValue(key[..at], out var left) && order._entryOfBytes.TryGetValue(key[at..], out var right))
                    order._pairs.Add(Packed.PairOf((uint)left, (uint)right), (entries[i].Rank, i));
            }
        }

        // What nothing makes keeps its rank, so that ids that are ranks stay numbers.
        order.Make(i => entries[i].Rank);
        order.Number(keepUnmade: true);
        return order;
    }

    /// <summary>
    /// Orders a vocabulary whose merges are listed, first the ones that come first. Tokens that no merge makes stay, at the end, when a piece that is a
    /// token is looked up before it is merged; else nothing can ever give them, and they are left out.
    /// </summary>
    public static MergeOrder FromMerges(IReadOnlyList<VocabularyEntry> entries, IReadOnlyList<(int Left, int Right)> merges, bool wholePieceFirst)
    {
        var order = new MergeOrder(entries);
        var entryOfId = new Dictionary<int, int>();
        for (var i = 0; i < entries.Count; i++)
            entryOfId.Add(entries[i].Id, i);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (leftId, rightId) = merges[rank];
            if (!entryOfId.TryGetValue(leftId, out var left) || !entryOfId.TryGetValue(rightId, out var right))
                throw new VocabularyException($"Merge {rank} names the id {(entryOfId.ContainsKey(leftId) ? rightId : leftId)}, which is no token.");
            byte[] bytes = [.. entries[left].Bytes, .. entries[right].Bytes];
            if (!order._entryOfBytes.TryGetValue(Key(bytes), out var whole))
                throw new VocabularyException($"Merge {rank} makes {Show(bytes)}, which is no token.");
            if (!order._pairs.TryAdd(Packed.PairOf((uint)left, (uint)right), (rank, whole)))
                throw new VocabularyException($"Merge {rank}, which makes {Show(bytes)}, is listed twice.");
        }

        order.Make(_ => int.MaxValue);
        order.Number(wholePieceFirst);
        return order;
    }

    private static void CheckEntries(IReadOnlyList<VocabularyEntry> entries)
    {
        if (entries.Count > VocabularyLayout.TokenCountMax)
            throw new VocabularyException($"The vocabulary has {entries.Count} tokens, {VocabularyLayout.TokenCountMax} at most can be held.");
        var isByte = new bool[(int)VocabularyTables.ByteTokens];
        var ids = new HashSet<int>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var bytes = entry.Bytes;
            if (bytes is null || bytes.Length == 0)
                throw new VocabularyException($"The token with id {entry.Id} is empty.");
            if (bytes.Length > VocabularyLayout.TokenBytesMax)
                throw new VocabularyException($"The token {Show(bytes)} has {bytes.Length} bytes, {VocabularyLayout.TokenBytesMax} at most can be held.");
            if (!ids.Add(entry.Id))
                throw new VocabularyException($"The id {entry.Id} is given twice, the second time to {Show(bytes)}.");
            if (!keys.Add(Key(bytes)))
                throw new VocabularyException($"The token {Show(bytes)} is given twice, the second time with id {entry.Id}.");
            if (bytes.Length == 1)
                isByte[bytes[0]] = true;
        }

        var missing = Array.IndexOf(isByte, false);
        if (missing >= 0)
            throw new VocabularyException($"The byte 0x{missing:X2} is no token: text that has it could not be counted.");
    }

    private static string Key(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static string Show(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\uFFFD', StringComparison.Ordinal) ? "0x" + Convert.ToHexString(bytes) : "\"" + text + "\"";
    }

    /// <summary>Merges the bytes of each token by themselves, and notes through which pair, at which rank and in which stage they become the token.</summary>
    private void Make(Func<int, int> unmadeStage)
    {
        var byLength = new int[_entries.Count];
        var lengths = new int[_entries.Count];
        for (var i = 0; i < byLength.Length; i++)
            (byLength[i], lengths[i]) = (i, _entries[i].Bytes.Length);
        Array.Sort(lengths, byLength);

        // Parts are shorter than the whole, so their stages are known.
        foreach (var entry in byLength)
        {
            (_splits[entry], _ranks[entry], _stages[entry]) = (Packed.NoPair, _entries[entry].Id, int.MinValue);
            if (_entries[entry].Bytes.Length == 1)
                continue;
            if (TryMerge(_entries[entry].Bytes, out var last, out var rank))
            {
                var parts = Math.Max(_stages[Packed.Left(last)], _stages[Packed.Right(last)]);
                (_splits[entry], _ranks[entry], _stages[entry]) = (last, rank, Math.Max(rank, parts));
            }
            else
            {
                _stages[entry] = unmadeStage(entry);
            }
        }
    }

    /// <summary>Merges straight by the definition; false if more than one token is left. Gives the last merge's pair and rank.</summary>
    private bool TryMerge(byte[] bytes, out ulong last, out int rank)
    {
        var count = bytes.Length;
        (last, rank) = (Packed.NoPair, 0);
        for (var i = 0; i < count; i++)
            _parts[i] = _entryOfByte[bytes[i]];
        for (var i = 0; i + 1 < count; i++)
            _merged[i] = Merged(i);
        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                if (_merged[i].Rank < _merged[best].Rank)
                    best = i;
            }

            if (_merged[best].Whole == None)
                return false;
            (last, rank) = (Packed.PairOf((uint)_parts[best], (uint)_parts[best + 1]), _merged[best].Rank);
            _parts[best] = _merged[best].Whole;
            count--;
            for (var i = best + 1; i < count; i++)
            {
                _parts[i] = _parts[i + 1];
                _merged[i] = _merged[i + 1];
            }

            if (best > 0)
                _merged[best - 1] = Merged(best - 1);
            if (best + 1 < count)
                _merged[best] = Merged(best);
        }

        return true;
    }

    private (int Rank, int Whole) Merged(int at) =>
        _pairs.TryGetValue(Packed.PairOf((uint)_parts[at], (uint)_parts[at + 1]), out var merged) ? merged : (int.MaxValue, None);

    /// <summary>Numbers the tokens by stage, and within one by length.</summary>
    private void Number(bool keepUnmade)
    {
        var order = new List<int>();
        for (var i = 0; i < _entries.Count; i++)
        {
            if (keepUnmade || _splits[i] != Packed.NoPair || _entries[i].Bytes.Length == 1)
                order.Add(i);
        }

        order.Sort((x, y) => (_stages[x], _entries[x].Bytes.Length, _ranks[x]).CompareTo((_stages[y], _entries[y].Bytes.Length, _ranks[y])));
        CheckStages(order);
        var numbers = new uint[_entries.Count];
        for (var i = 0; i < order.Count; i++)
            numbers[order[i]] = (uint)i;
        (Bytes, Ids, Splits) = (new byte[order.Count][], new int[order.Count], new ulong[order.Count]);
        for (var i = 0; i < order.Count; i++)
        {
            Bytes[i] = _entries[order[i]].Bytes;
            Ids[i] = _entries[order[i]].Id;
            var split = _splits[order[i]];
            Splits[i] = split == Packed.NoPair ? split : Packed.PairOf(numbers[Packed.Left(split)], numbers[Packed.Right(split)]);
        }
    }

    /// <summary>
    /// Refuses stages in which one token may take from the next what that is made from: there the order of steps would matter. The token that gives the
    /// stage its rank may take it from others: it goes from left to right, and what the others wait for comes from itself farther right.
    /// </summary>
    private void CheckStages(List<int> order)
    {
        for (var from = (int)VocabularyTables.ByteTokens; from < order.Count;)
        {
            var to = from + 1;
            while (to < order.Count && _stages[order[to]] == _stages[order[from]])
                to++;
            for (var i = from; i < to; i++)
            {
                for (var j = from; j < to; j++)
                {
                    var (x, y) = (_splits[order[i]], _splits[order[j]]);
                    var isFirst = _ranks[order[i]] == _stages[order[i]];
                    if (i == j || isFirst || x == Packed.NoPair || y == Packed.NoPair || Packed.Right(x) != Packed.Left(y))
                        continue;
                    var (first, second) = (Show(_entries[order[i]].Bytes), Show(_entries[order[j]].Bytes));
                    throw new VocabularyException($"The tokens {first} and {second} are made from tokens that come after them, and from one another's parts.");
                }
            }

            from = to;
        }
    }
}
