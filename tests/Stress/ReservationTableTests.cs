using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>Each reservation is settled or expires, once; one that was renewed does not expire; no stale handle reaches another's.</summary>
public sealed class ReservationTableTests
{
    private const int Capacity = 6;
    private const int Threads = 3;
    private const long Far = 1_000_000_000_000;
    private const long Ms = 1_000_000;

    [Fact]
    public void Every_reservation_ends_once() => Race.Passes(Find(bucket => new TableReservations(bucket, Capacity), Race.Time));

    [Theory]
    [InlineData(ReservationDefect.PlainHold)]
    [InlineData(ReservationDefect.NoGeneration)]
    [InlineData(ReservationDefect.DeadlineApart)]
    public void A_broken_twin_is_caught(ReservationDefect defect) =>
        Race.Fails(Find(bucket => new TwinReservations(bucket, Capacity, defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() =>
        Race.Passes(Find(bucket => new TwinReservations(bucket, Capacity, ReservationDefect.None), Race.Time));

    private static string? Find(Func<LimitBucket, IReservations> make, TimeSpan time)
    {
        var clock = new LimitClock(new UnixEpoch());
        LimitBucket bucket = new WindowBucket(1L << 40, WindowSchedule.Fixed(100 * Far), DebtPolicy.Carry, clock, 0);
        var reservations = make(bucket);
        long charged = 0;
        var opened = 0;
        var ended = 0;
        var stale = new object?[Threads];
        return Race.Rounds(
            time,
            static _ => { },
            _ =>
            {
                ended += reservations.Expire(2 * Far);
                return opened != ended ? $"{opened} were opened and {ended} ended"
                    : reservations.Count != 0 ? $"{reservations.Count} are open"
                    : bucket.Used(0) == charged ? null
                    : $"{bucket.Used(0)} count as used, {charged} were charged";
            },
            [.. Enumerable.Range(0, Threads).Select(i => (Action<Random>)(random => Turn(random, i))), Sweeper, Sweeper]);

        void Turn(Random random, int thread)
        {
            for (var i = 0; i < 8; i++)
            {
                if (stale[thread] is { } old && reservations.TrySettle(old, 7))
                    throw new InvalidOperationException("a handle reached a reservation that is not its own");

                // What is over at once is a race with the sweepers for every step.
                if (reservations.Open(Ms) is not { } handle)
                    continue;
                Interlocked.Increment(ref opened);
                bucket.TryDraw(50, 0, out var draw);
                var isFar = random.Next(2) == 0;
                if (!reservations.TryAdd(handle, 50, draw.Token, isFar ? Far : Ms))
                {
                    bucket.Refund(50, draw.Token, 0);
                    stale[thread] = handle;
                    continue;
                }

                Thread.SpinWait(random.Next(100));
                if (!isFar && random.Next(3) == 0)
                    continue;
                if (reservations.TrySettle(handle, 30))
                {
                    Interlocked.Add(ref charged, 30);
                    Interlocked.Increment(ref ended);
                }
                else if (isFar)
                {
                    throw new InvalidOperationException("a reservation expired though it was renewed");
                }

                stale[thread] = handle;
            }
        }

        void Sweeper(Random random)
        {
            for (var i = 0; i < 12; i++)
                Interlocked.Add(ref ended, reservations.Expire(5 * Ms));
        }
    }
}
