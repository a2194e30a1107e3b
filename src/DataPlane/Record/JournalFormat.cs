using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>What a record of the journal says of its exchange.</summary>
internal enum JournalKind : byte
{
    /// <summary>Nothing that would be written.</summary>
    None = 0,

    /// <summary>A request is about to be sent to a provider.</summary>
    Open = 1,

    /// <summary>How far a stream is.</summary>
    Progress = 2,

    /// <summary>One of several tries is over.</summary>
    Attempt = 3,

    /// <summary>The exchange is over.</summary>
    Exchange = 4,
}

/// <summary>
/// A record as bytes: a head of fixed fields, a counted list of numbers, a counted list of texts, the key's tags, the client's.
/// Whoever reads takes from each list what it knows and passes over the rest, so the first two may grow at their ends, and so may
/// the record; a change of anything else is a new version. Every record is complete by itself: none needs an earlier one to be understood, so the oldest
/// may go at any time. Binary, because a record is about 250 bytes so and three times that as JSON, and is written once or twice
/// per exchange and read almost never.
/// </summary>
internal static class JournalFormat
{
    public const byte Version = 1;

    /// <summary>Length of the head: version, kind, end, flags, checksum (4), sequence, epoch, exchange, time (8 each), status, attempts (2 each).</summary>
    public const int HeadBytes = 44;

    /// <summary>A number that is not known.</summary>
    public const long Unknown = -1;

    private const int NumberBytesMax = 10;

    private const byte StreamFlag = 1;
    private const byte EstimateFlag = 2;
    private const byte AttemptFlag = 4;
    private const byte FallbackFlag = 8;
    private const byte SimpleFlag = 64;
    private const int PurposeAt = 4;
    private const int PurposeMask = 3;

    /// <summary>The purpose's third bit stands by itself: who does not know it reads <see cref="AttemptPurpose.Counted"/>.</summary>
    private const int HighPurposeAt = 7;
    private const int ChecksumAt = 4;
    private const int SequenceAt = 8;
    private const int EpochAt = 16;
    private const int ExchangeAt = 24;
    private const int TimeAt = 32;
    private const int StatusAt = 40;
    private const int AttemptsAt = 42;

    public static long Sequence(ReadOnlySpan<byte> record) => record.Length < HeadBytes ? -1 : BinaryPrimitives.ReadInt64LittleEndian(record[SequenceAt..]);

    public static JournalKind Kind(ReadOnlySpan<byte> record) => (JournalKind)record[1];

    public static EndReason End(ReadOnlySpan<byte> record) => (EndReason)record[2];

    public static bool IsStream(ReadOnlySpan<byte> record) => (record[3] & StreamFlag) != 0;

    /// <summary>Whether a number in its bill is no count.</summary>
    public static bool IsEstimate(ReadOnlySpan<byte> record) => (record[3] & EstimateFlag) != 0;

    /// <summary>Whether it went to another model than the asked one.</summary>
    public static bool IsFallback(ReadOnlySpan<byte> record) => (record[3] & FallbackFlag) != 0;

    /// <summary>Whether it went to another model for being simple.</summary>
    public static bool IsSimple(ReadOnlySpan<byte> record) => (record[3] & SimpleFlag) != 0;

    /// <summary>What the attempt was made for; one of an older program says <see cref="AttemptPurpose.Counted"/>.</summary>
    public static AttemptPurpose Purpose(ReadOnlySpan<byte> record) =>
        (AttemptPurpose)(((record[3] >> PurposeAt) & PurposeMask) | (record[3] >> HighPurposeAt << 2));

    /// <summary>
    /// Whether it is the record of an exchange and of its last attempt in one: nearly every exchange has one attempt alone, and all
    /// that is to be said of that is in the exchange's own.
    /// </summary>
    public static bool HasAttempt(ReadOnlySpan<byte> record) => (record[3] & AttemptFlag) != 0 && Attempts(record) > 0;

    /// <summary>Which exchange of which run of the process.</summary>
    public static (long Epoch, long Exchange) Identity(ReadOnlySpan<byte> record) =>
        (BinaryPrimitives.ReadInt64LittleEndian(record[EpochAt..]), BinaryPrimitives.ReadInt64LittleEndian(record[ExchangeAt..]));

    private static int PurposeFlags(AttemptPurpose purpose) =>
        (((int)purpose & PurposeMask) << PurposeAt) | ((int)purpose >> 2 << HighPurposeAt);

    public static long UnixMs(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[TimeAt..]);

    public static int Status(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[StatusAt..]);

    public static int Attempts(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[AttemptsAt..]);

