using System.Globalization;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace AiEdge.Stress.Tests;

/// <summary>
/// Threads that get into each other's way on purpose. A run ends with the first fault or when its time is up; the time is
/// <c>AIEDGE_STRESS_SECONDS</c> for each test (1.5 unless set).
/// </summary>
internal static class Race
{
    private const double SecondsDefault = 1.5;
    private const int Seed = 20_240_607;

    [ThreadStatic]
    private static Random? _chance;

    /// <summary>How long a test looks for faults.</summary>
    public static TimeSpan Time { get; } = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("AIEDGE_STRESS_SECONDS"), CultureInfo.InvariantCulture, out var seconds)
            ? seconds : SecondsDefault);

    /// <summary>
    /// How long a broken twin has to show its fault. It needs milliseconds; the rest is for a machine that is busy with other things.
    /// </summary>
    public static TimeSpan TwinTime { get; } = TimeSpan.FromTicks(Math.Max(Time.Ticks, TimeSpan.FromMinutes(3).Ticks));

    /// <summary>Asserts that no fault was found, and tells it whole if there is one.</summary>
    public static void Passes(string? fault) => Assert.True(fault is null, fault);

    /// <summary>Asserts that a twin's defect was found.</summary>
    public static void Fails(string? fault) => Assert.True(fault is not null, "the defect was not found in " + TwinTime);

    /// <summary>A place where a twin gives other threads a chance to come between two of its steps.</summary>
    public static void Gap()
    {
        var chance = _chance ??= new Random(Environment.CurrentManagedThreadId);
        for (var i = 0; i < 3; i++)
        {
            if (chance.Next(4) == 0)
                Thread.Yield();
            else
                Thread.SpinWait(chance.Next(40));
        }
    }

    /// <summary>Every actor runs freely, over and over, until the time is up or one of them returns a fault.</summary>
    public static string? Free(TimeSpan time, params Func<Random, string?>[] actors)
    {
        string? fault = null;
        var end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        var threads = actors.Select((actor, i) => new Thread(() =>
        {
            var random = new Random(Seed + i);
            while (Volatile.Read(ref fault) is null && Environment.TickCount64 < end)
            {
                if (Guarded(() => actor(random)) is { } found)
                    Interlocked.CompareExchange(ref fault, found, null);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return fault;
    }

    /// <summary>
    /// Rounds: <paramref name="before"/> prepares alone, all actors run at once, <paramref name="judge"/> looks alone at what they
    /// left. So a judgement needs no clock: what has not happened when all are through will never happen.
    /// </summary>
    public static string? Rounds(TimeSpan time, Action<Random> before, Func<Random, string?> judge, params Action<Random>[] actors)
    {
        string? fault = null;
        var isOver = false;
        var gate = new SpinGate(actors.Length + 1);
        var threads = actors.Select((actor, i) => new Thread(() =>
        {
            var random = new Random(Seed + i);
            while (true)
            {
                gate.Pass();
                if (Volatile.Read(ref isOver))
                    return;
                Thread.SpinWait(random.Next(120));
                if (Guarded(() => Run(actor, random)) is { } found)
                    Interlocked.CompareExchange(ref fault, found, null);
                gate.Pass();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());

        var main = new Random(Seed - 1);
        var end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        for (var round = 0; fault is null && Environment.TickCount64 < end; round++)
        {
            if (Guarded(() => Run(before, main)) is { } unready)
            {
                fault = $"before round {round}: {unready}";
                break;
            }

            gate.Pass();
            gate.Pass();
            if (fault is null && Guarded(() => judge(main)) is { } found)
                fault = $"round {round}: {found}";
        }

        Volatile.Write(ref isOver, true);
        gate.Pass();
        threads.ForEach(thread => thread.Join());
        return fault;
    }

    private static string? Run(Action<Random> actor, Random random)
    {
        actor(random);
        return null;
    }

    private static string? Guarded(Func<string?> step)
    {
        try
        {
            return step();
        }
        catch (Exception e)
        {
            // A broken structure may show itself in any way; on a thread of ours it must not end the process.
            return e.ToString();
        }
    }

    /// <summary>All threads leave at the same moment, as nearly as that can be had.</summary>
    private sealed class SpinGate(int count)
    {
        private int _waiting;
        private int _turn;

        public void Pass()
        {
            var turn = Volatile.Read(ref _turn);
            if (Interlocked.Increment(ref _waiting) == count)
            {
                Volatile.Write(ref _waiting, 0);
                Volatile.Write(ref _turn, turn + 1);
                return;
            }

            var spin = default(SpinWait);
            while (Volatile.Read(ref _turn) == turn)
                spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
