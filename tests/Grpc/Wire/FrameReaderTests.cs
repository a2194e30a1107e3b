using System.Buffers;
using System.IO.Pipelines;
using AiEdge.Grpc.Wire;

namespace AiEdge.Grpc.Tests.Wire;

public sealed class FrameReaderTests
{
    private const int Max = 1000;

    [Fact]
    public void Messages_are_the_same_wherever_the_bytes_are_cut()
    {
        byte[][] messages = [[], [1], [.. Enumerable.Range(0, 300).Select(i => (byte)i)], [0, 0, 0, 0, 0]];
        var bytes = messages.SelectMany(Frame).ToArray();
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var front = new ReadOnlySequence<byte>(bytes.AsMemory(0, cut));
            var read = Drain(ref front);
            var whole = Joined(front.ToArray(), bytes.AsMemory(cut));
            read.AddRange(Drain(ref whole));
            Assert.Equal(messages, read);
            Assert.True(whole.IsEmpty);
        }
    }

    [Fact]
    public async Task A_pipe_that_brings_one_byte_at_a_time_brings_the_same_messages()
    {
        byte[][] messages = [[7, 8, 9], [], [.. Enumerable.Repeat((byte)3, 64)]];
        var pipe = new Pipe();
        var reader = new MessageReader<byte[]>(pipe.Reader, BytesSerializer.Instance, Max);
        var writing = WriteSlowly(pipe.Writer, [.. messages.SelectMany(Frame)]);
        foreach (var message in messages)
        {
            Assert.Equal((true, GrpcStatus.Ok), await reader.ReadAsync(CancellationToken.None));
            Assert.Equal(message, reader.Current);
        }

        Assert.Equal((false, GrpcStatus.Ok), await reader.ReadAsync(CancellationToken.None));
        await writing;
    }

    [Fact]
    public async Task A_stream_that_ends_inside_a_message_is_a_fault_at_every_byte()
    {
        var bytes = Frame([1, 2, 3, 4]);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var pipe = new Pipe();
            await pipe.Writer.WriteAsync(bytes.AsMemory(0, cut));
            await pipe.Writer.CompleteAsync();
            var (hasMessage, fault) = await new MessageReader<byte[]>(pipe.Reader, BytesSerializer.Instance, Max).ReadAsync(CancellationToken.None);
            Assert.False(hasMessage);
            Assert.Equal(GrpcCode.Internal, fault.Code);
        }
    }

    [Theory]
    [InlineData(0, 1000, (int)FrameOutcome.NeedMore)]
    [InlineData(0, 1001, (int)FrameOutcome.TooLarge)]
    [InlineData(0, int.MaxValue, (int)FrameOutcome.TooLarge)]
    [InlineData(0, -1, (int)FrameOutcome.TooLarge)]
    [InlineData(1, 5, (int)FrameOutcome.Compressed)]
    [InlineData(2, 5, (int)FrameOutcome.BadFlag)]
    [InlineData(255, 5, (int)FrameOutcome.BadFlag)]
    public void The_prefix_is_judged_before_the_message_has_come(int flag, int length, int outcome)
    {
        var buffer = new ReadOnlySequence<byte>([(byte)flag, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        Assert.Equal((FrameOutcome)outcome, FrameReader.Read(ref buffer, Max, out _));
        Assert.Equal(5, buffer.Length);
    }

    [Fact]
    public void A_bad_flag_is_found_by_its_byte_alone()
    {
        var buffer = new ReadOnlySequence<byte>([9]);
        Assert.Equal(FrameOutcome.BadFlag, FrameReader.Read(ref buffer, Max, out _));
    }

    [Fact]
    public void What_is_written_is_what_is_read_at_any_size()
    {
        foreach (var size in (int[])[0, 1, 506, 507, 508, 512, 5000, 70_000])
        {
            var message = new byte[size];
            new Random(size).NextBytes(message);
            using var frame = FrameBuffer.Of(BytesSerializer.Instance, message);
            var buffer = new ReadOnlySequence<byte>(frame.Frame);
            Assert.Equal(FrameOutcome.Message, FrameReader.Read(ref buffer, 70_000, out var read));
            Assert.Equal(message, read.ToArray());
            Assert.True(buffer.IsEmpty);
        }
    }

    internal static byte[] Frame(byte[] message) =>
        [0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static List<byte[]> Drain(ref ReadOnlySequence<byte> buffer)
    {
        var messages = new List<byte[]>();
        while (FrameReader.Read(ref buffer, Max, out var message) == FrameOutcome.Message)
            messages.Add(message.ToArray());
        return messages;
    }

    private static ReadOnlySequence<byte> Joined(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        var head = new Segment(first, 0);
        var tail = head.Then(second);
        return new(head, 0, tail, second.Length);
    }

    private static async Task WriteSlowly(PipeWriter writer, byte[] bytes)
    {
        foreach (var value in bytes)
        {
            await writer.WriteAsync(new[] { value });
            await Task.Yield();
        }

        await writer.CompleteAsync();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long at) => (Memory, RunningIndex) = (memory, at);

        public Segment Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