    /// <summary>Whether a record is whole and of a version that is known here. FASTER's own checksum misses two errors in one column.</summary>
    public static bool IsValid(ReadOnlySpan<byte> record) =>
        record.Length >= HeadBytes && BinaryPrimitives.ReadUInt32LittleEndian(record[ChecksumAt..]) == Checksum(record);

    /// <summary>
    /// Writes a record and returns its length; <paramref name="into"/> holds <see cref="JournalLayout.RecordBytesMax"/>, <paramref name="names"/>
    /// what names were the last time.
    /// </summary>
    public static int Write(
        Span<byte> into, ExchangeRecord record, JournalKind kind, EndReason end, long epoch, long exchange, long sequence, JournalNames names)
    {
        into[0] = Version;
        into[1] = (byte)kind;
        into[2] = (byte)end;
        into[3] = (byte)((record.HasAttempt ? AttemptFlag : 0) | (record.IsFallback ? FallbackFlag : 0)
            | (record.IsSimple ? SimpleFlag : 0) | PurposeFlags(record.Purpose)
            | (record.Stream ? StreamFlag : 0) | (record.Bill.IsEstimate ? EstimateFlag : 0));
        BinaryPrimitives.WriteInt64LittleEndian(into[EpochAt..], epoch);
        BinaryPrimitives.WriteInt64LittleEndian(into[ExchangeAt..], exchange);
        BinaryPrimitives.WriteInt64LittleEndian(into[TimeAt..], record.UnixMs);
        BinaryPrimitives.WriteUInt16LittleEndian(into[StatusAt..], (ushort)record.Status);
        BinaryPrimitives.WriteUInt16LittleEndian(into[AttemptsAt..], (ushort)Math.Min(record.Attempts, ushort.MaxValue));
        var writer = new Fields(into, HeadBytes);
        WriteNumbers(ref writer, record);
        WriteTexts(ref writer, record, names);
        WriteTags(ref writer, record.Tags);
        WriteTags(ref writer, record.ClientTags);
        Seal(into[..writer.Length], sequence);
        return writer.Length;
    }

    /// <summary>Makes of an exchange's last known state the record that closes it: the process ended under it.</summary>
    public static void Close(Span<byte> record, long sequence)
    {
        // It was said that a request is about to be sent: whether that came to pass, nobody knows.
        if (Kind(record) == JournalKind.Open)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(record[AttemptsAt..], (ushort)Math.Min(Attempts(record) + 1, ushort.MaxValue));
            record[3] |= AttemptFlag;
        }

