using System.Numerics;
using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// The tables of a vocabulary over its compiled bytes, which are used where they lie. Tokens go by their number here: the 256 bytes
/// first, then all others in the order in which their merges apply; so of two tokens the one with the lower number comes into being first.
/// </summary>
internal sealed unsafe class VocabularyTables
{
    /// <summary>How many tokens are single bytes: all of them, always, and they have the lowest numbers.</summary>
    public const uint ByteTokens = 256;

    private static int _lastNumber;

    private readonly byte* _blob;
    private readonly object? _owner;
    private readonly PerfectHash _short;
    private readonly PerfectHash _middle;
    private readonly PerfectHash _long;
    private readonly PerfectHash _pair;
    private readonly ulong* _shortKeys;
    private readonly ulong* _middleKeys;
    private readonly LongSlot* _longSlots;
    private readonly byte* _longBytes;
    private readonly byte* _shortTokens;
    private readonly byte* _middleTokens;
    private readonly byte* _places;
    private readonly uint _middlePlaces;
    private readonly uint _longPlaces;
    private readonly uint* _pairSlots;
    private readonly byte* _splits;
    private readonly int* _ids;
    private readonly uint _pairTokenMask;

    /// <summary>Tells this vocabulary from the others of the process; from 1 on.</summary>
    public int Number { get; } = Interlocked.Increment(ref _lastNumber);

    /// <summary>Uses <paramref name="blob"/> as it is; <paramref name="owner"/> keeps it alive, and null says that it stays for good.</summary>
    /// <exception cref="VocabularyException">These are not the bytes of a compiled vocabulary.</exception>
    public VocabularyTables(byte* blob, long byteCount, object? owner)
    {
        _blob = blob;
        _owner = owner;
        Check(byteCount);
        TokenCount = (int)Word(VocabularyLayout.TokenCountWord);
        TokenBytesMax = (int)Word(VocabularyLayout.LengthMaxWord);
        _short = Hash(0, VocabularySection.ShortPilots);
        _middle = Hash(1, VocabularySection.MiddlePilots);
        _long = Hash(2, VocabularySection.LongPilots);
        _pair = Hash(3, VocabularySection.PairPilots);
        _shortKeys = (ulong*)Section(VocabularySection.ShortKeys);
        _middleKeys = (ulong*)Section(VocabularySection.MiddleKeys);
        _longSlots = (LongSlot*)Section(VocabularySection.LongSlots);
        _longBytes = Section(VocabularySection.LongBytes);
        _shortTokens = Section(VocabularySection.ShortTokens);
        _middleTokens = Section(VocabularySection.MiddleTokens);
        _places = Section(VocabularySection.Places);
        _middlePlaces = SectionBytes(VocabularySection.ShortKeys) / sizeof(ulong);
        _longPlaces = _middlePlaces + (SectionBytes(VocabularySection.MiddleKeys) / (2 * sizeof(ulong)));
        _pairSlots = (uint*)Section(VocabularySection.PairSlots);
        _splits = Section(VocabularySection.Splits);
        _ids = SectionBytes(VocabularySection.Ids) == 0 ? null : (int*)Section(VocabularySection.Ids);
        _pairTokenMask = PairTokenMask(TokenCount);
        Forward = new TokenTrie((ulong*)Section(VocabularySection.Forward));
        Backward = new TokenTrie((ulong*)Section(VocabularySection.Backward));
    }

    public int TokenCount { get; }

    /// <summary>The length of the longest token, in bytes.</summary>
    public int TokenBytesMax { get; }

    /// <summary>The tokens that merges can make, by their first bytes.</summary>
    public TokenTrie Forward { get; }

    /// <summary>The tokens that merges can make, by their last bytes.</summary>
    public TokenTrie Backward { get; }

    /// <summary>How many bytes the tables take, all together.</summary>
    public uint ByteCount => Word(VocabularyLayout.ByteCountWord);

    /// <summary>The tables as they were compiled.</summary>
    public ReadOnlySpan<byte> Blob => new(_blob, (int)ByteCount);

