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
        Assert.Equal(Expected, SseTarget.Run(new SseReader(100), bytes, []));
        Assert.Equal(Expected, SseTarget.Run(new SseReader(100), bytes, Feeding.EveryByte(bytes.Length)));
        for (var at = 1; at < bytes.Length; at++)
        {
            Assert.Equal(Expected, SseTarget.Run(new SseReader(100), bytes, [at]));
            Assert.Equal(Expected, SseTarget.Run(new SseReader(100), bytes, [at, at + 1]));
            Assert.Equal(Expected, SseTarget.Run(new SseReader(100), bytes, [at / 2, at]));
        }
    }

    [Fact]
    public void The_plain_reader_of_the_tests_agrees() => Assert.Equal(Expected, PlainEvents.Read(Stream));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void A_frame_over_the_bound_ends_reading(int pieceLength)
    {
        var fits = "data: " + new string('x', 92) + "\n\n";
        Assert.Equal(100, fits.Length);
        var over = "data: " + new string('x', 93) + "\n\n";
        foreach (var (text, events) in new[] { (fits + fits, 2), (fits + over + fits, 1), (new string(':', 101), 0) })
        {
            var reader = new SseReader(100);
            var arrivals = Enumerable.Range(1, text.Length / pieceLength).Select(i => i * pieceLength).ToArray();
            Assert.Equal(events, SseTarget.Run(reader, Wire.Bytes(text), arrivals).Count);
            Assert.Equal(events < 2, reader.IsTooLarge);
        }
    }

    [Fact]
    public void An_unfinished_frame_is_no_event()
    {
        var reader = new SseReader(100);
        Assert.Empty(SseTarget.Run(reader, Wire.Bytes("data: x\n"), []));
        Assert.True(reader.InFrame);
    }

    [Fact]
    public void Reset_goes_back_to_the_start_of_a_stream()
    {
        var reader = new SseReader(100);
        var bytes = Wire.Bytes(Stream);
        for (var length = 0; length < bytes.Length; length += 5)
        {
            SseTarget.Run(reader, bytes[..length], []);
            reader.Reset();
            Assert.True(reader.LastEventId.IsEmpty);
            Assert.Equal(Expected, SseTarget.Run(reader, bytes, []));
            reader.Reset();
        }
    }
}
