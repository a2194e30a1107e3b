using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class SseReaderTests
{
    private const string Stream =
        "\u00EF\u00BB\u00BF: hello\r\n\r\nid: 1\nretry: 30\nevent: start\ndata: a\n\nid: 2\n\ndata: b\r\ndata: c\r\n\r\n"
        + "data: d\r\rid\ndata\n\n\n\nevent: x\n\ndata: after\n"
        + "\u00EF\u00BB\u00BFdata: no field\n\n\u00EF\u00BB\u00BFdata: none\n\n: ping\n\ndata: [DONE]\n\ndata: cut";

    private static readonly string[] Expected =
    [
        PlainEvents.Print("start", "a", "1", 30),
        PlainEvents.Print("", "b\nc", "2", 30),
        PlainEvents.Print("", "d", "2", 30),
        PlainEvents.Print("", "", "", 30),
        PlainEvents.Print("", "after", "", 30),
        PlainEvents.Print("", "[DONE]", "", 30),
    ];

    [Fact]
    public void Events_are_read_wherever_the_stream_is_cut()
    {
        var bytes = Wire.Bytes(Stream);
        Assert.Equal(Expected, SseTarget.Run(new SseReader(), bytes, []));
        Assert.Equal(Expected, SseTarget.Run(new SseReader(), bytes, Feeding.EveryByte(bytes.Length)));
        for (var at = 1; at < bytes.Length; at++)
        {
            Assert.Equal(Expected, SseTarget.Run(new SseReader(), bytes, [at]));
            Assert.Equal(Expected, SseTarget.Run(new SseReader(), bytes, [at, at + 1]));
            Assert.Equal(Expected, SseTarget.Run(new SseReader(), bytes, [at / 2, at]));
        }
    }

    [Fact]
    public void The_plain_reader_of_the_tests_agrees() => Assert.Equal(Expected, PlainEvents.Read(Stream));

    [Fact]
    public void An_unfinished_frame_is_no_event()
    {
        var reader = new SseReader();
        Assert.Empty(SseTarget.Run(reader, Wire.Bytes("data: x\n"), []));
        Assert.True(reader.InFrame);
    }
}
