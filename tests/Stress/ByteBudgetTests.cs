using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a twin of the byte budget.</summary>
public enum BudgetDefect
{
    None,

    /// <summary>Looks whether there is room and takes it later.</summary>
    CheckThenTake,

    /// <summary>Gives back by reading and writing.</summary>
    PlainReturn,

    /// <summary>A refusal keeps what it had reserved.</summary>
    KeepsRefused,
}

/// <summary>More than the bound is never held at a time, and in the end nothing is.</summary>
public sealed class ByteBudgetTests
{
    private const long Max = 1000;
    private const int Threads = 4;

    [Fact]
    public void The_budget_is_never_exceeded_and_returns_to_nothing()
    {
        var budget = new ByteBudget();
        Race.Passes(Find(budget.TryTake, budget.Return, () => budget.Held, Race.Time));
    }

    [Theory]
    [InlineData(BudgetDefect.CheckThenTake)]
    [InlineData(BudgetDefect.PlainReturn)]
    [InlineData(BudgetDefect.KeepsRefused)]
    public void A_broken_twin_is_caught(BudgetDefect defect)
    {
        var budget = new Twin(defect);
        Race.Fails(Find(budget.TryTake, budget.Return, () => budget.Held, Race.TwinTime));
    }

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        var budget = new Twin(BudgetDefect.None);
        Race.Passes(Find(budget.TryTake, budget.Return, () => budget.Held, Race.Time));
    }

    private static string? Find(Func<long, long, bool> tryTake, Action<long> giveBack, Func<long> held, TimeSpan time)
    {
        long shadow = 0;
        return Race.Rounds(time, static _ => { }, _ => held() == 0 ? null : $"{held()} bytes are held by nobody",
            [.. Enumerable.Repeat((Action<Random>)Turn, Threads)]);

        void Turn(Random random)
        {
            for (var i = 0; i < 8; i++)
            {
                var bytes = random.Next(1, 700);
                if (!tryTake(bytes, Max))
                    continue;

                // Counted after it was taken and uncounted before it is given back: never more than is really held.
                if (Interlocked.Add(ref shadow, bytes) is var sum and > Max)
                    throw new InvalidOperationException($"{sum} bytes were held at a time");
                Interlocked.Add(ref shadow, -bytes);
                giveBack(bytes);
            }
        }
    }

    private sealed class Twin(BudgetDefect defect)
    {
        private long _held;

        public long Held => Volatile.Read(ref _held);

        public bool TryTake(long bytes, long max)
        {
            if (defect == BudgetDefect.CheckThenTake)
            {
                if (Held + bytes > max)
                    return false;
                Race.Gap();
                Interlocked.Add(ref _held, bytes);
                return true;
            }

            if (Interlocked.Add(ref _held, bytes) <= max)
                return true;
            Race.Gap();
            if (defect != BudgetDefect.KeepsRefused)
                Interlocked.Add(ref _held, -bytes);
            return false;
        }

        public void Return(long bytes)
        {
            if (defect != BudgetDefect.PlainReturn)
            {
                Interlocked.Add(ref _held, -bytes);
                return;
            }

            var held = Held;
            Race.Gap();
            Volatile.Write(ref _held, held - bytes);
        }
    }
}
