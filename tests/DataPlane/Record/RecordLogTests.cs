using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

public sealed class RecordLogTests
{
    private static readonly EdgeClock Clock = new();

    [Fact]
    public void What_waits_at_the_end_is_written_first()
    {
        var output = new MemoryStream();
        using (var log = new RecordLog(output))
        {
            for (var i = 0; i < 100; i++)
                log.Add(JournalRig.Exchange($"r{i}"), Clock);
        }

        Assert.Equal(100, Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    /// <summary>The process must not die of a thread that its reader held up beyond the end.</summary>
    [Fact]
    public async Task A_reader_that_comes_back_after_the_end_gets_the_rest()
    {
        using var output = new HeldStream();
        var log = new RecordLog(output, patience: TimeSpan.Zero);
        log.Add(JournalRig.Exchange("first"), Clock);
        await output.Held.WaitAsync(TimeSpan.FromSeconds(30));
        log.Add(JournalRig.Exchange("second"), Clock);
        log.Dispose();
        output.Release();
        await output.Saw("second").WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Its first write blocks until it is released.</summary>
    private sealed class HeldStream : MemoryStream
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();
        private string _text = "-";

        public Task Held => _held.Task;

        public void Release() => _released.Set();

        public Task Saw(string text)
        {
            lock (_seen)
            {
                _text = text;
                Look();
            }

            return _seen.Task;
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _held.TrySetResult();
            _released.Wait();
            lock (_seen)
            {
                base.Write(buffer);
                Look();
            }
        }

        private void Look()
        {
            if (_text != "-" && Encoding.UTF8.GetString(ToArray()).Contains(_text, StringComparison.Ordinal))
                _seen.TrySetResult();
        }
    }
}
