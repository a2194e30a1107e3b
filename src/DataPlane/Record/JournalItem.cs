using System.Buffers.Binary;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>A record read back. Reused: <see cref="Read"/> takes the next one.</summary>
internal sealed class JournalItem
{
    private readonly long[] _numbers = new long[(int)JournalNumber.Count];
    private readonly string[] _texts = new string[(int)JournalText.Count];

    public JournalKind Kind { get; private set; }

    public EndReason End { get; private set; }

    public bool Stream { get; private set; }

    public bool IsEstimate { get; private set; }

    /// <summary>Whether it went to another model for being simple.</summary>
    public bool IsSimple { get; private set; }

    /// <summary>Whether it is of an exchange and of its last attempt in one.</summary>
    public bool HasAttempt { get; private set; }

    /// <summary>What the attempt was made for, or the last one of the exchange.</summary>
    public string Purpose { get; private set; } = "";

    public int Status { get; private set; }

    public int Attempts { get; private set; }

    public long UnixMs { get; private set; }

    public long Sequence { get; private set; }

    public long Epoch { get; private set; }

    /// <summary>The key's tags.</summary>
    public List<KeyValuePair<string, string>> Tags { get; } = [];

    /// <summary>Tags that the client set; of one name with the key's, the client's holds.</summary>
    public List<KeyValuePair<string, string>> ClientTags { get; } = [];

    /// <summary>What is billed; what the provider reported in a record that knows of no bill.</summary>
    public long InputTokens => Billed(JournalNumber.BilledInputTokens, JournalNumber.InputTokens);

    public long OutputTokens => Billed(JournalNumber.BilledOutputTokens, JournalNumber.OutputTokens);

    public long CachedInputTokens => Billed(JournalNumber.BilledCachedTokens, JournalNumber.CachedInputTokens);

    /// <summary>A number; <see cref="JournalFormat.Unknown"/> where the record has none.</summary>
    public long this[JournalNumber number] => _numbers[(int)number];

    /// <summary>A text; empty where the record has none.</summary>
    public string this[JournalText text] => _texts[(int)text];

    /// <summary>Takes a record whose checksum has been found right.</summary>
    public void Read(ReadOnlySpan<byte> record)
    {
        Kind = JournalFormat.Kind(record);
        End = JournalFormat.End(record);
        Stream = JournalFormat.IsStream(record);
        IsEstimate = JournalFormat.IsEstimate(record);
        IsSimple = JournalFormat.IsSimple(record);
        HasAttempt = Kind == JournalKind.Exchange && JournalFormat.HasAttempt(record);
        Status = JournalFormat.Status(record);
        Attempts = JournalFormat.Attempts(record);
        Purpose = JournalFormat.Purpose(record) switch
        {
            AttemptPurpose.Hedge => "hedge",
            AttemptPurpose.Cascade => "cascade",
            AttemptPurpose.Ensemble => "ensemble",
            AttemptPurpose.First when !JournalFormat.IsFallback(record) => "first",
            _ => JournalFormat.IsFallback(record) ? "fallback" : Attempts > 1 ? "retry" : "first",
        };
        UnixMs = JournalFormat.UnixMs(record);
        Sequence = JournalFormat.Sequence(record);
        Epoch = JournalFormat.Identity(record).Epoch;
        var rest = record[JournalFormat.HeadBytes..];
        Array.Fill(_numbers, JournalFormat.Unknown);
        Array.Fill(_texts, "");
        Tags.Clear();
        ClientTags.Clear();
        for (int i = 0, count = TakeByte(ref rest); i < count; i++)
        {
            var number = TakeNumber(ref rest);
            if (i < _numbers.Length)
                _numbers[i] = number;
        }

        for (int i = 0, count = TakeByte(ref rest); i < count; i++)
        {
            var text = TakeText(ref rest);
            if (i < _texts.Length)
                _texts[i] = text;
        }

        TakeTags(ref rest, Tags);
        // The record of an older program ends here.
        if (!rest.IsEmpty)
            TakeTags(ref rest, ClientTags);
    }

    private static void TakeTags(ref ReadOnlySpan<byte> rest, List<KeyValuePair<string, string>> tags)
    {
        for (int i = 0, count = TakeByte(ref rest); i < count; i++)
        {
            var name = TakeText(ref rest);
            tags.Add(new(name, TakeText(ref rest)));
        }
    }

    private long Billed(JournalNumber billed, JournalNumber reported) =>
        this[billed] != JournalFormat.Unknown ? this[billed] : this[reported];

    private static byte TakeByte(ref ReadOnlySpan<byte> rest)
    {
        var value = rest[0];
        rest = rest[1..];
        return value;
    }

    private static long TakeNumber(ref ReadOnlySpan<byte> rest)
    {
        var folded = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var one = TakeByte(ref rest);
            folded |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80)
                return (long)(folded >> 1) ^ -(long)(folded & 1);
        }
    }

    private static string TakeText(ref ReadOnlySpan<byte> rest)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        var text = Encoding.UTF8.GetString(rest.Slice(2, length));
        rest = rest[(2 + length)..];
        return text;
    }
}
