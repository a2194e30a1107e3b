using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Core;

/// <summary>The line by which Claude Code says who asks.</summary>
public sealed class AttributionLineTests
{
    private static ReadOnlySpan<byte> Mark => "x-anthropic-billing-header:"u8;

    private const string Line = "x-anthropic-billing-header: cc_version=2.1.156.a3f; cc_entrypoint=cli; cch=8f2c1;";

    [Theory]
    [InlineData(Line, 0)]
    [InlineData(Line + "\\nYou are", 7)]
    [InlineData("You are\\n" + Line, -1)]
    [InlineData("x-anthropic-billing", -1)]
    [InlineData("", -1)]
    public void Its_length_is_the_same_wherever_the_text_is_cut(string text, int rest)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        var expected = rest < 0 ? 0 : bytes.Length - rest;
        Assert.Equal(expected, AttributionLine.Length(bytes, Mark));
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(expected, AttributionLine.Length(InTwo(bytes, cut), Mark));
    }

    /// <summary>What has no end within its bound is a prompt like any other.</summary>
    [Theory]
    [InlineData(AttributionLine.BytesMax, AttributionLine.BytesMax)]
    [InlineData(AttributionLine.BytesMax + 1, 0)]
    [InlineData(9000, 0)]
    public void A_long_one_is_none(int length, int expected)
    {
        var bytes = Encoding.ASCII.GetBytes(Line.PadRight(length, 'x'));
        Assert.Equal(expected, AttributionLine.Length(bytes, Mark));
        Assert.Equal(expected, AttributionLine.Length(InTwo(bytes, 100), Mark));
    }

    private static ReadOnlySequence<byte> InTwo(byte[] bytes, int cut)
    {
        var first = new Part(bytes.AsMemory(0, cut), 0);
        var last = new Part(bytes.AsMemory(cut), cut);
        first.Append(last);
        return new(first, 0, last, bytes.Length - cut);
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public void Append(Part part) => Next = part;
    }
}
