using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with the twin of a <see cref="TargetLoad"/>.</summary>
public enum LoadDefect
{
    None,

    /// <summary>Requests under way are read, and written one more or one fewer.</summary>
    PlainCount,

    /// <summary>The average that was computed is written, whatever stands there by then.</summary>
    PlainWrite,

    /// <summary>An answer that came too late for its step is not counted.</summary>
    LostStep,
}

/// <summary>However many threads come and go, a target's requests under way are all counted, and each answer has its part of the average.</summary>
public sealed class TargetLoadTests
{
    private const int Threads = 3;
    private const int Steps = 4;
    private const int Places = 2;

    [Fact]
    public void Requests_and_answers_all_count() => Race.Passes(Find(() => new RacedLoad(), Race.Time));

    [Theory]
    [InlineData(LoadDefect.PlainCount)]
    [InlineData(LoadDefect.PlainWrite)]
    [InlineData(LoadDefect.LostStep)]
    public void A_broken_twin_is_caught(LoadDefect defect) => Race.Fails(Find(() => new TwinLoad(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinLoad(LoadDefect.None), Race.Time));

    [Fact]
    public void No_more_enter_than_there_are_places() => Race.Passes(FindPlaces(static load => load.TryEnter(Places), Race.Time));

    [Fact]
    public void Who_looks_before_it_enters_is_caught() => Race.Fails(FindPlaces(
        static load =>
        {
            if (load.IsFull(Places))
                return false;
            Race.Gap();
            load.Enter();
            return true;
        },
        Race.TwinTime));

    [Fact]
    public void Of_all_who_enter_alone_one_does() => Race.Passes(FindPlaces(static load => load.TryEnterAlone(Places, isWhole: false), Race.Time, places: 1));

    [Fact]
    public void Who_looks_whether_anybody_waits_before_it_enters_is_caught() => Race.Fails(FindPlaces(
        static load =>
        {
            if (load.IsAwaited(isWhole: false))
                return false;
            Race.Gap();
            load.Enter();
            return true;
        },
        Race.TwinTime,
        places: 1));

    private static string? FindPlaces(Func<TargetLoad, bool> enter, TimeSpan time, int places = Places)
    {
        var load = new TargetLoad();
        var entered = 0;
        return Race.Rounds(
            time,
            _ => (load, entered) = (new TargetLoad(), 0),
            _ => entered == places && load.Pending == places ? null : $"{entered} entered, {load.Pending} are there, and there are {places} places",
            [.. Enumerable.Repeat<Action<Random>>(
                _ =>
                {
                    if (enter(load))
                        Interlocked.Increment(ref entered);
                },
                Threads)]);
    }

    /// <summary>All answers are as quick as each other and quicker than what is known: then the order of their steps makes no difference.</summary>
    private static string? Find(Func<IRacedLoad> make, TimeSpan time)
    {
        const long Slow = 800_000;
        var load = make();
        var (quick, stays) = (1L, 0);
        return Race.Rounds(
            time,
            random =>
            {
                load = make();
                load.Observe(Slow);
                quick = random.Next(1, 1000);
                stays = random.Next(2);
            },
            _ =>
            {
                var alone = new TargetLoad();
                alone.Observe(0, Slow);
                for (var i = 0; i < Threads * Steps; i++)
                    alone.Observe(0, quick);
                if (load.Pending != Threads * stays)
                    return $"{load.Pending} requests are under way, and there are {Threads * stays}";
                return load.LatencyUs == alone.LatencyUs(0) ? null : $"the average is {load.LatencyUs}, and by one alone {alone.LatencyUs(0)}";
            },
            [.. Enumerable.Repeat<Action<Random>>(
                _ =>
                {
                    for (var i = 0; i < Steps; i++)
                    {
                        load.Enter();
                        load.Observe(quick);
                        if (i > 0 || stays == 0)
                            load.Leave();
                    }
                },
                Threads)]);
    }

    private interface IRacedLoad
    {
        long Pending { get; }

        long LatencyUs { get; }

        void Enter();

        void Leave();

        void Observe(long us);
    }

    private sealed class RacedLoad : IRacedLoad
    {
        private readonly TargetLoad _load = new();

        public long Pending => _load.Pending;

        public long LatencyUs => _load.LatencyUs(0);

        public void Enter() => _load.Enter();

        public void Leave() => _load.Leave();

        public void Observe(long us) => _load.Observe(0, us);
    }

    /// <summary>The load of a clock that stands still, with pauses between its steps and, if asked for, a defect.</summary>
    private sealed class TwinLoad(LoadDefect defect) : IRacedLoad
    {
        private long _pending;
        private long _average;

        public long Pending => Volatile.Read(ref _pending);

        public long LatencyUs => Volatile.Read(ref _average);

        public void Enter() => Count(1);

        public void Leave() => Count(-1);

        public void Observe(long us)
        {
            var known = Volatile.Read(ref _average);
            while (true)
            {
                var next = us >= known ? us : known - ((known - us) / 8);
                Race.Gap();
                if (defect == LoadDefect.PlainWrite)
                {
                    Volatile.Write(ref _average, next);
                    return;
                }

                var found = Interlocked.CompareExchange(ref _average, next, known);
                if (found == known || defect == LoadDefect.LostStep)
                    return;
                known = found;
            }
        }

        private void Count(int one)
        {
            if (defect != LoadDefect.PlainCount)
            {
                Interlocked.Add(ref _pending, one);
                return;
            }

            var known = Volatile.Read(ref _pending);
            Race.Gap();
            Volatile.Write(ref _pending, known + one);
        }
    }
}
