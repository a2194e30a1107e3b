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
        Race.Passes(HandOverRace.Find(() => new RealHandOver(pool), Race.Time));
    }

    [Theory]
    [InlineData(HandOverDefect.LostWakeUp)]
    [InlineData(HandOverDefect.LostCancel)]
    [InlineData(HandOverDefect.DoubleWake)]
    [InlineData(HandOverDefect.ForgottenWatcher)]
    [InlineData(HandOverDefect.EarlyArrival)]
    public void A_broken_twin_is_caught(HandOverDefect defect) =>
        Race.Fails(HandOverRace.Find(() => new TwinHandOver(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() =>
        Race.Passes(HandOverRace.Find(() => new TwinHandOver(HandOverDefect.None), Race.Time));

    [Fact]
    public void A_connection_that_is_completed_while_something_arrives_gives_its_blocks_back_once()
    {
        var blocks = new BlockLedger(new BlockPool());
        RealHandOver input = null!;
        Race.Passes(Race.Rounds(Race.Time, Before, _ => blocks.Judge(), Completer, Wire));

        void Before(Random random)
        {
            input = new RealHandOver(blocks.Pool);
            input.Watch();
            if (random.Next(2) == 0)
                return;

            // A block that is held and has room: the next receive goes on in it.
            input.Arrive(5);
            input.BeginRead();
            input.EndRead(keep: 2);
            input.BeginRead();
            input.Cancel();
            input.EndRead(keep: 2);
        }

        void Completer(Random random)
        {
            input.Complete();
            blocks.RentSome(0);
        }

        void Wire(Random random)
        {
            input.Arrive(random.Next(3));
            blocks.RentSome(1);
        }
    }

    [Fact]
    public void A_block_that_went_back_twice_is_noticed()
    {
        var blocks = new BlockLedger(new BlockPool());
        Race.Passes(Repeat(blocks, static () => { }));
        var twice = blocks.Pool.RentSmall();
        blocks.Pool.Return(twice);
        blocks.Pool.Return(twice);
        Race.Fails(Repeat(blocks, static () => { }));
    }

    [Fact]
    public void Blocks_that_never_go_back_are_noticed()
    {
        var blocks = new BlockLedger(new BlockPool());
        Race.Fails(Repeat(blocks, () => blocks.Pool.RentSmall()));
    }

    private static string? Repeat(BlockLedger blocks, Action between)
    {
        string? fault = null;
        for (var i = 0; i < BlockLedger.BlocksMax && fault is null; i++)
        {
            between();
            blocks.RentSome(0);
            blocks.RentSome(1);
            fault = blocks.Judge();
        }

        return fault;
    }
}
