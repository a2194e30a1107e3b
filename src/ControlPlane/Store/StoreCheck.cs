using System.Globalization;

namespace AiEdge.ControlPlane.Store;

/// <summary>Reads all of a store, whether it is in use or not, and checks all that can be checked.</summary>
internal static class StoreCheck
{
    /// <summary>Checks a store and tells what it holds.</summary>
    /// <exception cref="StoreFault">Something is missing or damaged; the message says what.</exception>
    public static void Run(string folder, TextWriter output, bool withId = true)
    {
        if (withId)
        {
            var id = FasterStore.ReadId(folder) ?? throw new StoreFault($"there is no store in {folder}");
            Tell(output, $"store {Convert.ToHexStringLower(id)}");
        }

        foreach (var shape in (LogShape[])[LogShape.Commands, LogShape.Quota])
        {
            var extent = Extent(folder, shape);
            var history = CommandLog.Read(folder, shape, extent, []);
            Tell(output, $"{shape.Name}: {extent.NextNumber - 1} commands, state up to {history.Through}, {history.Commands.Count} behind it");
        }

        StateFile.Read(Path.Combine(folder, StoreCopy.AlertsFile));
        var sums = StateFile.Read(Path.Combine(folder, StoreCopy.FollowerFile))?.Through ?? 0;
        var ledger = Extent(folder, LogShape.Ledger);
        LedgerState.Read(folder, ledger, all: true);
        if (sums + 1 < ledger.BeginNumber)
            throw new StoreFault($"{StoreCopy.FollowerFile} contains {sums} batches, the ledger begins with {ledger.BeginNumber}");
        if (sums >= ledger.NextNumber)
            throw new StoreFault($"ledger: batches {ledger.NextNumber} to {sums} are missing, which {StoreCopy.FollowerFile} contains");
        var (batches, records) = Count(folder, ledger);
        Tell(output, $"ledger: {ledger.NextNumber - 1} batches, {batches} kept with {records} records, sums up to {sums}");
    }

    private static LogExtent Extent(string folder, LogShape shape) =>
        LogFiles.Judge(folder, shape) ?? throw new StoreFault($"{shape.MarkFile} is missing");

    private static (long Batches, long Records) Count(string folder, in LogExtent extent)
    {
        using var reader = new LogReader(folder, LogShape.Ledger, extent);
        var items = new ItemReader(reader);
        var (batches, records) = (0L, 0L);
        while (items.TryNext(out var item))
        {
            batches++;
            records += LedgerItem.Read(item.ToArray()).Records.Count;
        }

        return (batches, records);
    }

    private static void Tell(TextWriter output, FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
