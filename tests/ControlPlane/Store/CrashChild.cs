using System.Buffers.Binary;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>
/// A process that appends from many tasks, tells each acknowledged append on its output, and waits to be killed. A command names itself: run,
/// task, count; so what is found later can be held against what was told.
/// </summary>
internal static class CrashChild
{
    public const int Tasks = 8;
    public const ulong BatchRecords = 20;
    private const int NameBytes = 12;
    private static readonly Lock Output = new();

    public static async Task<int> RunAsync(string folder, string run)
    {
        // Short intervals, so that a kill meets state files, too.
        var ledger = new LedgerOptions { CommitInterval = TimeSpan.FromMilliseconds(5), StateInterval = TimeSpan.FromMilliseconds(40) };
        var store = await FasterStore.OpenAsync(folder, ledger);
        var seen = new SortedDictionary<ulong, byte[]>();
        var commands = await Content(store.Commands, seen);
        var quota = await Content(store.Quota, new Dictionary<ulong, byte[]>());
        Say($"open {commands} {quota}");
        var number = int.Parse(run, System.Globalization.CultureInfo.InvariantCulture);
        var tasks = new List<Task>();
        for (var task = 0; task < Tasks; task++)
            tasks.Add(AppendAsync(store.Commands, "c", number, task, seen));
        tasks.Add(AppendAsync(store.Quota, "q", number, 0, null));
        tasks.Add(ReportAsync(store.Ledger, number));
        await Task.WhenAll(tasks);
        return 0;
    }

    public static byte[] Name(int run, int task, int count)
    {
        var name = new byte[NameBytes];
        BinaryPrimitives.WriteInt32LittleEndian(name, run);
        BinaryPrimitives.WriteInt32LittleEndian(name.AsSpan(4), task);
        BinaryPrimitives.WriteInt32LittleEndian(name.AsSpan(8), count);
        return name;
    }

    public static (int Run, int Task, int Count) Read(ReadOnlySpan<byte> name) => (
        BinaryPrimitives.ReadInt32LittleEndian(name), BinaryPrimitives.ReadInt32LittleEndian(name[4..]), BinaryPrimitives.ReadInt32LittleEndian(name[8..]));

    /// <summary>All commands of a log, those in its state included: the state is names behind their sequences.</summary>
    public static async Task<int> Content(ICommandLog log, IDictionary<ulong, byte[]> into)
    {
        var history = await log.ReadAsync(default);
        var count = 0;
        for (var state = history.State; state.Length > 0; state = state[(8 + NameBytes)..], count++)
            into.Add(BinaryPrimitives.ReadUInt64LittleEndian(state.Span), state.Slice(8, NameBytes).ToArray());
        foreach (var command in history.Commands)
        {
            // The body follows from the name, so that a mixture of two commands would show.
            var name = command.Bytes[..NameBytes].ToArray();
            Assert.Equal(Body(name), command.Bytes.ToArray());
            into.Add(command.Sequence, name);
            count++;
        }

        return count;
    }

    private static byte[] Body(byte[] name)
    {
        var (run, task, count) = Read(name);
        var random = new Random((run * 1000) + (task * 7) + count);
        var body = new byte[NameBytes + random.Next(random.Next(10) == 0 ? 200_000 : 2_000)];
        random.NextBytes(body);
        name.CopyTo(body, 0);
        return body;
    }

    private static async Task AppendAsync(ICommandLog log, string letter, int run, int task, SortedDictionary<ulong, byte[]>? seen)
    {
        for (var count = 1; ; count++)
        {
            var name = Name(run, task, count);
            var sequence = await log.AppendAsync(Body(name), default);
            Say($"{letter} {sequence} {run} {task} {count}");
            if (seen is null)
                continue;
            byte[]? state = null;
            var through = 0UL;
            lock (seen)
            {
                seen.Add(sequence, name);
                if (task == 0 && count % 20 == 0)
                    (through, state) = State(seen);
            }

            if (state is not null)
                await log.SaveStateAsync(through, state, default);
        }
    }

    /// <summary>A state of all commands up to the first that this process has not heard of.</summary>
    private static (ulong Through, byte[] State) State(SortedDictionary<ulong, byte[]> seen)
    {
        var state = new MemoryStream();
        var through = 0UL;
        Span<byte> number = stackalloc byte[8];
        foreach (var (sequence, name) in seen)
        {
            if (sequence != through + 1)
                break;
            through = sequence;
            BinaryPrimitives.WriteUInt64LittleEndian(number, sequence);
            state.Write(number);
            state.Write(name);
        }

        return (through, state.ToArray());
    }

    /// <summary>Reports batches of which each repeats a part of the one before.</summary>
    private static async Task ReportAsync(IUsageLedger ledger, int run)
    {
        for (var count = 1UL; ; count++)
        {
            var first = count == 1 ? 1 : ((count - 1) * BatchRecords) - 2;
            var through = await ledger.AppendAsync(LedgerTests.Batch("plane", (UInt128)run, first, count * BatchRecords, recordBytes: 300), default);
            Say($"l {through} {run} 0 {count}");
        }
    }

    private static void Say(string line)
    {
        lock (Output)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
