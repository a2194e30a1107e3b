using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>A tick reaches everyone who takes part and is due, whatever comes and goes beside it, and nobody who had left before it.</summary>
public sealed class DeadlineWheelTests
{
    private const int Churners = 3;

    [Fact]
    public void A_tick_reaches_who_takes_part_and_nobody_who_left()
    {
        Race.Passes(Find(() =>
        {
            var wheel = new DeadlineWheel(new EdgeClock());

            // Its own timer rests, so that each tick is one that the test knows of.
            wheel.Dispose();
            return new Wheel(wheel.Add, wheel.Remove, wheel.Tick);
        }, Race.Time));
    }

    [Theory]
    [InlineData(WheelDefect.NoLock)]
    [InlineData(WheelDefect.EmptyGrowth)]
    [InlineData(WheelDefect.Forgetful)]
    public void A_broken_twin_is_caught(WheelDefect defect) => Race.Fails(Find(() => TwinWheel.Make(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => TwinWheel.Make(WheelDefect.None), Race.Time));

    /// <summary>A fresh wheel each round, so that it grows each round.</summary>
    private static string? Find(Func<Wheel> make, TimeSpan time)
    {
        const int perChurner = 60;
        Wheel wheel = null!;
        Owner steady = null!;
        Owner[] added = null!;
        string? missed = null;
        return Race.Rounds(time, Before, Judge, [Tick, .. Enumerable.Range(0, Churners).Select(i => (Action<Random>)(random => Churn(i, random)))]);

        void Before(Random random)
        {
            wheel = make();
            steady = new Owner();
            added = new Owner[Churners * perChurner];
            wheel.Add(steady);
        }

        void Tick(Random random)
        {
            for (var i = 0; i < 6; i++)
            {
                var calls = Volatile.Read(ref steady.Calls);
                wheel.Tick();
                if (Volatile.Read(ref steady.Calls) != calls + 1)
                    missed = "a tick passed over one who took part all the while";
            }
        }

        void Churn(int churner, Random random)
        {
            for (var i = 0; i < perChurner; i++)
            {
                var owner = new Owner();
                owner.Place = wheel.Add(owner);
                owner.HasLeft = random.Next(2) == 0;
                if (owner.HasLeft)
                    wheel.Remove(owner.Place);
                added[churner * perChurner + i] = owner;
            }
        }

        string? Judge(Random random)
        {
            if (missed is not null)
                return missed;
            if (added.Where(owner => !owner.HasLeft).DistinctBy(owner => owner.Place).Count() != added.Count(owner => !owner.HasLeft))
                return "two had the same place";
            var before = added.Select(owner => owner.Calls).ToArray();
            wheel.Tick();
            for (var i = 0; i < added.Length; i++)
            {
                if (added[i].Calls - before[i] != (added[i].HasLeft ? 0 : 1))
                    return added[i].HasLeft ? "a tick reached one who had left" : "a tick passed over one who takes part";
            }

            return null;
        }
    }

    /// <summary>Always due.</summary>
    private sealed class Owner : IDeadlineOwner
    {
        public int Calls;

        public int Place { get; set; }

        public bool HasLeft { get; set; }

        public long DueMs => 0;

        public void OnDue(long nowMs) => Interlocked.Increment(ref Calls);
    }
}

/// <summary>What the test needs of a wheel.</summary>
internal sealed record Wheel(Func<IDeadlineOwner, int> Add, Action<int> Remove, Action Tick);
