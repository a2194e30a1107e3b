using System.Runtime.InteropServices;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// Turns ordered tokens into the bytes that <see cref="VocabularyTables"/> uses as they lie. The same tokens give the same bytes, everywhere.
/// </summary>
internal sealed unsafe class VocabularyCompiler
{
    private readonly MergeOrder _order;
    private readonly byte[][] _sections = new byte[(int)VocabularySection.Count][];
    private readonly uint[] _header = new uint[VocabularyLayout.HeaderBytes / sizeof(uint)];
    private readonly uint[] _places;
    private int _placeCount;

    private VocabularyCompiler(MergeOrder order)
    {
        _order = order;
        _places = new uint[order.Bytes.Length];
        Array.Fill(_sections, []);
    }

    /// <summary>Compiles tokens that are in order.</summary>
    public static byte[] Compile(MergeOrder order)
    {
        var compiler = new VocabularyCompiler(order);
        compiler.AddShort();
        compiler.AddMiddle();
        compiler.AddLong();
        compiler._sections[(int)VocabularySection.Places] = Packed.Numbers(compiler._places);
        compiler.AddPairs();
        compiler.AddTries();
        compiler.AddIds();
        return compiler.Write();
    }

    private List<int> Of(int bytesMin, int bytesMax)
    {
        var tokens = new List<int>();
        for (var i = 0; i < _order.Bytes.Length; i++)
        {
            if (_order.Bytes[i].Length >= bytesMin && _order.Bytes[i].Length <= bytesMax)
                tokens.Add(i);
        }

        return tokens;
    }

    private void AddShort()
    {
        var tokens = Of(1, PieceKey.ShortBytesMax);
        var keys = new ulong[tokens.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            fixed (byte* bytes = _order.Bytes[tokens[i]])
                keys[i] = PieceKey.Short(bytes, _order.Bytes[tokens[i]].Length);
        }

        var hash = PerfectHashBuilder.Build(keys.Length, (i, seed) => PieceKey.Hash(keys[i], seed));
        var slots = new ulong[hash.SlotCount];
        for (var i = 0; i < keys.Length; i++)
            slots[hash.Slots[i]] = keys[i];
        Set(VocabularySection.ShortKeys, slots);
        _sections[(int)VocabularySection.ShortTokens] = AddHash(0, VocabularySection.ShortPilots, hash, tokens);
    }

    private void AddMiddle()
    {
        var tokens = Of(PieceKey.ShortBytesMax + 1, PieceKey.MiddleBytesMax);
        var keys = new (ulong First, ulong Others)[tokens.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            fixed (byte* bytes = _order.Bytes[tokens[i]])
                keys[i] = (BitConverter.ToUInt64(_order.Bytes[tokens[i]]), PieceKey.MiddleRest(bytes, _order.Bytes[tokens[i]].Length));
        }

        var hash = PerfectHashBuilder.Build(keys.Length, (i, seed) => PieceKey.Hash(keys[i].First, keys[i].Others, seed));
        var slots = new ulong[2 * hash.SlotCount];
        for (var i = 0; i < keys.Length; i++)
            (slots[2 * hash.Slots[i]], slots[(2 * hash.Slots[i]) + 1]) = keys[i];
        Set(VocabularySection.MiddleKeys, slots);
        _sections[(int)VocabularySection.MiddleTokens] = AddHash(1, VocabularySection.MiddlePilots, hash, tokens);
    }

    private void AddLong()
    {
        var tokens = Of(PieceKey.MiddleBytesMax + 1, int.MaxValue);
        ulong HashOf(int i, ulong seed)
        {
            var bytes = _order.Bytes[tokens[i]];
            fixed (byte* start = bytes)
                return PieceKey.Hash(start, bytes.Length, seed);
        }

        var hash = PerfectHashBuilder.Build(tokens.Count, HashOf);
        var slots = new LongSlot[hash.SlotCount];
        var text = new List<byte>();
        for (var i = 0; i < tokens.Count; i++)
        {
            var bytes = _order.Bytes[tokens[i]];
            slots[hash.Slots[i]] = new LongSlot((uint)(HashOf(i, hash.Seed) >> 32), (uint)tokens[i], (uint)text.Count, (uint)bytes.Length);
            text.AddRange(bytes);
        }

        AddHash(2, VocabularySection.LongPilots, hash, tokens);
        Set(VocabularySection.LongSlots, slots);
        _sections[(int)VocabularySection.LongBytes] = [.. text];
    }

