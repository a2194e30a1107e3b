namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// The shape of a compiled vocabulary: one little-endian block of bytes, which is used as it lies. A header of 32-bit words, then
/// the sections, each on a multiple of 64 from the start.
/// </summary>
internal static class VocabularyLayout
{
    public const uint Magic = 0x4250_4541;
    public const uint Version = 1;

    public const int HeaderBytes = 256;
    public const int SectionAlignment = 64;

    // The header's words.
    public const int MagicWord = 0;
    public const int VersionWord = 1;
    public const int TokenCountWord = 2;
    public const int LengthMaxWord = 3;
    public const int ByteCountWord = 4;
    public const int FirstHashWord = 6;
    public const int WordsPerHash = 3;
    public const int FirstSectionWord = FirstHashWord + (HashCount * WordsPerHash);

    public const int HashCount = 4;

    /// <summary>The longest token, in bytes, that the tables can hold.</summary>
    public const int TokenBytesMax = 255;

    /// <summary>How many tokens the tables can tell apart.</summary>
    public const int TokenCountMax = (1 << 22) - 2;
}

/// <summary>The parts of a compiled vocabulary, in their order.</summary>
internal enum VocabularySection
{
    /// <summary>16-bit pilots of the tokens of up to 7 bytes.</summary>
    ShortPilots,

    /// <summary>Their keys: one 64-bit word a slot.</summary>
    ShortKeys,

    /// <summary>Their tokens: 24 bits a slot.</summary>
    ShortTokens,

    /// <summary>16-bit pilots of the tokens of 8 to 15 bytes.</summary>
    MiddlePilots,

    /// <summary>Their keys: two 64-bit words a slot.</summary>
    MiddleKeys,

    /// <summary>Their tokens: 24 bits a slot.</summary>
    MiddleTokens,

    /// <summary>16-bit pilots of the longer tokens.</summary>
    LongPilots,

    /// <summary>Their <see cref="LongSlot"/>s.</summary>
    LongSlots,

    /// <summary>Their bytes, one after the other.</summary>
    LongBytes,

    /// <summary>Where each token's bytes are: the number of its slot, counted through all three tables, in 24 bits.</summary>
    Places,

    /// <summary>16-bit pilots of the pairs that merge.</summary>
    PairPilots,

    /// <summary>What a pair merges to: the token in the lower bits, a part of the hash above.</summary>
    PairSlots,

    /// <summary>The two tokens each token is made from, 24 bits each.</summary>
    Splits,

    /// <summary>The tokens, by their bytes from the first.</summary>
    Forward,

    /// <summary>The tokens, by their bytes from the last.</summary>
    Backward,

    /// <summary>The id of each token; empty where a token's number is its id.</summary>
    Ids,

    /// <summary>The tokens in the order of their ids; empty where <see cref="Ids"/> is.</summary>
    IdOrder,

    /// <summary>How many there are.</summary>
    Count,
}

/// <summary>A slot of the tokens of 16 bytes and more.</summary>
internal readonly struct LongSlot(uint tag, uint token, uint offset, uint length)
{
    /// <summary>The upper half of the hash, so that other pieces are told apart without their bytes.</summary>
    public readonly uint Tag = tag;

    public readonly uint Token = token;

    /// <summary>Where the bytes begin.</summary>
    public readonly uint Offset = offset;

    /// <summary>How many bytes; 0 in a free slot.</summary>
    public readonly uint Length = length;
}
