using FASTER.core;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Where a sum lies.</summary>
/// <param name="Slot">Its step of time.</param>
/// <param name="Series">The number of its series.</param>
internal readonly record struct RollupKey(long Slot, long Series);

/// <summary>
/// Sums by slot and series in FasterKV. One writer at a time, and no reader meanwhile; readers may be several, each with a session of its own.
/// What does not fit into memory goes to a file that means nothing after a restart.
/// </summary>
internal sealed class RollupTable : IDisposable
{
    private readonly IDevice _device;
    private readonly FasterKV<RollupKey, UsageCounters> _store;
    private readonly ClientSession<RollupKey, UsageCounters, UsageCounters, UsageCounters, Empty, Adding> _writer;

    /// <summary>An empty table.</summary>
    /// <param name="file">What memory does not hold; removed when the table is disposed.</param>
    /// <param name="memoryBits">Of the bytes that it keeps in memory.</param>
    public RollupTable(string file, int memoryBits)
    {
        _device = Devices.CreateLogDevice(file, deleteOnClose: true);
        _store = new(new FasterKVSettings<RollupKey, UsageCounters>
        {
            IndexSize = 1L << Math.Max(16, memoryBits - 4),
            LogDevice = _device,
            PageSize = 1L << 20,
            MemorySize = 1L << memoryBits,
            SegmentSize = 1L << 28,
            MutableFraction = 0.9,

            // Whoever writes is alone.
            ConcurrencyControlMode = ConcurrencyControlMode.None,
            EqualityComparer = new KeyComparer(),
        });
        _writer = Open();
    }

    /// <summary>Bytes that the table takes, sums that nothing names any more included.</summary>
    public long Bytes => _store.Log.TailAddress - _store.Log.BeginAddress;

    /// <summary>A session to read by; to be disposed.</summary>
    public ClientSession<RollupKey, UsageCounters, UsageCounters, UsageCounters, Empty, Adding> Open() =>
        _store.For(new Adding()).NewSession<Adding>();

    /// <summary>Adds to a sum; true if it is new.</summary>
    public bool Add(in RollupKey key, in UsageCounters more)
    {
        var place = key;
        var input = more;
        var output = default(UsageCounters);
        var status = _writer.RMW(ref place, ref input, ref output);
        if (status.IsPending)
            status = Complete(_writer, out _);
        return status.Record.Created;
    }

    /// <summary>A sum; zeros where there is none.</summary>
    public static UsageCounters Read(
        ClientSession<RollupKey, UsageCounters, UsageCounters, UsageCounters, Empty, Adding> session, in RollupKey key)
    {
        var place = key;
        var input = default(UsageCounters);
        var output = default(UsageCounters);
        var status = session.Read(ref place, ref input, ref output);
        if (status.IsPending)
            Complete(session, out output);
        return output;
    }

    public void Remove(in RollupKey key)
    {
        var place = key;
        if (_writer.Delete(ref place).IsPending)
            _writer.CompletePending(wait: true);
    }

    public UsageCounters Read(in RollupKey key) => Read(_writer, key);

    public void Dispose()
    {
        _writer.Dispose();
        _store.Dispose();
        _device.Dispose();
    }

    private static Status Complete(
        ClientSession<RollupKey, UsageCounters, UsageCounters, UsageCounters, Empty, Adding> session, out UsageCounters output)
    {
        session.CompletePendingWithOutputs(out var completed, wait: true);
        var status = default(Status);
        output = default;
        while (completed.Next())
        {
            status = completed.Current.Status;
            output = completed.Current.Output;
        }

        completed.Dispose();
        return status;
    }

    /// <summary>How sums are made.</summary>
    internal sealed class Adding : FunctionsBase<RollupKey, UsageCounters, UsageCounters, UsageCounters, Empty>
    {
        public override bool InitialUpdater(
            ref RollupKey key, ref UsageCounters input, ref UsageCounters value, ref UsageCounters output, ref RMWInfo rmwInfo)
        {
            value = input;
            return true;
        }

        public override bool CopyUpdater(
            ref RollupKey key, ref UsageCounters input, ref UsageCounters oldValue, ref UsageCounters newValue, ref UsageCounters output, ref RMWInfo rmwInfo)
        {
            newValue = oldValue;
            newValue.Add(input);
            return true;
        }

        public override bool InPlaceUpdater(
            ref RollupKey key, ref UsageCounters input, ref UsageCounters value, ref UsageCounters output, ref RMWInfo rmwInfo)
        {
            value.Add(input);
            return true;
        }

        public override bool SingleReader(
            ref RollupKey key, ref UsageCounters input, ref UsageCounters value, ref UsageCounters dst, ref ReadInfo readInfo)
        {
            dst = value;
            return true;
        }

        public override bool ConcurrentReader(
            ref RollupKey key, ref UsageCounters input, ref UsageCounters value, ref UsageCounters dst, ref ReadInfo readInfo)
        {
            dst = value;
            return true;
        }
    }

    private sealed class KeyComparer : IFasterEqualityComparer<RollupKey>
    {
        public bool Equals(ref RollupKey k1, ref RollupKey k2) => k1.Slot == k2.Slot && k1.Series == k2.Series;

        public long GetHashCode64(ref RollupKey k)
        {
            var mixed = unchecked(((ulong)k.Slot * 0x9E3779B97F4A7C15) ^ ((ulong)k.Series * 0xC2B2AE3D27D4EB4F));
            mixed ^= mixed >> 32;
            return unchecked((long)(mixed * 0xD6E8FEB86659FD93));
        }
    }
}
