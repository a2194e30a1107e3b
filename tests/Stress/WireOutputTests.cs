using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>A flush ends once, by its send or by the canceller that meant it; one who comes late touches no later flush.</summary>
public sealed class WireOutputTests
{
    [Fact]
    public void Only_the_flush_that_was_meant_is_cancelled() =>
        Race.Passes(Find(static (output, meant) => output.CancelFlush(meant), Race.Time));

    [Fact]
    public void A_canceller_that_means_whichever_flush_is_under_way_is_caught() =>
        Race.Fails(Find(static (output, _) => output.CancelPendingFlush(), Race.TwinTime));

    [Fact]
    public void An_output_of_which_everything_was_sent_is_good_although_its_flush_was_cancelled()
    {
        var blocks = new BlockLedger(new BlockPool());
        WireOutput output = null!;
        Task<bool> flush = null!;
        long meant = 0;
        Race.Passes(Race.Rounds(Race.Time, Before, Judge, Writer, Canceller));

        void Before(Random random)
        {
            output = new WireOutput(new PromptWire(), blocks.Pool);
            meant = output.NextFlush;
        }

        void Writer(Random random) => flush = FlushAsync(output);

        void Canceller(Random random) => output.CancelFlush(meant);

        string? Judge(Random random)
        {
            flush.Wait();
            return output.IsFlushing ? "a flush that was over still held the output" : null;
        }
    }

    private static string? Find(Action<WireOutput, long> cancel, TimeSpan time)
    {
        var blocks = new BlockLedger(new BlockPool());
        PendingWire wire = null!;
        WireOutput output = null!;
        Task<bool> first = null!, second = null!;
        long meant = 0;
        return Race.Rounds(time, Before, Judge, Completer, Canceller, LateCanceller);

        void Before(Random random)
        {
            wire = new PendingWire();
            output = new WireOutput(wire, blocks.Pool);
            meant = output.NextFlush;
            first = FlushAsync(output);
        }

        // Ends the first send, and with it the first flush unless it was cancelled; then the writer's second flush begins.
        void Completer(Random random)
        {
            wire.Finish();
            first.Wait();
            Volatile.Write(ref second, first.Result ? Task.FromResult(true) : FlushAsync(output));
        }

        void Canceller(Random random)
        {
            if (random.Next(2) == 0)
                output.CancelFlush(meant);
        }

        void LateCanceller(Random random)
        {
            Thread.SpinWait(random.Next(400));
            cancel(output, meant);
        }

        string? Judge(Random random)
        {
            if (!first.Result && second.IsCompleted)
                return "a flush was cancelled that nobody meant";
            wire.Finish();
            second.Wait();
            output.Complete();
            return null;
        }
    }

    private static async Task<bool> FlushAsync(WireOutput output)
    {
        output.GetSpan(1)[0] = 1;
        output.Advance(1);
        return (await output.FlushAsync()).IsCanceled;
    }

    /// <summary>A wire whose sends take a moment and no wait.</summary>
    private sealed class PromptWire : DeafWire
    {
        public override bool Send(ReadOnlyMemory<byte> bytes, out bool ok)
        {
            Race.Gap();
            return ok = true;
        }
    }

    /// <summary>A wire whose sends end when the test says so.</summary>
    private sealed class PendingWire : DeafWire
    {
        private int _isSending;

        public override bool Send(ReadOnlyMemory<byte> bytes, out bool ok)
        {
            Volatile.Write(ref _isSending, 1);
            ok = false;
            return false;
        }

        public void Finish()
        {
            if (Interlocked.Exchange(ref _isSending, 0) != 0)
                SendSink!.OnSent(true);
        }
    }

    private abstract class DeafWire : Wire
    {
        public override bool Receive(out int count)
        {
            count = 0;
            return false;
        }

        public override void ShutdownSend()
        {
        }

        public override void Abort()
        {
        }
    }
}