        record[1] = (byte)JournalKind.Exchange;
        record[2] = (byte)EndReason.Crashed;
        Seal(record, sequence);
    }

    private static void Seal(Span<byte> record, long sequence)
    {
        BinaryPrimitives.WriteInt64LittleEndian(record[SequenceAt..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumAt..], Checksum(record));
    }

    private static void WriteNumbers(ref Fields writer, ExchangeRecord record)
    {
        var (usage, bill) = (record.Usage, record.Bill);
        writer.Numbers(
        [
            usage.IsPresent ? usage.InputTokens : Unknown,
            usage.IsPresent ? usage.OutputTokens : Unknown,
            usage.CachedInputTokens,
            usage.ReasoningTokens,
            usage.AudioInputTokens,
            usage.AudioOutputTokens,
            record.CountedOutputTokens,
            bill.PriceVersion != 0 ? bill.CostNanodollars : Unknown,
            bill.PriceVersion != 0 ? bill.PriceVersion : Unknown,
            record.BytesIn,
            record.BytesOut,
            record.Events,
            record.BodyUs,
            record.SentUs,
            record.FirstByteUs,
            record.FirstTokenUs,
            record.TotalUs,
            record.OverheadUs,
            record.Config.Generation,
            (long)record.Error,
            bill.InputTokens,
            bill.OutputTokens,
            bill.CachedInputTokens,
            usage.CacheWriteTokens,
            usage.ImageInputTokens,
            record.QueueMs,
            record.OutputClamp,
            record.Target is { } target ? (long)target.Provider.Dialect : Unknown,
            record.LeftOut,
        ]);
    }

    private static void WriteTexts(ref Fields writer, ExchangeRecord record, JournalNames names)
    {
        writer.Byte((byte)JournalText.Count);
        writer.Text(record.RequestId);
        writer.Text(record.EdgeId);
        writer.Text(record.ProviderId);
        if (names.TryFind(record, out var asker, out var answerer))
        {
            writer.Raw(asker);
            writer.Text(record.AskedModel);
            writer.Raw(answerer);
            WriteLater(ref writer, record);
            return;
        }

        var askerAt = writer.Length;
        writer.Text(record.Key?.Name);
        writer.Text(record.Key?.Team);
        writer.Text(record.Path);
        writer.Text(record.Model?.Name);
        var askedAt = writer.Length;
        writer.Text(record.AskedModel);
        var answererAt = writer.Length;
        writer.Text(record.Target?.Provider.Name);
        writer.Text(record.Target?.UpstreamModel);
        writer.Text(record.Key?.Tier);
        writer.Text(record.Limit);
        writer.Text(record.Address);
        names.Keep(record, writer.Written(askerAt, askedAt), writer.Written(answererAt, writer.Length));
        WriteLater(ref writer, record);
    }

    /// <summary>Texts that the list has grown by.</summary>
    private static void WriteLater(ref Fields writer, ExchangeRecord record)
    {
        writer.Text(record.DegradedBy);
        writer.Text(record.Target?.Variant);
        writer.Text(record.Account);
    }

    /// <summary>All tags, or none where they do not fit: half of them would look like all.</summary>
    private static void WriteTags(ref Fields writer, ReadOnlySpan<KeyValuePair<string, string>> tags)
    {
        // One for this list's length, one for that of the list behind it.
        var bytes = 2;
        foreach (var (name, value) in tags)
            bytes += 4 + Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
        if (tags.Length > byte.MaxValue || bytes > writer.Room)
            tags = [];
        writer.Byte((byte)tags.Length);
        foreach (var (name, value) in tags)
        {
            writer.Text(name);
            writer.Text(value);
        }
    }

    /// <summary>CRC-32C of everything but itself.</summary>
    private static uint Checksum(ReadOnlySpan<byte> record)
    {
        var sum = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(record));
        var rest = record[(ChecksumAt + 4)..];
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(rest))
            sum = BitOperations.Crc32C(sum, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var one in rest[(rest.Length & ~7)..])
            sum = BitOperations.Crc32C(sum, one);
        return sum;
    }

    /// <summary>Writes fields one behind the other.</summary>
    private ref struct Fields(Span<byte> into, int at)
    {
        private readonly Span<byte> _into = into;

        public int Length { get; private set; } = at;

        public readonly int Room => _into.Length - Length;

        public void Byte(byte value) => _into[Length++] = value;

        /// <summary>A counted list; of each seven bits a byte, the sign folded into the lowest.</summary>
        public void Numbers(scoped ReadOnlySpan<long> numbers)
        {
            Byte((byte)numbers.Length);
            // Room for the longest of all of them is looked for once: there are few places where so many small steps are made.
            ref var to = ref MemoryMarshal.GetReference(_into.Slice(Length, numbers.Length * NumberBytesMax));
            var length = 0;
            foreach (var number in numbers)
            {
                var folded = (ulong)(number << 1 ^ number >> 63);
                for (; folded >= 0x80; folded >>= 7)
                    Unsafe.Add(ref to, length++) = (byte)(folded | 0x80);
                Unsafe.Add(ref to, length++) = (byte)folded;
            }

            Length += length;
        }

        public void Text(string? text)
        {
            var length = text is null ? 0 : Encoding.UTF8.GetBytes(text, _into[(Length + 2)..]);
            BinaryPrimitives.WriteUInt16LittleEndian(_into[Length..], (ushort)length);
            Length += 2 + length;
        }

        public void Raw(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_into[Length..]);
            Length += bytes.Length;
        }

        /// <summary>What was written from one length to another.</summary>
        public readonly ReadOnlySpan<byte> Written(int from, int to) => _into[from..to];

        public void Text(ReadOnlySpan<byte> text)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_into[Length..], (ushort)text.Length);
            text.CopyTo(_into[(Length + 2)..]);
            Length += 2 + text.Length;
        }
    }
}

/// <summary>Places in a record's list of numbers.</summary>
internal enum JournalNumber
{
    InputTokens,
    OutputTokens,
    CachedInputTokens,
    ReasoningTokens,
    AudioInputTokens,
    AudioOutputTokens,
    CountedOutputTokens,
    CostNanodollars,
    PriceVersion,
    BytesIn,
    BytesOut,
    Events,
    BodyUs,
    SentUs,
    FirstByteUs,
    FirstTokenUs,
    TotalUs,
    OverheadUs,
    Generation,
    Error,
    BilledInputTokens,
    BilledOutputTokens,
    BilledCachedTokens,
    CacheWriteTokens,
    ImageInputTokens,
    QueueMs,
    OutputClamp,
    DialectOut,
    LeftOut,
    Count,
}

/// <summary>Places in a record's list of texts.</summary>
internal enum JournalText
{
    RequestId,
    EdgeId,
    ProviderId,
    Key,
    Team,
    Path,
    Rule,
    Model,
    Provider,
    ProviderModel,
    Tier,
    Limit,
    Address,
    Degraded,
    Variant,
    Account,
    Count,
}
