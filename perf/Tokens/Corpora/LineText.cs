using System.Text;
using AiEdge.Tokenization.Tests.Golden;

namespace AiEdge.Tokens.Corpora;

/// <summary>Stretches of lines from files that are there, in another order each time: source code, or lines of many scripts.</summary>
internal sealed class LineText(IEnumerable<string> files, int linesMin, int linesMax) : ICorpus
{
    private readonly string[][] _files = [.. files.Select(File.ReadAllLines).Where(l => l.Length > 0)];

    public byte[] Make(SeededRandom random, int bytes)
    {
        var text = new StringBuilder(bytes + 256);
        int made = 0;
        while (made < bytes)
        {
            string[] lines = random.Pick(_files);
            int start = random.Below(lines.Length), count = Math.Min(random.Between(linesMin, linesMax), lines.Length - start);
            foreach (string line in lines.AsSpan(start, count))
            {
                text.Append(line).Append('\n');
                made += Encoding.UTF8.GetByteCount(line) + 1;
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
