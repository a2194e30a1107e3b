using System.Buffers;
using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class SseFrameTests
{
    [Theory]
    [InlineData("data: x\n\n", "x")]
    [InlineData("data:x\n\n", "x")]
    [InlineData("data:  x \n\n", " x ")]
    [InlineData("data:\n\n", "")]
    [InlineData("data\n\n", "")]
    [InlineData("data: a\ndata: b\n\n", "a\nb")]
    [InlineData("data\ndata\n\n", "\n")]
    [InlineData("data: a\r\ndata:\r\ndata: c\r\n\r\n", "a\n\nc")]
    [InlineData("data: a\rdata: b\r\r", "a\nb")]
    [InlineData("data: a:b\n\n", "a:b")]
    [InlineData("data: a\n: comment\nevent: e\ndata: b\n\n", "a\nb")]
    [InlineData("\ndata: a\n\n", "a")]
    [InlineData("data: a", "a")]
    [InlineData("data: \u00C3\u00A9\0\n\n", "\u00C3\u00A9\0")]
    public void Data_lines_are_joined(string text, string data)
    {
        var frame = SseFrame.Read(Wire.Bytes(text), new byte[64]);
        Assert.True(frame.HasData);
        Assert.Equal(data, HeadPrint.Latin(frame.Data));
        Assert.False(frame.IsComment);
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(data, HeadPrint.Latin(SseFrame.Read(Wire.Bytes(text), output).Data));
        Assert.Equal(data.Contains('\n', StringComparison.Ordinal) ? data.Length : 0, output.WrittenCount);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData(": ping\n\n")]
    [InlineData("event: x\n\n")]
    [InlineData("Data: x\n\n")]
    [InlineData(" data: x\n\n")]
    [InlineData("data : x\n\n")]
    [InlineData("datas: x\n\n")]
    [InlineData("id: 1\nretry: 2\n\n")]
    public void Without_a_data_field_there_is_no_data(string text)
    {
        var frame = SseFrame.Read(Wire.Bytes(text), []);
        Assert.False(frame.HasData);
        Assert.True(frame.Data.IsEmpty);
    }

    [Theory]
    [InlineData(": ping\n\n", true)]
    [InlineData(":\n\n", true)]
    [InlineData(": a\n: b\r\n\r\n", true)]
    [InlineData("\n", false)]
    [InlineData(": ping\ndata: x\n\n", false)]
    [InlineData("event: ping\n\n", false)]
    public void A_frame_of_comments_only_is_a_comment(string text, bool isComment) =>
        Assert.Equal(isComment, SseFrame.Read(Wire.Bytes(text), []).IsComment);

    [Fact]
    public void Single_line_data_is_a_slice_of_the_frame()
    {
        var bytes = Wire.Bytes("event: e\ndata: abc\n\n");
        var frame = SseFrame.Read(bytes, []);
        Assert.True(frame.Data.Overlaps(bytes));
        Assert.Equal("e"u8, frame.EventName);
    }

    [Theory]
    [InlineData("event: a\nevent: b\n\n", "b")]
    [InlineData("event:a b\n\n", "a b")]
    [InlineData("event\n\n", "")]
    [InlineData("event: a\nevent\n\n", "")]
    [InlineData("data: x\n\n", "")]
    public void The_last_event_name_counts(string text, string name) =>
        Assert.Equal(name, HeadPrint.Latin(SseFrame.Read(Wire.Bytes(text), []).EventName));

    [Theory]
    [InlineData("id: 7\n\n", true, "7")]
    [InlineData("id\n\n", true, "")]
    [InlineData("id: 1\nid: 2\n\n", true, "2")]
    [InlineData("id: 1\nid: a\0b\n\n", true, "1")]
    [InlineData("id: \0\n\n", false, "")]
    [InlineData("data: x\n\n", false, "")]
    public void An_id_with_NUL_is_ignored(string text, bool hasId, string id)
    {
        var frame = SseFrame.Read(Wire.Bytes(text), []);
        Assert.Equal(hasId, frame.HasId);
        Assert.Equal(id, HeadPrint.Latin(frame.Id));
    }

    [Theory]
    [InlineData("retry: 250\n\n", 250)]
    [InlineData("retry:0\n\n", 0)]
    [InlineData("retry: 250\nretry: x\n\n", 250)]
    [InlineData("retry: 1s\n\n", -1)]
    [InlineData("retry: -1\n\n", -1)]
    [InlineData("retry: 1.5\n\n", -1)]
    [InlineData("retry:  1\n\n", -1)]
    [InlineData("retry\n\n", -1)]
    [InlineData("retry: 99999999999999999999\n\n", -1)]
    [InlineData("data: x\n\n", -1)]
    public void Retry_is_digits_only(string text, long retryMs) => Assert.Equal(retryMs, SseFrame.Read(Wire.Bytes(text), []).RetryMs);

    [Fact]
    public void A_byte_order_mark_is_skipped_at_the_start_of_the_stream_only()
    {
        var bytes = Wire.Bytes("\u00EF\u00BB\u00BFdata: x\n\n");
        Assert.Equal("x"u8, SseFrame.Read(bytes, []).Data);
        Assert.False(SseFrame.Read(bytes, [], midStream: true).HasData);
    }

    [Fact]
    public void Scratch_that_is_too_small_for_joined_data_is_refused()
    {
        Assert.Throws<ArgumentException>(() => SseFrame.Read("data: a\ndata: b\n\n"u8, new byte[2]));
        Assert.Equal("a\nb"u8, SseFrame.Read("data: a\ndata: b\n\n"u8, new byte[3]).Data);
    }
}
