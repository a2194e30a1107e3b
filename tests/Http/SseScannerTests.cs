namespace AiEdge.Http.Tests;

public sealed class SseScannerTests
{
    [Theory]
    [InlineData("data: a\n\n|")]
    [InlineData("data: a\r\r|")]
    [InlineData("data: a\r\n\r\n|")]
    [InlineData("data: a\n\r|")]
    [InlineData("data: a\n\r\n|")]
    [InlineData("data: a\r\n\n|")]
    [InlineData("data: a\r\n\r|")]
    [InlineData("data: a\n\n|data: b\n\n|")]
    [InlineData("data: a\r\r|data: b\r\r|")]
    [InlineData("data: a\r\n\r\n|data: b\r\n\r\n|")]
    [InlineData("data: a\r\r\n|data: b\n\n|")]
    [InlineData("event: x\ndata: a\ndata: b\n\n|: c\n\n|")]
    [InlineData("\n|\n|data: a\n\n|")]
    [InlineData("\r\n|data: a\n\n|")]
    [InlineData("\u00EF\u00BB\u00BFdata: a\n\n|")]
    [InlineData("\u00EF\u00BB\u00BF\n|data: a\n\n|")]
    [InlineData("\u00EF\u00BB\n\n|")]
    [InlineData("\u00EFx\n\n|")]
    [InlineData("\u00EF\u00BB\u00BF\u00EF\u00BB\u00BF\n\n|")]
    [InlineData("data: a\n\n|\u00EF\u00BB\u00BF\n\n|")]
    [InlineData("data: a\n\n|data: cut")]
    [InlineData("data: a\n")]
    [InlineData("data: a\r\n")]
    [InlineData("")]
    public void A_frame_ends_behind_its_empty_line(string marked)
    {
        var text = marked.Replace("|", "", StringComparison.Ordinal);
        var ends = new List<int>();
        for (var at = marked.IndexOf('|', StringComparison.Ordinal); at >= 0; at = marked.IndexOf('|', at + 1)) ends.Add(at - ends.Count);
        Assert.Equal(ends, Ends(text));
    }

    [Fact]
    public void Frames_are_found_wherever_the_stream_is_cut()
    {
        const string Text = "\u00EF\u00BB\u00BFdata: a\r\n\r\nevent: x\ndata: b\n\n\ndata: c\r\rid: 1\r\ndata: d\n\r\n: ping\n\r";
        var whole = Ends(Text);
        Assert.Equal(6, whole.Count);
        for (var first = 0; first <= Text.Length; first++)
            for (var second = first; second <= Text.Length; second += 3)
                Assert.Equal(whole.Select(e => Late(e, first, second)), Ends(Text, first, second));
        Assert.Equal(whole.Select(e => EndsInCrLf(e) ? e - 1 : e), Ends(Text, [.. Enumerable.Range(1, Text.Length)]));

        // Behind a CR at a cut the end is told at once; the LF that follows is the next frame's and means nothing.
        static int Late(int end, int first, int second) => EndsInCrLf(end) && (end - 1 == first || end - 1 == second) ? end - 1 : end;
        static bool EndsInCrLf(int end) => Text[end - 1] == '\n' && Text[end - 2] == '\r';
    }

    [Fact]
    public void A_frame_closed_by_CR_at_the_end_is_told_at_once_and_its_LF_opens_no_frame()
    {
        var scanner = new SseScanner();
        Assert.Equal(9, scanner.FindEnd("data: a\r\r"u8));
        Assert.False(scanner.InFrame);
        Assert.Equal(-1, scanner.FindEnd("\n"u8));
        Assert.False(scanner.InFrame);
        Assert.Equal(9, scanner.FindEnd("data: b\n\n"u8));
        Assert.Equal(1, scanner.FindEnd("\n"u8));
    }

    [Fact]
    public void InFrame_is_true_between_a_frames_first_byte_and_its_end()
    {
        var scanner = new SseScanner();
        Assert.False(scanner.InFrame);
        Assert.Equal(-1, scanner.FindEnd("d"u8));
        Assert.True(scanner.InFrame);
        Assert.Equal(-1, scanner.FindEnd("ata: x\n"u8));
        Assert.True(scanner.InFrame);
        Assert.Equal(-1, scanner.FindEnd([]));
        Assert.Equal(1, scanner.FindEnd("\n"u8));
        Assert.False(scanner.InFrame);
        Assert.Equal(-1, scanner.FindEnd(":"u8));
        scanner.Reset();
        Assert.False(scanner.InFrame);
        Assert.Equal(1, scanner.FindEnd("\n"u8));
    }

    [Fact]
    public void A_long_frame_is_found_in_pieces_of_any_size()
    {
        var text = "data: " + new string('x', 5000) + "\n\ndata: y\n\n";
        for (var size = 1; size < 700; size += 13)
            Assert.Equal([5008, 5017], Ends(text, [.. Enumerable.Range(1, text.Length / size).Select(i => i * size)]));
    }

    private static List<int> Ends(string text, params int[] arrivals)
    {
        var bytes = Wire.Bytes(text);
        var scanner = new SseScanner();
        var ends = new List<int>();
        var start = 0;
        foreach (var arrived in arrivals.Append(bytes.Length))
        {
            while (start < arrived)
            {
                var end = scanner.FindEnd(bytes.AsSpan(start, arrived - start));
                start = end < 0 ? arrived : start + end;
                if (end >= 0) ends.Add(start);
            }
        }
        return ends;
    }
}
