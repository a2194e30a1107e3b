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
    private const int Version = 2;

    /// <summary>The one before did not have the series' rules.</summary>
    private const int WithoutRules = 1;

    /// <summary>What goes into the file.</summary>
    /// <param name="index">The series and their slots.</param>
    /// <param name="reader">Reads their sums.</param>
    /// <param name="isAtHand">Of which slots the sums, once read, stay in memory.</param>
    public static byte[] Body(RollupIndex index, RollupReader reader, Func<long, bool> isAtHand)
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
            to.Write(series.Rule);
            to.Write(series.Tags);
        }

        to.Write(index.Slots.Count);
        foreach (var (number, slot) in index.Slots)
        {
            to.Write(number);
            to.Write(slot.Series.Count);
            var sums = reader.Sums(number, slot, keep: isAtHand(number));
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
    /// <param name="folder">Where it lies.</param>
    /// <param name="isAtHand">Of which slots the sums stay in memory as well: the first question wants them.</param>
    /// <param name="take">Takes each sum.</param>
    public static (RollupIndex Index, ulong Through) Read(string folder, Func<long, bool> isAtHand, RollupSum take)
    {
        var index = new RollupIndex();
        if (StateFile.Read(Path.Combine(folder, Name)) is not { } file)
            return (index, 0);
        using var from = new BinaryReader(new MemoryStream(file.Body), Encoding.UTF8);
        var version = from.ReadInt32();
        if (version is not (Version or WithoutRules))
            throw new StoreFault($"{Name} was written by a newer program");
        for (var left = from.ReadInt32(); left > 0; left--)
        {
            index.Number(new(
                from.ReadString(), from.ReadString(), from.ReadString(), from.ReadString(), version == WithoutRules ? "" : from.ReadString(),
                from.ReadString()));
        }

        for (var left = from.ReadInt32(); left > 0; left--)
        {
            var number = from.ReadInt64();
            var slot = index.Slot(number);
            var sums = new UsageCounters[from.ReadInt32()];
            for (var i = 0; i < sums.Length; i++)
            {
                var series = from.Read7BitEncodedInt();
                slot.Series.Add(series);
                if (index.Series[series].IsFolded)
                    slot.Folded++;
                sums[i] = UsageCounters.Read(from);
                take(number, series, sums[i]);
            }

            if (isAtHand(number))
                slot.Copy = sums;
        }

        return (index, file.Through);
    }
}
