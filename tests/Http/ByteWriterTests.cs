using System.Buffers;
using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class ByteWriterTests
{
    private delegate void Writing(ref ByteWriter writer);

    [Fact]
    public void What_is_written_comes_out_in_order()
    {
        Assert.Equal("abc-1,ff\r\n", Written((ref w) =>
        {
            w.Write("ab"u8);
            w.WriteByte((byte)'c');
            w.WriteDecimal(-1);
            w.WriteByte((byte)',');
            w.WriteHex(255);
            w.WriteCrlf();
        }));
    }

    [Theory]
    [InlineData(0, "0", "0")]
    [InlineData(9, "9", "9")]
    [InlineData(10, "10", "a")]
    [InlineData(4096, "4096", "1000")]
    [InlineData(long.MaxValue, "9223372036854775807", "7fffffffffffffff")]
    [InlineData(-1, "-1", "ffffffffffffffff")]
    [InlineData(long.MinValue, "-9223372036854775808", "8000000000000000")]
    public void Numbers_are_written(long value, string asDecimal, string asHex)
    {
        Assert.Equal(asDecimal, Written((ref w) => w.WriteDecimal(value)));
        Assert.Equal(asHex, Written((ref w) => w.WriteHex(value)));
    }

    [Fact]
    public void Header_lines_are_written()
    {
        Assert.Equal("content-length: 17\r\nx-a: b c\r\nx-empty: \r\n", Written((ref w) =>
        {
            w.WriteHeader(HeaderNames.Lower(HeaderId.ContentLength), 17);
            w.WriteHeader("x-a"u8, "b c"u8);
            w.WriteHeader("x-empty"u8, default(ReadOnlySpan<byte>));
        }));
    }

    [Theory]
    [InlineData("a\r\nX-Evil: 1", "a  X-Evil: 1")]
    [InlineData("\n", " ")]
    [InlineData("a\0b\u007Fc\u001B", "a b c ")]
    [InlineData("tab\tand caf\u00E9", "tab\tand caf\u00E9")]
    public void A_value_can_never_begin_a_line_of_its_own(string value, string written) =>
        Assert.Equal($"x: {written}\r\n", Written((ref w) => w.WriteHeader("x"u8, Wire.Bytes(value))));

    [Theory]
    [InlineData(200, "HTTP/1.1 200 OK\r\n")]
    [InlineData(429, "HTTP/1.1 429 Too Many Requests\r\n")]
    [InlineData(431, "HTTP/1.1 431 Request Header Fields Too Large\r\n")]
    [InlineData(499, "HTTP/1.1 499 Client Closed Request\r\n")]
    [InlineData(599, "HTTP/1.1 599 \r\n")]
    [InlineData(999, "HTTP/1.1 999 \r\n")]
    public void Status_lines_are_written(int status, string line) => Assert.Equal(line, Written((ref w) => w.WriteStatusLine(status)));

    [Fact]
    public void Every_status_line_is_one_that_a_strict_reader_takes()
    {
        for (var status = 100; status < 600; status++)
        {
            if (status == 101) continue;
            var number = status;
            var text = Written((ref w) =>
            {
                w.WriteStatusLine(number);
                w.WriteCrlf();
            });
            Assert.Equal(status, Wire.Response(text).Status);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(1000)]
    public void A_status_that_is_none_is_refused(int status) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Written((ref w) => w.WriteStatusLine(status)));

    [Fact]
    public void Chunks_are_read_back_by_the_chunk_reader()
    {
        var text = Written((ref w) =>
        {
            foreach (var size in new[] { 1, 15, 16, 300 })
            {
                w.WriteChunkHeader(size);
                w.Write(Wire.Bytes(new string('x', size)));
                w.WriteCrlf();
            }
            w.WriteChunkHeader(0);
            w.WriteCrlf();
        });
        ChunkedTarget.Run(Wire.Bytes(text), [], out var status, out var data, out var end);
        Assert.Equal((ChunkStatus.End, 332, text.Length), (status, data.Length, end));
        Assert.Throws<ArgumentOutOfRangeException>(() => Written((ref w) => w.WriteChunkHeader(-1)));
    }

    [Fact]
    public void Writing_goes_over_the_ends_of_small_spans()
    {
        var output = new TightOutput();
        var expected = "";
        var writer = new ByteWriter(output);
        for (var i = 0; i < 400; i++)
        {
            writer.Write("0123456789"u8);
            writer.WriteDecimal(i);
            writer.WriteByte((byte)';');
            writer.WriteCrlf();
            expected += $"0123456789{i};\r\n";
        }
        writer.Write(new byte[2000]);
        expected += new string('\0', 2000);
        Assert.Equal(expected.Length, writer.BytesWritten);
        writer.Commit();
        Assert.Equal(expected, HeadPrint.Latin(output.Written));
    }

    [Fact]
    public void Nothing_is_the_outputs_before_Commit_and_writing_goes_on_after_it()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ByteWriter(output);
        writer.Write("one"u8);
        Assert.Equal(0, output.WrittenCount);
        writer.Commit();
        writer.Commit();
        Assert.Equal("one"u8, output.WrittenSpan);
        writer.Write("two"u8);
        writer.Commit();
        Assert.Equal("onetwo"u8, output.WrittenSpan);
    }

    private static string Written(Writing writing)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ByteWriter(output);
        writing(ref writer);
        writer.Commit();
        Assert.Equal(output.WrittenCount, writer.BytesWritten);
        return HeadPrint.Latin(output.WrittenSpan);
    }

    /// <summary>Gives exactly the span asked for, filled with noise, so that a byte written past it or left out shows.</summary>
    private sealed class TightOutput : IBufferWriter<byte>
    {
        private readonly List<byte> _written = [];
        private byte[] _span = [];

        public byte[] Written => [.. _written];

        public void Advance(int count)
        {
            _written.AddRange(_span.AsSpan(0, count));
            _span = _span[count..];
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _span = [.. Enumerable.Repeat((byte)'#', Math.Max(1, sizeHint))];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