    /// <summary>The bits of a pair's slot that hold the token.</summary>
    public static uint PairTokenMask(int tokenCount) => (uint)((1UL << (32 - BitOperations.LeadingZeroCount((uint)tokenCount))) - 1);

    /// <summary>Whether a piece is one token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(byte* piece, int length)
    {
        if ((uint)(length - 1) < PieceKey.ShortBytesMax)
        {
            var key = PieceKey.Short(piece, length);
            return _shortKeys[_short.Slot(PieceKey.Hash(key, _short.Seed))] == key;
        }

        if ((uint)length <= PieceKey.MiddleBytesMax)
            return length != 0 && FindMiddle(piece, length) != uint.MaxValue;
        return FindLong(piece, length) != uint.MaxValue;
    }

    /// <summary>Finds the token that a piece is.</summary>
    public bool TryFind(byte* piece, int length, out uint token)
    {
        token = uint.MaxValue;
        if ((uint)(length - 1) < PieceKey.ShortBytesMax)
        {
            var key = PieceKey.Short(piece, length);
            var slot = _short.Slot(PieceKey.Hash(key, _short.Seed));
            if (_shortKeys[slot] == key)
                token = Packed.Number(_shortTokens, slot);
        }
        else if (length is > 0 and <= PieceKey.MiddleBytesMax)
        {
            var slot = FindMiddle(piece, length);
            if (slot != uint.MaxValue)
                token = Packed.Number(_middleTokens, slot);
        }
        else if (length > 0)
        {
            var slot = FindLong(piece, length);
            if (slot != uint.MaxValue)
                token = _longSlots[slot].Token;
        }

        return token != uint.MaxValue;
    }

    /// <summary>The bytes of a token; they stay where they are for as long as the tables live.</summary>
    public ReadOnlySpan<byte> Bytes(uint token)
    {
        var place = Packed.Number(_places, token);
        if (place < _middlePlaces)
            return new ReadOnlySpan<byte>(_shortKeys + place, (int)(_shortKeys[place] >> PieceKey.LengthShift));
        if (place < _longPlaces)
        {
            var key = _middleKeys + (2 * (nuint)(place - _middlePlaces));
            return new ReadOnlySpan<byte>(key, (int)(key[1] >> PieceKey.LengthShift));
        }

        var slot = _longSlots + (place - _longPlaces);
        return new ReadOnlySpan<byte>(_longBytes + slot->Offset, (int)slot->Length);
    }

    /// <summary>Whether a token's last bytes are those at <paramref name="text"/>.</summary>
    public bool EndsWith(uint token, byte* text, int length) => Bytes(token)[^length..].SequenceEqual(new ReadOnlySpan<byte>(text, length));

    /// <summary>Whether a token's first bytes are those at <paramref name="text"/>.</summary>
    public bool StartsWith(uint token, byte* text, int length) => Bytes(token)[..length].SequenceEqual(new ReadOnlySpan<byte>(text, length));

    /// <summary>What two adjacent tokens merge to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryMerge(uint left, uint right, out uint merged)
    {
        var pair = Packed.PairOf(left, right);
        var hash = PieceKey.Hash(pair, _pair.Seed);
        var slot = _pairSlots[_pair.Slot(hash)];
        merged = slot & _pairTokenMask;

        // The part of the hash in the slot turns away almost every other pair; the split settles it.
        return ((slot ^ (uint)(hash >> 32)) & ~_pairTokenMask) == 0 && Packed.Pair(_splits, merged) == pair;
    }

