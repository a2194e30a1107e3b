using AiEdge.Tokenization.Splitting;
using AiEdge.VocabularyTool;

namespace AiEdge.Tokenization.Tests.Splitting;

public sealed class ClassTableTests
{
    [Fact]
    public void Classes_made_compact_are_the_table_that_the_program_carries()
    {
        var classes = new byte[0x110000];
        for (var codePoint = 0; codePoint < classes.Length; codePoint++)
            classes[codePoint] = CharClass.Of(codePoint);
        using var resource = typeof(CharClass).Assembly.GetManifestResourceStream("AiEdge.Tokenization.CharClass.bin")!;
        var table = new byte[resource.Length];
        resource.ReadExactly(table);
        Assert.Equal(table, ClassTable.Compact(classes));
    }

    [Fact]
    public void Ranges_are_read_in_the_package_s_notation()
    {
        // All of White_Space: gaps of one digit (J), of two (hj) and of three (xXe).
        (int, int)[] expected =
        [
            (0x09, 0x0E), (0x20, 0x21), (0x85, 0x86), (0xA0, 0xA1), (0x1680, 0x1681), (0x2000, 0x200B), (0x2028, 0x202A), (0x202F, 0x2030),
            (0x205F, 0x2060), (0x3000, 0x3001),
        ];
        Assert.Equal(expected, ClassTable.Ranges("export default decodeRanges('JERAhjAZAxXeAwl-KcBEAguAw-fA');"));
    }
}
