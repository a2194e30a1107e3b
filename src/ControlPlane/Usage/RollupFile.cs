using System.Text;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Takes a sum that a checkpoint holds.</summary>
internal delegate void RollupSum(long slot, int series, in UsageCounters sum);

/// <summary>
/// The checkpoint of the sums: the series' names, then each slot with its series and their sums. It is written whole, with a checksum over all
/// of it: FasterKV's own checkpoints have none, and a bit that flips in a sum is money.
/// </summary>
internal static class RollupFile
{
    private const string Name = StoreCopy.FollowerFile;
    private const int Version = 1;

    public static byte[] Body(RollupIndex index, RollupReader reader)
    {
        var stream = new MemoryStream();
        using var to = new BinaryWriter(stream, Encoding.UTF8);
        to.Write(Version);
        to.Write(index.Series.Count);
        foreach (var series in index.Series)
        {
            to.Write(series.Key);
            to.Write(series.Team);
            to.Write(series.Model);
            to.Write(series.Provider);
            to.Write(series.Tags);
        }

        to.Write(index.Slots.Count);
        foreach (var (number, slot) in index.Slots)
        {
            to.Write(number);
            to.Write(slot.Series.Count);
            var sums = reader.Sums(number, slot, keep: false);
            for (var i = 0; i < sums.Length; i++)
            {
                to.Write7BitEncodedInt(slot.Series[i]);
                sums[i].Write(to);
            }
        }

        return stream.ToArray();
    }

    public static void Write(string folder, ulong through, byte[] body) => StateFile.Write(Path.Combine(folder, Name), through, body);

    /// <summary>Reads the checkpoint; an empty index and 0 where there is none.</summary>
    public static (RollupIndex Index, ulong Through) Read(string folder, RollupSum take)
    {
        var index = new RollupIndex();
        if (StateFile.Read(Path.Combine(folder, Name)) is not { } file)
            return (index, 0);
        using var from = new BinaryReader(new MemoryStream(file.Body), Encoding.UTF8);
        if (from.ReadInt32() != Version)
            throw new StoreFault($"{Name} was written by a newer program");
        for (var left = from.ReadInt32(); left > 0; left--)
            index.Number(new(from.ReadString(), from.ReadString(), from.ReadString(), from.ReadString(), from.ReadString()));
        for (var left = from.ReadInt32(); left > 0; left--)
        {
            var number = from.ReadInt64();
            var slot = index.Slot(number);
            for (var sums = from.ReadInt32(); sums > 0; sums--)
            {
                var series = from.Read7BitEncodedInt();
                slot.Series.Add(series);
                if (index.Series[series].IsFolded)
                    slot.Folded++;
                take(number, series, UsageCounters.Read(from));
            }
        }

        return (index, file.Through);
    }
}
