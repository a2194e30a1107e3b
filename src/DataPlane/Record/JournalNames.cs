using System.Text;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Names as UTF-8, of each place in a record the one that was written last: keys, models and providers are the same objects from record to
/// record, and to look is cheaper than to encode again. For one writer, one thread at a time; allocates nothing once it is made.
/// </summary>
internal sealed class JournalNames
{
    /// <summary>Bytes of a name that is kept; a longer one is encoded anew each time.</summary>
    public const int BytesMax = 128;

    private readonly Kept[] _kept = new Kept[(int)JournalText.Count];
    private readonly byte[] _bytes = new byte[(int)JournalText.Count * BytesMax];

    /// <summary>The name as UTF-8, valid until the next call for the same place; false where it is too long to be kept.</summary>
    public bool TryUtf8(JournalText place, string name, out ReadOnlySpan<byte> utf8)
    {
        ref var kept = ref _kept[(int)place];
        var room = _bytes.AsSpan((int)place * BytesMax, BytesMax);
        if (!ReferenceEquals(kept.Name, name))
        {
            var fits = Encoding.UTF8.TryGetBytes(name, room, out var length);
            kept = fits ? new Kept(name, length) : default;
        }

        utf8 = room[..kept.Length];
        return kept.Name is not null;
    }

    private readonly record struct Kept(string? Name, int Length);
}
