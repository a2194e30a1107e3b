using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The names in a record of who asked and who answered, as they were written before: they are the same objects from record to record, and
/// to copy their bytes is cheaper than to encode each again. Of each of <see cref="Places"/> groups of keys the last is kept. For one
/// writer, one thread at a time; allocates nothing once it is made, and keeps nothing of a configuration that is no longer written of.
/// </summary>
internal sealed class JournalNames
{
    /// <summary>Groups that keys fall into, by chance.</summary>
    public const int Places = 16;

    /// <summary>Bytes of both parts that are kept; longer ones are encoded anew each time.</summary>
    public const int BytesMax = 512;

    private readonly Kept[] _kept = new Kept[Places];
    private readonly byte[] _bytes = new byte[Places * BytesMax];
    private ConfigSnapshot? _config;

    /// <summary>What a record of the same key, model and target had; valid until the next <see cref="Keep"/>.</summary>
    public bool TryFind(ExchangeRecord record, out ReadOnlySpan<byte> asker, out ReadOnlySpan<byte> answerer)
    {
        var place = Place(record);
        ref readonly var kept = ref _kept[place];
        if (!ReferenceEquals(_config, record.Config) || !kept.IsOf(record))
        {
            asker = answerer = default;
            return false;
        }

        var bytes = _bytes.AsSpan(place * BytesMax, kept.AskerLength + kept.AnswererLength);
        asker = bytes[..kept.AskerLength];
        answerer = bytes[kept.AskerLength..];
        return true;
    }

    /// <summary>Remembers both parts of a record, for the next.</summary>
    public void Keep(ExchangeRecord record, ReadOnlySpan<byte> asker, ReadOnlySpan<byte> answerer)
    {
        if (!ReferenceEquals(_config, record.Config))
            Array.Clear(_kept);
        _config = record.Config;
        if (asker.Length + answerer.Length > BytesMax)
            return;
        var place = Place(record);
        var bytes = _bytes.AsSpan(place * BytesMax, BytesMax);
        asker.CopyTo(bytes);
        answerer.CopyTo(bytes[asker.Length..]);
        _kept[place] = new Kept
        {
            Key = record.Key,
            Model = record.Model,
            Target = record.Target,
            Path = record.Path,
            Limit = record.Limit,
            Address = record.Address,
            AskerLength = asker.Length,
            AnswererLength = answerer.Length,
        };
    }

    // A key's hash is as good as chance.
    private static int Place(ExchangeRecord record) => record.Key is { } key ? key.Sha256[0] % Places : 0;

    private struct Kept
    {
        public KeyModel? Key;
        public ModelModel? Model;
        public TargetModel? Target;
        public string? Path;
        public string? Limit;
        public string? Address;
        public int AskerLength;
        public int AnswererLength;

        public readonly bool IsOf(ExchangeRecord record) => AskerLength > 0
            && ReferenceEquals(Key, record.Key) && ReferenceEquals(Model, record.Model) && ReferenceEquals(Target, record.Target)
            && ReferenceEquals(Path, record.Path) && ReferenceEquals(Limit, record.Limit) && ReferenceEquals(Address, record.Address);
    }
}
