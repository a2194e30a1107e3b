using System.Buffers.Binary;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Items of answers that were translated, as their clients were told them, for as long as a later request of the same key may name one in the place of sending
/// it (docs/adr/0020). In memory alone: a ring of segments, of which the oldest is written over. Any number of threads; the lock is held for a copy.
/// </summary>
/// <param name="time">What tells how old an item is.</param>
/// <param name="segmentsMax">How many segments there are at most.</param>
internal sealed class ItemMemory(TimeProvider time, int segmentsMax = ItemMemory.SegmentsMax)
{
    /// <summary>A longer item is not kept.</summary>
    public const int ItemBytesMax = 256 * 1024;

    /// <summary>Bytes of one segment.</summary>
    public const int SegmentBytes = 1024 * 1024;

    // With what finds the items in them no more than 32 MiB.
    private const int SegmentsMax = 28;
    private const int OwnerBytes = 32;
    private const int IdBytesMax = 128;

    // What stands before an item: its hash, when it came, the lengths of its id and of itself, then whose it is, and its id.
    private const int TimeAt = sizeof(ulong);
    private const int IdLengthAt = TimeAt + sizeof(long);
    private const int LengthAt = IdLengthAt + sizeof(int);
    private const int OwnerAt = LengthAt + sizeof(int);
    private const int IdAt = OwnerAt + OwnerBytes;

    /// <summary>How long an item is kept at most.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Segment[] _segments = new Segment[segmentsMax];
    private readonly Dictionary<ulong, long> _places = [];
    private int _at;
    private int _count;
    private long _bytes;

    private struct Segment
    {
        public byte[]? Bytes;
        public int Used;
        public long NewestAt;
    }

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes that they take.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Keeps what an answer's client has of it by now, unless it was told not to.</summary>
    public void Keep(Exchange exchange, AnswerTranslation answer)
    {
        if (!exchange.Stored.IsKept)
            return;
        while (answer.TryNextItem(out var id, out var item))
            Keep(exchange.Key!.Sha256, id, item);
    }

    /// <summary>Keeps an item.</summary>
    /// <param name="owner">Whose it is: 32 bytes.</param>
    /// <param name="id">What it is called by.</param>
    /// <param name="item">The item.</param>
    public void Keep(ReadOnlySpan<byte> owner, ReadOnlySpan<byte> id, ReadOnlySpan<byte> item)
    {
        if (item.Length is 0 or > ItemBytesMax || id.Length is 0 or > IdBytesMax)
            return;
        var hash = Hash(owner, id);
        var now = time.GetTimestamp();
        lock (_gate)
        {
            Forget(now);
            var length = IdAt + id.Length + item.Length;
            if (_segments[_at].Used + length > SegmentBytes)
                Empty(_at = (_at + 1) % _segments.Length);
            ref var segment = ref _segments[_at];
            segment.Bytes ??= GC.AllocateUninitializedArray<byte>(SegmentBytes);
            segment.NewestAt = now;
            var room = segment.Bytes.AsSpan(segment.Used, length);
            BinaryPrimitives.WriteUInt64LittleEndian(room, hash);
            BinaryPrimitives.WriteInt64LittleEndian(room[TimeAt..], now);
            BinaryPrimitives.WriteInt32LittleEndian(room[IdLengthAt..], id.Length);
            BinaryPrimitives.WriteInt32LittleEndian(room[LengthAt..], item.Length);
            owner.CopyTo(room[OwnerAt..]);
            id.CopyTo(room[IdAt..]);
            item.CopyTo(room[(IdAt + id.Length)..]);
            _places[hash] = Place(_at, segment.Used);
            segment.Used += length;
            _bytes += length;
            _count = _places.Count;
        }
    }

    /// <summary>Finds an item; false where it is not there any more, never was, or is another's.</summary>
    /// <param name="owner">Who asks.</param>
    /// <param name="id">What it is called by.</param>
    /// <param name="to">Where it is put.</param>
    public bool TryFind(ReadOnlySpan<byte> owner, ReadOnlySpan<byte> id, TextBuffer to)
    {
        var hash = Hash(owner, id);
        var now = time.GetTimestamp();
        lock (_gate)
        {
            Forget(now);
            if (!_places.TryGetValue(hash, out var place))
                return false;
            var entry = _segments[place >> 32].Bytes.AsSpan((int)place);
            var (idLength, length) = Lengths(entry);
            if (IsOld(BinaryPrimitives.ReadInt64LittleEndian(entry[TimeAt..]), now)
                || !entry.Slice(OwnerAt, OwnerBytes).SequenceEqual(owner) || !entry.Slice(IdAt, idLength).SequenceEqual(id))
                return false;
            to.Add(entry.Slice(IdAt + idLength, length));
            return true;
        }
    }

    /// <summary>Gives back what is too old to be found.</summary>
    public void Forget()
    {
        var now = time.GetTimestamp();
        lock (_gate)
            Forget(now);
    }

    private static ulong Hash(ReadOnlySpan<byte> owner, ReadOnlySpan<byte> id) => StableHash.Of(id, StableHash.Of(owner));

    private static long Place(int segment, int offset) => ((long)segment << 32) | (uint)offset;

    private static (int Id, int Item) Lengths(ReadOnlySpan<byte> entry) =>
        (BinaryPrimitives.ReadInt32LittleEndian(entry[IdLengthAt..]), BinaryPrimitives.ReadInt32LittleEndian(entry[LengthAt..]));

    private bool IsOld(long from, long now) => time.GetElapsedTime(from, now) >= KeptFor;

    private void Forget(long now)
    {
        if (_bytes == 0)
            return;
        for (var i = 0; i < _segments.Length; i++)
        {
            if (_segments[i].Used == 0 || !IsOld(_segments[i].NewestAt, now))
                continue;
            Empty(i);
            _segments[i].Bytes = null;
        }
    }

    private void Empty(int number)
    {
        ref var segment = ref _segments[number];
        for (var at = 0; at < segment.Used;)
        {
            var entry = segment.Bytes.AsSpan(at);
            var hash = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            if (_places.TryGetValue(hash, out var place) && place == Place(number, at))
                _places.Remove(hash);
            var (id, item) = Lengths(entry);
            at += IdAt + id + item;
        }

        _bytes -= segment.Used;
        segment.Used = 0;
        _count = _places.Count;
    }
}
