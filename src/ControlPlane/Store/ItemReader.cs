namespace AiEdge.ControlPlane.Store;

/// <summary>Puts the parts of items together again. What begins before the first address is passed over.</summary>
internal sealed class ItemReader(LogReader reader)
{
    private byte[] _item = [];
    private int _count;

    /// <summary>The item's number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Where the item's first part lies.</summary>
    public long Address { get; private set; }

    /// <summary>Told each entry before it is put together; for an account of segments.</summary>
    public Action<LogEntry>? OnEntry { get; init; }

    /// <summary>The next whole item; false at the end. The span holds until the next call.</summary>
    public bool TryNext(out ReadOnlySpan<byte> item)
    {
        _count = 0;
        var isBegun = false;
        while (reader.TryNext(out var entry, out var bytes))
        {
            OnEntry?.Invoke(entry);
            if (entry.Part == 0)
            {
                isBegun = true;
                Number = entry.Number;
                Address = entry.Address;
                if (entry.IsLast)
                {
                    item = bytes;
                    return true;
                }
            }

            if (!isBegun)
                continue;
            Add(bytes);
            if (!entry.IsLast)
                continue;
            item = _item.AsSpan(0, _count);
            return true;
        }

        item = default;
        return false;
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (_item.Length - _count < bytes.Length)
            Array.Resize(ref _item, Math.Max(_count + bytes.Length, _item.Length * 2));
        bytes.CopyTo(_item.AsSpan(_count));
        _count += bytes.Length;
    }
}
