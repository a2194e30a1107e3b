namespace AiEdge.Tokenization.Vocabularies;

/// <summary>Lays tokens out as a <see cref="TokenTrie"/>.</summary>
internal sealed class TokenTrieBuilder
{
    private const int BlockUnits = 256;

    // How many free units are tried for the children of one node before a new block is begun.
    private const int AttemptsMax = 512;

    private readonly byte[][] _keys;
    private readonly int[] _tokens;
    private readonly List<ulong> _units = [];
    private readonly List<bool> _isBase = [];

    // A ring of the free units through their own numbers; -1 where a unit is taken.
    private readonly List<int> _nextFree = [];
    private readonly List<int> _previousFree = [];
    private int _firstFree = -1;

    private TokenTrieBuilder(byte[][] keys, int[] tokens)
    {
        _keys = keys;
        _tokens = tokens;
    }

    /// <summary>Builds from tokens' bytes in walking order, which are sorted here, and their numbers.</summary>
    public static ulong[] Build(byte[][] keys, int[] tokens)
    {
        Array.Sort(keys, tokens, ByteOrder.Instance);
        var builder = new TokenTrieBuilder(keys, tokens);
        builder.AddBlock();

        // The root's children are the 256 bytes themselves: its base is 0, and the whole first block is theirs.
        for (var i = 0; i < BlockUnits; i++)
            builder.Take(i);
        builder._isBase[0] = true;
        builder.Place(0, 0, keys.Length, 0);
        return [.. builder._units];
    }

    /// <summary>
    /// Fills the children of the node whose base is <paramref name="start"/> with keys that agree in their first <paramref name="depth"/> bytes.
    /// </summary>
    private void Place(int start, int from, int to, int depth)
    {
        for (var at = from; at < to;)
        {
            var label = _keys[at][depth];
            var end = at + 1;
            while (end < to && _keys[end][depth] == label)
                end++;
            _units[start ^ label] = end - at == 1 ? Leaf(at, depth + 1) : Node(at, end, depth + 1);
            at = end;
        }
    }

    private ulong Leaf(int at, int depth)
    {
        var key = _keys[at];
        var unit = key[depth - 1] | (ulong)TokenTrie.LeafBit | ((ulong)(_tokens[at] + 1) << TokenTrie.TokenShift);
        for (var i = 0; i < TokenTrie.TailBytesInside && depth + i < key.Length; i++)
            unit |= (ulong)key[depth + i] << (TokenTrie.TailShift + (8 * i));
        return unit | ((ulong)(key.Length - depth) << TokenTrie.TailLengthShift);
    }

    private ulong Node(int from, int to, int depth)
    {
        ulong unit = _keys[from][depth - 1];
        if (_keys[from].Length == depth)
        {
            unit |= (ulong)(_tokens[from] + 1) << TokenTrie.TokenShift;
            from++;
        }

        var start = FindBase(from, to, depth);
        _isBase[start] = true;
        for (var i = from; i < to; i++)
        {
            if (i == from || _keys[i][depth] != _keys[i - 1][depth])
                Take(start ^ _keys[i][depth]);
        }

        Place(start, from, to, depth);
        return unit | ((ulong)start << TokenTrie.BaseShift);
    }

    private int FindBase(int from, int to, int depth)
    {
        var first = _keys[from][depth];
        var free = _firstFree;
        for (var attempt = 0; attempt < AttemptsMax && free >= 0; attempt++)
        {
            var start = free ^ first;
            if (!_isBase[start] && AreFree(start, from, to, depth))
                return start;
            free = _nextFree[free];
            if (free == _firstFree)
                break;
        }

        var block = _units.Count;
        AddBlock();
        return block;
    }

    private bool AreFree(int start, int from, int to, int depth)
    {
        for (var i = from; i < to; i++)
        {
            if (_nextFree[start ^ _keys[i][depth]] < 0)
                return false;
        }

        return true;
    }

    private void AddBlock()
    {
        for (var i = 0; i < BlockUnits; i++)
        {
            var unit = _units.Count;
            _units.Add(TokenTrie.NoLabel);
            _isBase.Add(false);
            if (_firstFree < 0)
            {
                _firstFree = unit;
                _nextFree.Add(unit);
                _previousFree.Add(unit);
                continue;
            }

            var last = _previousFree[_firstFree];
            _nextFree.Add(_firstFree);
            _previousFree.Add(last);
            _nextFree[last] = unit;
            _previousFree[_firstFree] = unit;
        }
    }

    private void Take(int unit)
    {
        var next = _nextFree[unit];
        if (next == unit)
        {
            _firstFree = -1;
        }
        else
        {
            _nextFree[_previousFree[unit]] = next;
            _previousFree[next] = _previousFree[unit];
            if (_firstFree == unit)
                _firstFree = next;
        }

        _nextFree[unit] = -1;
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
