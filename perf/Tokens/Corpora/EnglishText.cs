using System.Text;
using System.Text.RegularExpressions;
using AiEdge.Tokenization.Tests.Golden;

namespace AiEdge.Tokens.Corpora;

/// <summary>
/// Prose with the words and neighbours of this repository's own (comments and documents): a chain of words, each drawn from those
/// that follow the last one somewhere. Now and then comes a name that is made up, or a number, as real text has words that nobody
/// has seen before.
/// </summary>
internal sealed partial class EnglishText : ICorpus
{
    private const string Syllables = "ba be bo da den dor el en fa fen ga gar ha hil in ja ka kel la len lo ma mar mi na nor o pe ra ren ri sa sel so ta tor u va vel wi ya zen";

    private static readonly string[] Parts = Syllables.Split(' ');

    private readonly Dictionary<string, List<string>> _following = new(StringComparer.Ordinal);
    private readonly string[] _openings;

    public EnglishText(IEnumerable<string> paragraphs)
    {
        var openings = new List<string>();
        foreach (string paragraph in paragraphs)
        {
            string[] words = paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 4)
                continue;
            openings.Add(words[0]);
            for (int i = 1; i < words.Length; i++)
            {
                if (!_following.TryGetValue(words[i - 1], out var next))
                    _following.Add(words[i - 1], next = []);
                next.Add(words[i]);
            }
        }

        _openings = [.. openings];
    }

    /// <summary>What stands in comments of C# and in documents, a paragraph each.</summary>
    public static IEnumerable<string> Prose(string root)
    {
        foreach (string file in RepositoryFiles.Of(root, ".cs"))
        {
            foreach (string line in File.ReadLines(file).Select(l => l.Trim()).Where(l => l.StartsWith("//", StringComparison.Ordinal)))
                yield return Tags().Replace(line, "").Trim('/', ' ');
        }

        foreach (string file in RepositoryFiles.Of(root, ".md"))
        {
            foreach (string line in File.ReadLines(file).Where(l => !l.StartsWith('|') && !l.StartsWith("    ", StringComparison.Ordinal)))
                yield return line.Replace("`", "", StringComparison.Ordinal).Replace("*", "", StringComparison.Ordinal).Trim('#', ' ');
        }
    }

    public byte[] Make(SeededRandom random, int bytes)
    {
        var text = new StringBuilder(bytes + 64);
        string word = random.Pick(_openings);
        while (text.Length < bytes)
        {
            text.Append(random.Below(100) switch
            {
                0 or 1 => Name(random),
                2 => random.Below(5000).ToString(System.Globalization.CultureInfo.InvariantCulture),
                _ => word,
            });
            bool isEnd = !_following.TryGetValue(word, out var next) || (word.EndsWith('.') && random.OneIn(3));
            word = isEnd ? random.Pick(_openings) : random.Pick(next!);
            text.Append(isEnd && random.OneIn(4) ? "\n\n" : " ");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Name(SeededRandom random)
    {
        string name = string.Concat(Enumerable.Range(0, random.Between(2, 4)).Select(_ => random.Pick(Parts)));
        return char.ToUpperInvariant(name[0]) + name[1..];
    }

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();
}
