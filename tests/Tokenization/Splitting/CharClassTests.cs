using System.Globalization;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Tests.Splitting;

public sealed class CharClassTests
{
    [Fact]
    public void Every_code_point_has_the_class_that_tiktoken_gives_it()
    {
        var expected = new byte[0x110000];
        using var lines = new StreamReader(typeof(CharClassTests).Assembly.GetManifestResourceStream("classes.txt")!);
        while (lines.ReadLine() is { } line)
        {
            var parts = line.Split(' ');
            var (first, last) = (Hex(parts[0]), Hex(parts[1]));
            expected.AsSpan(first, last - first + 1).Fill(byte.Parse(parts[2], CultureInfo.InvariantCulture));
        }
        for (var codePoint = 0; codePoint < 0x110000; codePoint++)
            Assert.True(expected[codePoint] == CharClass.Of(codePoint), $"{codePoint:X}: {CharClass.Of(codePoint)}, not {expected[codePoint]}");
    }

    [Fact]
    public void The_class_is_the_same_read_from_utf_8()
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var codePoint = 0; codePoint < 0x110000; codePoint++)
        {
            if (!System.Text.Rune.IsValid(codePoint))
                continue;
            var length = new System.Text.Rune(codePoint).EncodeToUtf8(bytes);
            Assert.Equal(CharClass.Of(codePoint), CharClass.At(ref bytes[0], 0, out var size));
            Assert.Equal(length, size);
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
