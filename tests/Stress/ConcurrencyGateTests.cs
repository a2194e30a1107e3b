using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a twin of the gate.</summary>
public enum GateDefect
{
    None,

    /// <summary>Looks whether there is room and enters later.</summary>
    CheckThenEnter,

    /// <summary>Leaves by reading and writing.</summary>
    PlainLeave,

    /// <summary>Looks whether somebody is inside and leaves later, so that two leave for one.</summary>
    CheckThenLeave,
}

/// <summary>Never more inside than the limit, and the count is who is inside.</summary>
public sealed class ConcurrencyGateTests
{
    private const int Limit = 2;
    private const int Threads = 4;

    [Fact]
    public void The_gate_is_never_overfull_and_its_count_is_exact()
    {
        var gate = new ConcurrencyGate(Limit);
        Race.Passes(Find(() => gate.TryEnter(), gate.TryLeave, () => gate.Count, Race.Time));
        Race.Passes(FindDoubleLeave(() => gate.TryEnter(), gate.TryLeave, () => gate.Count, Race.Time));
    }

    [Theory]
    [InlineData(GateDefect.CheckThenEnter)]
    [InlineData(GateDefect.PlainLeave)]
    public void A_broken_twin_is_caught(GateDefect defect)
    {
        var gate = new Twin(defect);
        Race.Fails(Find(() => gate.TryEnter(), gate.TryLeave, () => gate.Count, Race.TwinTime));
    }

    [Fact]
    public void A_twin_that_lets_two_leave_for_one_is_caught()
    {
        var gate = new Twin(GateDefect.CheckThenLeave);
        Race.Fails(FindDoubleLeave(() => gate.TryEnter(), gate.TryLeave, () => gate.Count, Race.TwinTime));
    }

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        var gate = new Twin(GateDefect.None);
        Race.Passes(Find(() => gate.TryEnter(), gate.TryLeave, () => gate.Count, Race.Time));
    }

    private static string? Find(Func<bool> enter, Func<bool> leave, Func<int> count, TimeSpan time)
    {
        var inside = 0;
        return Race.Rounds(time, static _ => { }, _ => Judge(), [.. Enumerable.Repeat((Action<Random>)Turn, Threads)]);

        void Turn(Random random)
        {
            for (var i = 0; i < 12; i++)
            {
                if (!enter())
                    continue;
                if (Interlocked.Increment(ref inside) is var now and > Limit)
                    throw new InvalidOperationException($"{now} were inside");
                Race.Gap();
                Interlocked.Decrement(ref inside);
                if (!leave())
                    throw new InvalidOperationException("one who was inside could not leave");
            }
        }

        string? Judge()
        {
            return count() == 0 ? null : $"{count()} are inside of an empty gate";
        }
    }

    /// <summary>Two are inside and each thread tries to leave once.</summary>
    private static string? FindDoubleLeave(Func<bool> enter, Func<bool> leave, Func<int> count, TimeSpan time)
    {
        var left = 0;
        return Race.Rounds(
            time,
            _ => left = enter() && enter() ? 0 : throw new InvalidOperationException("an empty gate let nobody in"),
            _ => left == 2 && count() == 0 ? null : $"{left} left for two, {count()} are inside",
            [.. Enumerable.Repeat<Action<Random>>(_ => Interlocked.Add(ref left, leave() ? 1 : 0), Threads)]);
    }

    private sealed class Twin(GateDefect defect)
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public bool TryEnter()
        {
            while (true)
            {
                var count = Count;
                if (count >= Limit)
                    return false;
                Race.Gap();
                if (defect == GateDefect.CheckThenEnter)
                    Interlocked.Increment(ref _count);
                else if (Interlocked.CompareExchange(ref _count, count + 1, count) != count)
                    continue;
                return true;
            }
        }

        public bool TryLeave()
        {
            while (true)
            {
                var count = Count;
                if (count <= 0)
                    return false;
                Race.Gap();
                if (defect == GateDefect.CheckThenLeave)
                    Interlocked.Decrement(ref _count);
                else if (defect == GateDefect.PlainLeave)
                    Volatile.Write(ref _count, count - 1);
                else if (Interlocked.CompareExchange(ref _count, count - 1, count) != count)
                    continue;
                return true;
            }
        }
    }
}