    /// <summary>
    /// Whether two tokens stay what they are when they stand side by side: merging the bytes of both gives exactly these two.
    /// Goes back in time from the finished tokens, undoing the younger one's last merge at each step; where two tokens that face each other across
    /// the seam would have merged before either was merged on its own side, the bytes go another way. Of equal merges the left one comes first.
    /// </summary>
    public bool Compatible(uint left, uint right)
    {
        var limit = uint.MaxValue;
        while (true)
        {
            if (TryMerge(left, right, out var merged) && merged < limit)
                return false;

            // All ones if the left one is the younger. Which one is cannot be foreseen, so nothing branches on it.
            var isLeft = (uint)((int)(right - left) >> 31);
            var younger = right ^ ((left ^ right) & isLeft);
            var split = Packed.Pair(_splits, younger);
            if (split == Packed.NoPair)
                return younger < ByteTokens;
            limit = younger + 1 + isLeft;
            left ^= (left ^ Packed.Right(split)) & isLeft;
            right ^= (right ^ Packed.Left(split)) & ~isLeft;
        }
    }

    /// <summary>The id that the vocabulary gives to a token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Id(uint token) => _ids is null ? (int)token : _ids[token];

    /// <summary>The token that has an id.</summary>
    public bool TryToken(int id, out uint token)
    {
        token = (uint)id;
        if (_ids is null)
            return token < (uint)TokenCount;
        var order = (uint*)Section(VocabularySection.IdOrder);
        var low = 0;
        var high = TokenCount - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            token = order[middle];
            if (_ids[token] == id)
                return true;
            if (_ids[token] < id)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return false;
    }

    private uint FindMiddle(byte* piece, int length)
    {
        var first = Unsafe.ReadUnaligned<ulong>(piece);
        var rest = PieceKey.MiddleRest(piece, length);
        var slot = _middle.Slot(PieceKey.Hash(first, rest, _middle.Seed));
        var keys = _middleKeys + (2 * (nuint)slot);
        return keys[0] == first && keys[1] == rest ? slot : uint.MaxValue;
    }

    private uint FindLong(byte* piece, int length)
    {
        if (length > TokenBytesMax)
            return uint.MaxValue;
        var hash = PieceKey.Hash(piece, length, _long.Seed);
        var index = _long.Slot(hash);
        var slot = _longSlots + index;
        var isSame = slot->Tag == (uint)(hash >> 32) && slot->Length == (uint)length
            && new ReadOnlySpan<byte>(_longBytes + slot->Offset, length).SequenceEqual(new ReadOnlySpan<byte>(piece, length));
        return isSame ? index : uint.MaxValue;
    }

    private PerfectHash Hash(int index, VocabularySection pilots)
    {
        var word = VocabularyLayout.FirstHashWord + (index * VocabularyLayout.WordsPerHash);
        var seed = Word(word) | ((ulong)Word(word + 1) << 32);
        return new PerfectHash((ushort*)Section(pilots), SectionBytes(pilots) / sizeof(ushort), Word(word + 2), seed);
    }

    private byte* Section(VocabularySection section) => _blob + Word(VocabularyLayout.FirstSectionWord + (2 * (int)section));

    private uint SectionBytes(VocabularySection section) => Word(VocabularyLayout.FirstSectionWord + (2 * (int)section) + 1);

    private uint Word(int index) => Unsafe.ReadUnaligned<uint>(_blob + (index * sizeof(uint)));

    private void Check(long byteCount)
    {
        if (!BitConverter.IsLittleEndian)
            throw new VocabularyException("Compiled vocabularies are little-endian, this machine is not.");
        if (byteCount < VocabularyLayout.HeaderBytes || Word(VocabularyLayout.MagicWord) != VocabularyLayout.Magic)
            throw new VocabularyException("This is not a compiled vocabulary.");
        if (Word(VocabularyLayout.VersionWord) != VocabularyLayout.Version)
            throw new VocabularyException($"The vocabulary is compiled in version {Word(VocabularyLayout.VersionWord)} of the format.");
        var isWhole = ByteCount <= byteCount;
        for (var section = VocabularySection.ShortPilots; section < VocabularySection.Count && isWhole; section++)
            isWhole = (ulong)(Section(section) - _blob) + SectionBytes(section) <= ByteCount;
        if (!isWhole)
            throw new VocabularyException("The compiled vocabulary is cut short.");
    }
}
