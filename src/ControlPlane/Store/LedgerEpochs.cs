using System.Collections.Concurrent;

namespace AiEdge.ControlPlane.Store;

/// <summary>How far each epoch of each plane is. Written by the ledger's thread, read by all.</summary>
internal sealed class LedgerEpochs
{
    private readonly ConcurrentDictionary<(string PlaneId, UInt128 Epoch), Place> _places = new();

    /// <summary>One epoch.</summary>
    internal sealed class Place
    {
        private ulong _stored;
        private bool _isClosed;

        /// <summary>What has been appended; durable with the next commit.</summary>
        public ulong Appended { get; set; }

        public bool IsClosedAppended { get; set; }

        public long LastUnixMs { get; set; }

        public ulong Stored => Volatile.Read(ref _stored);

        public bool IsClosed => Volatile.Read(ref _isClosed);

        public void OnStored()
        {
            Volatile.Write(ref _stored, Appended);
            Volatile.Write(ref _isClosed, IsClosedAppended);
        }

        public void See(ulong through, bool isClosed, long unixMs)
        {
            Appended = Math.Max(Appended, through);
            IsClosedAppended |= isClosed;
            LastUnixMs = Math.Max(LastUnixMs, unixMs);
        }
    }

    public Place? Find(string planeId, UInt128 epoch) => _places.GetValueOrDefault((planeId, epoch));

    public Place Get(string planeId, UInt128 epoch) => _places.GetOrAdd((planeId, epoch), static _ => new());

    /// <summary>Forgets epochs of which nothing has come for so long that no plane has their records any more.</summary>
    public void DropBefore(long unixMs)
    {
        foreach (var (key, place) in _places)
        {
            if (place.LastUnixMs < unixMs)
                _places.TryRemove(key, out _);
        }
    }

    public void Write(BinaryWriter to)
    {
        var all = _places.ToArray();
        to.Write(all.Length);
        foreach (var ((planeId, epoch), place) in all)
        {
            to.Write(planeId);
            to.Write((ulong)(epoch >> 64));
            to.Write((ulong)epoch);
            to.Write(place.Stored);
            to.Write(place.IsClosed);
            to.Write(place.LastUnixMs);
        }
    }

    public void Read(BinaryReader from)
    {
        for (var left = from.ReadInt32(); left > 0; left--)
        {
            var place = Get(from.ReadString(), new(from.ReadUInt64(), from.ReadUInt64()));
            place.See(from.ReadUInt64(), from.ReadBoolean(), from.ReadInt64());
            place.OnStored();
        }
    }
}
