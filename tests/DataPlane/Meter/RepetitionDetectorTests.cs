using System.Text;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Tests.Meter;

public class RepetitionDetectorTests
{
    private const int Times = 10;

    private readonly RepetitionDetector _detector = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(200)]
    [InlineData(512)]
    public void A_block_is_found_when_it_has_come_so_often_right_after_itself_and_not_before(int period)
    {
        byte[] block = Random(period, seed: period);
        int unit = period * ((RepetitionDetector.BlockBytesMin + period - 1) / period);
        byte[] before = Random(1000, seed: 5);
        Assert.False(_detector.Add(before, Times));
        int at = 0;
        while (!_detector.Add([block[at % period]], Times))
            Assert.True(++at < (20 * unit) + 2000, "never found");

        // What stands right in front of the block may go with it.
        Assert.InRange(at + 1, ((Times + 1) * unit) - 16, ((Times + 1) * unit) + period + RepetitionDetector.GramBytes);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public void What_only_looks_alike_is_no_repetition(string what, string text)
    {
        Assert.False(_detector.Add(Encoding.UTF8.GetBytes(text), Times), what);
    }

    [Fact]
    public void Longer_blocks_than_are_looked_for_are_none()
    {
        byte[] block = Random(RepetitionDetector.PeriodMax + 1, seed: 1);
        for (int i = 0; i < 100; i++)
            Assert.False(_detector.Add(block, Times));
    }

    [Fact]
    public void It_does_not_matter_how_the_text_is_cut_nor_what_came_before_a_reset()
    {
        byte[] text = Encoding.UTF8.GetBytes(new string('z', 300) + string.Concat(Enumerable.Repeat("and so on, ", 80)));
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            _detector.Reset();
            bool found = false;
            int at = 0;
            while (at < text.Length && !found)
            {
                int next = Math.Min(text.Length, at + random.Next(1, 50));
                found = _detector.Add(text.AsSpan(at, next - at), Times);
                at = next;
            }

            Assert.True(found);
            _detector.Reset();
            Assert.False(_detector.Add(text.AsSpan(0, 300), Times));
        }
    }

    [Fact]
    public void One_other_byte_begins_anew()
    {
        string line = string.Concat(Enumerable.Repeat("abcdefgh", 80));
        for (int i = 0; i < 20; i++)
            Assert.False(_detector.Add(Encoding.UTF8.GetBytes(line + i % 10), Times));
        Assert.True(_detector.Add(Encoding.UTF8.GetBytes(line + line), Times));
    }

    public static TheoryData<string, string> Harmless() => new()
    {
        { "blanks", new string(' ', 640) },
        { "a ruler", new string('-', 640) + "\\n" + new string('=', 640) },
        { "a table", string.Concat(Enumerable.Range(0, 500).Select(i => $"| {i} | yes | yes | yes |\\n")) },
        { "code", string.Concat(Enumerable.Range(0, 300).Select(i => $"            values[{i}] = 0;\\n")) },
        { "base64", Convert.ToBase64String(Random(20_000, seed: 2)) },
        { "an empty table", string.Concat(Enumerable.Repeat("|     |     |\\n", 45)) },
        { "zeros", string.Join(", ", Enumerable.Range(0, 1000).Select(i => i % 16 == 0 ? $"{i}" : "0")) },
    };

    private static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
