using System.Buffers;
using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class SseWriterTests
{
    [Theory]
    [InlineData("", "x", "data: x\n\n")]
    [InlineData("", "", "data: \n\n")]
    [InlineData("ping", "{}", "event: ping\ndata: {}\n\n")]
    [InlineData("", "a\nb", "data: a\ndata: b\n\n")]
    [InlineData("", "a\r\nb\rc\n", "data: a\ndata: b\ndata: c\ndata: \n\n")]
    [InlineData("", "\n\n", "data: \ndata: \ndata: \n\n")]
    [InlineData("a\nid: evil", "x", "event: a\ndata: x\n\n")]
    [InlineData("\r", "x", "data: x\n\n")]
    public void An_event_is_written_line_by_line(string name, string data, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ByteWriter(output);
        SseWriter.WriteEvent(ref writer, Wire.Bytes(name), Wire.Bytes(data));
        writer.Commit();
        Assert.Equal(expected, HeadPrint.Latin(output.WrittenSpan));
    }

    [Theory]
    [InlineData("ping", ": ping\n\n")]
    [InlineData("", ": \n\n")]
    [InlineData("a\r\ndata: evil", ": a\n: data: evil\n\n")]
    public void A_comment_stays_a_comment(string text, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ByteWriter(output);
        SseWriter.WriteComment(ref writer, Wire.Bytes(text));
        writer.Commit();
        Assert.Equal(expected, HeadPrint.Latin(output.WrittenSpan));
        Assert.True(SseFrame.Read(output.WrittenSpan, []).IsComment);
    }

    [Fact]
    public void A_heartbeat_is_a_comment_frame_of_its_own()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ByteWriter(output);
        SseWriter.WriteHeartbeat(ref writer);
        writer.Commit();
        Assert.Equal(": ping\n\n"u8, output.WrittenSpan);
        Assert.Equal(output.WrittenCount, new SseScanner().FindEnd(output.WrittenSpan));
    }

    [Fact]
    public void Whatever_is_written_is_read_back()
    {
        var random = new Random(20);
        for (var round = 0; round < 2000; round++)
        {
            var data = Random(random, "ab: \r\n\u00C3\u00A9\0{}\"", 40);
            var name = Random(random, "abc:. ", 8);
            var output = new ArrayBufferWriter<byte>();
            var writer = new ByteWriter(output);
            SseWriter.WriteEvent(ref writer, Wire.Bytes(name), Wire.Bytes(data));
            writer.Commit();
            Assert.Equal(output.WrittenCount, new SseScanner().FindEnd(output.WrittenSpan));
            var frame = SseFrame.Read(output.WrittenSpan, new byte[output.WrittenCount], midStream: true);
            Assert.Equal(data.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'), HeadPrint.Latin(frame.Data));
            Assert.Equal(name, HeadPrint.Latin(frame.EventName));
        }
    }

    private static string Random(Random random, string alphabet, int lengthMax) =>
        new([.. Enumerable.Range(0, random.Next(0, lengthMax)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
}
