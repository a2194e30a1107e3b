using System.Runtime.InteropServices;
using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>
/// Between a receive that arrives, a reader and a canceller no wake-up is lost or doubled, no byte is lost or doubled, every
/// cancellation is seen, and every block goes back once.
/// </summary>
public sealed class HandOverTests
{
    [Fact]
    public void Nothing_is_lost_between_an_arrival_a_reader_and_a_canceller()
    {
        var pool = new BlockPool();
        Race.Passes(Find(() => new RealHandOver(pool), Race.Time, () => CheckPool(pool)));
    }

    [Theory]
    [InlineData(HandOverDefect.LostWakeUp)]
    [InlineData(HandOverDefect.LostCancel)]
    [InlineData(HandOverDefect.DoubleWake)]
    [InlineData(HandOverDefect.ForgottenWatcher)]
    [InlineData(HandOverDefect.EarlyArrival)]
    public void A_broken_twin_is_caught(HandOverDefect defect) => Race.Fails(Find(() => new TwinHandOver(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinHandOver(HandOverDefect.None), Race.Time));

    [Fact]
    public void A_connection_that_is_completed_while_something_arrives_gives_its_blocks_back_once()
    {
        var pool = new BlockPool();
        RealHandOver input = null!;
        Race.Passes(Race.Rounds(Race.Time, Before, _ => CheckPool(pool), _ => input.Complete(), random => input.Arrive(random.Next(3))));

        void Before(Random random)
        {
            input = new RealHandOver(pool);
            if (random.Next(2) == 0)
            {
                // A block that is held and has room: the next receive goes on in it.
                input.Watch();
                input.Arrive(5);
                input.BeginRead();
                input.EndRead(keep: 2);
                input.BeginRead();
                input.Cancel();
                input.EndRead(keep: 2);
            }
            else
            {
                input.Watch();
            }
        }
    }

    private static string? Find(Func<IHandOver> make, TimeSpan time, Func<string?>? checkPool = null)
    {
        var input = make();
        bool watches = false, arrives = false, cancels = false, ends = false, isWatched = false, isReaderThrough = false, hasArrived = false, wasCanceled = false;
        var toldBefore = 0;
        return Race.Rounds(time, Before, Judge, Reader, Wire, Canceller);

        void Before(Random random)
        {
            (watches, arrives, cancels) = (random.Next(3) == 0, random.Next(4) > 0, random.Next(3) == 0);
            ends = random.Next(40) == 0;
            (isWatched, isReaderThrough, hasArrived) = (false, false, false);
            toldBefore = input.Told;
            input.StopWatching();
        }

        void Reader(Random random)
        {
            if (watches)
                isWatched = input.Watch();
            else
                input.BeginRead();
            Volatile.Write(ref isReaderThrough, true);
        }

        void Wire(Random random)
        {
            if (!arrives)
                return;
            var spin = default(SpinWait);
            while (!input.IsReceiving && !Volatile.Read(ref isReaderThrough))
                spin.SpinOnce(sleep1Threshold: -1);
            if (!input.IsReceiving)
                return;
            hasArrived = true;
            input.Arrive(ends ? 0 : random.Next(1, 40));
        }

        void Canceller(Random random)
        {
            if (cancels)
                input.Cancel();
        }

        string? Judge(Random random)
        {
            var fault = watches ? JudgeWatch() : JudgeRead(random);
            if (fault is not null)
                return fault;
            if (!watches && cancels)
                return JudgeCancel();
            if (watches && cancels)
            {
                input.BeginRead();
                return input.IsReadDone && input.EndRead(0).IsCanceled ? Renew() : "a cancellation before a read was lost";
            }

            return Renew();
        }

        string? JudgeWatch()
        {
            var told = input.Told - toldBefore;
            if (told > (hasArrived ? 1 : 0))
                return $"the watcher was told {told} times";
            return isWatched && hasArrived && told == 0 ? "the watcher was not told" : null;
        }

        string? JudgeRead(Random random)
        {
            if (!input.IsReadDone)
            {
                if (hasArrived || cancels)
                    return hasArrived ? "an arrival woke nobody" : "a cancellation woke nobody";

                // Nothing happened: end the round by a cancellation, which must end the wait.
                input.Cancel();
                return input.IsReadDone && input.EndRead(0).IsCanceled ? null : "a cancellation of a waiting read was lost";
            }

            var heard = input.EndRead(random.Next(2) == 0 ? 0 : random.Next(8));
            wasCanceled = heard.IsCanceled;
            if (heard.IsEnded && !(ends && hasArrived))
                return "the connection ended by itself";
            if (heard.IsCanceled && !cancels)
                return "a read was cancelled by nobody";
            return heard is { Count: 0, IsCanceled: false, IsEnded: false } ? "a read brought nothing" : null;
        }

        // A cancellation that found the read ended by an arrival is kept for the next one.
        string? JudgeCancel()
        {
            if (wasCanceled)
                return Renew();
            input.BeginRead();
            return input.IsReadDone && input.EndRead(0).IsCanceled ? Renew() : "a cancellation was lost";
        }

        string? Renew()
        {
            wasCanceled = false;
            if (!ends || !hasArrived)
                return null;

            // The end has come: it is there to be read, and nothing can come after it.
            input.BeginRead();
            if (!input.IsReadDone || !input.EndRead(0).IsEnded)
                return "the end was lost";
            input.Complete();
            input = make();
            return checkPool?.Invoke();
        }
    }

    /// <summary>All blocks of the only slab are there, each once.</summary>
    private static string? CheckPool(BlockPool pool)
    {
        var blocks = new List<Block>();
        byte[]? slab = null;
        var fault = (string?)null;
        for (var i = 0; i < 32; i++)
        {
            var block = pool.RentSmall();
            Assert.True(MemoryMarshal.TryGetArray<byte>(block.Free, out var array));
            slab ??= array.Array;
            if (array.Array != slab)
                fault = "a block did not come back";
            if (blocks.Contains(block))
                return "a block came back twice";
            blocks.Add(block);
        }

        blocks.ForEach(pool.Return);
        return fault;
    }
}
