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
        Race.Passes(HandOverRace.Find(() => new RealHandOver(pool), Race.Time, () => CheckPool(pool)));
    }

    [Theory]
    [InlineData(HandOverDefect.LostWakeUp)]
    [InlineData(HandOverDefect.LostCancel)]
    [InlineData(HandOverDefect.DoubleWake)]
    [InlineData(HandOverDefect.ForgottenWatcher)]
    [InlineData(HandOverDefect.EarlyArrival)]
    public void A_broken_twin_is_caught(HandOverDefect defect) => Race.Fails(HandOverRace.Find(() => new TwinHandOver(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(HandOverRace.Find(() => new TwinHandOver(HandOverDefect.None), Race.Time));

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