    /// <summary>Adds a hash and, if its keys are tokens, says where they are; gives the tokens by slot.</summary>
    private byte[] AddHash(int index, VocabularySection pilots, PerfectHashBuilder hash, List<int>? tokens)
    {
        var word = VocabularyLayout.FirstHashWord + (index * VocabularyLayout.WordsPerHash);
        _header[word] = (uint)hash.Seed;
        _header[word + 1] = (uint)(hash.Seed >> 32);
        _header[word + 2] = (uint)hash.SlotCount;
        Set(pilots, hash.Pilots);
        if (tokens is null)
            return [];
        var slots = new uint[hash.SlotCount];
        for (var i = 0; i < tokens.Count; i++)
        {
            slots[hash.Slots[i]] = (uint)tokens[i];
            _places[tokens[i]] = (uint)_placeCount + hash.Slots[i];
        }

        // The slots of all three tables are counted through.
        _placeCount += hash.SlotCount;
        return Packed.Numbers(slots);
    }

    private void AddPairs()
    {
        var made = new List<int>();
        for (var i = 0; i < _order.Splits.Length; i++)
        {
            if (_order.Splits[i] != Packed.NoPair)
                made.Add(i);
        }

        var hash = PerfectHashBuilder.Build(made.Count, (i, seed) => PieceKey.Hash(_order.Splits[made[i]], seed));
        AddHash(3, VocabularySection.PairPilots, hash, null);
        var mask = VocabularyTables.PairTokenMask(_order.Bytes.Length);
        var slots = new uint[hash.SlotCount];
        for (var i = 0; i < made.Count; i++)
        {
            var tag = (uint)(PieceKey.Hash(_order.Splits[made[i]], hash.Seed) >> 32);
            slots[hash.Slots[i]] = (uint)made[i] | (tag & ~mask);
        }

        Set(VocabularySection.PairSlots, slots);
        _sections[(int)VocabularySection.Splits] = Packed.Pairs(_order.Splits);
    }

    private void AddTries()
    {
        // Only what merges can make is ever looked for in the midst of a text.
        var tokens = new List<int>();
        for (var i = 0; i < _order.Bytes.Length; i++)
        {
            if (_order.Bytes[i].Length == 1 || _order.Splits[i] != Packed.NoPair)
                tokens.Add(i);
        }

        var forward = new byte[tokens.Count][];
        var backward = new byte[tokens.Count][];
        for (var i = 0; i < forward.Length; i++)
        {
            forward[i] = _order.Bytes[tokens[i]];
            backward[i] = [.. forward[i]];
            Array.Reverse(backward[i]);
        }

        Set(VocabularySection.Forward, TokenTrieBuilder.Build(forward, [.. tokens]));
        Set(VocabularySection.Backward, TokenTrieBuilder.Build(backward, [.. tokens]));
    }

    private void AddIds()
    {
        var order = new uint[_order.Ids.Length];
        var isSame = true;
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = (uint)i;
            isSame &= _order.Ids[i] == i;
        }

        if (isSame)
            return;
        Array.Sort([.. _order.Ids], order);
        Set(VocabularySection.Ids, _order.Ids);
        Set(VocabularySection.IdOrder, order);
    }

    private void Set<T>(VocabularySection section, T[] values)
        where T : unmanaged =>
        _sections[(int)section] = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private byte[] Write()
    {
        long end = VocabularyLayout.HeaderBytes;
        for (var i = 0; i < _sections.Length; i++)
        {
            _header[VocabularyLayout.FirstSectionWord + (2 * i)] = (uint)end;
            _header[VocabularyLayout.FirstSectionWord + (2 * i) + 1] = (uint)_sections[i].Length;
            end = (end + _sections[i].Length + VocabularyLayout.SectionAlignment - 1) & -VocabularyLayout.SectionAlignment;
        }

        var lengthMax = 0;
        foreach (var bytes in _order.Bytes)
            lengthMax = Math.Max(lengthMax, bytes.Length);
        _header[VocabularyLayout.MagicWord] = VocabularyLayout.Magic;
        _header[VocabularyLayout.VersionWord] = VocabularyLayout.Version;
        _header[VocabularyLayout.TokenCountWord] = (uint)_order.Bytes.Length;
        _header[VocabularyLayout.LengthMaxWord] = (uint)lengthMax;
        _header[VocabularyLayout.ByteCountWord] = (uint)end;

        // Pinned for its life: the tables point into it.
        var blob = GC.AllocateArray<byte>((int)end, pinned: true);
        MemoryMarshal.AsBytes(_header.AsSpan()).CopyTo(blob);
        for (var i = 0; i < _sections.Length; i++)
            _sections[i].CopyTo(blob.AsSpan((int)_header[VocabularyLayout.FirstSectionWord + (2 * i)]));
        return blob;
    }
}
