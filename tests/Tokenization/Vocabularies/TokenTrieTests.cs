using AiEdge.Tokenization.Tests.Bpe;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Vocabularies;

/// <summary>The walks over all tokens at a place, compared with looking up every length.</summary>
public sealed unsafe class TokenTrieTests
{
    [Theory]
    [InlineData("o200k_base")]
    [InlineData("cl100k_base")]
    public void Walks_find_every_token_that_begins_or_ends_at_a_place(string name)
    {
        var vocabulary = PieceEncoderTests.Of(name).Vocabulary;
        var random = new Random(21);
        for (var i = 0; i < 3000; i++)
        {
            byte[] text = [.. vocabulary.Bytes(random.Next(vocabulary.Count)), .. vocabulary.Bytes(random.Next(vocabulary.Count))];
            AssertWalks(vocabulary.Tables, text.AsSpan(0, 1 + random.Next(text.Length)), t => true);
        }
    }

    [Fact]
    public void Walks_find_every_token_of_small_vocabularies()
    {
        for (var i = 0; i < 40; i++)
        {
            var toy = new ToyVocabulary(60 + i, 1 + (i % 5), 10 * (i + 1));
            var vocabulary = toy.Compile();
            var naive = new NaiveMerge(toy.Entries);
            var made = toy.Entries.Where(e => naive.Merge(e.Bytes).Length == 1).Select(e => (uint)e.Id).ToHashSet();
            for (var length = 1; length < 50; length++)
                AssertWalks(vocabulary.Tables, ToyVocabulary.Bytes(toy.Text(length)), made.Contains);
        }
    }

    private static void AssertWalks(VocabularyTables tables, ReadOnlySpan<byte> text, Func<uint, bool> isMade)
    {
        var found = stackalloc TokenSpan[256];
        fixed (byte* start = text)
        {
            var prefixes = new List<(uint, int)>();
            var suffixes = new List<(uint, int)>();
            for (var length = 1; length <= text.Length; length++)
            {
                if (tables.TryFind(start, length, out var prefix) && isMade(prefix))
                    prefixes.Add((prefix, length));
                if (tables.TryFind(start + text.Length - length, length, out var suffix) && isMade(suffix))
                    suffixes.Add((suffix, length));
            }

            Assert.Equal(prefixes, List(found, tables.Forward.Prefixes(start, text.Length, tables, found)));
            // Told only if nothing that the text may go on with would be found, too.
            var known = tables.Forward.TryPrefixes(start, text.Length, tables, found);
            if (known >= 0)
                Assert.Equal(prefixes, List(found, known));
            byte[] longer = [.. text, 0, .. text];
            var isOpen = false;
            foreach (var next in text)
            {
                longer[text.Length] = next;
                fixed (byte* more = longer)
                    isOpen |= tables.Forward.Prefixes(more, longer.Length, tables, found) > prefixes.Count;
            }
            Assert.False(known >= 0 && isOpen);
            Assert.Equal(suffixes, List(found, tables.Backward.Suffixes(start + text.Length, text.Length, tables, found)));
        }
    }

    private static List<(uint, int)> List(TokenSpan* found, int count)
    {
        var list = new List<(uint, int)>();
        for (var i = 0; i < count; i++)
            list.Add((found[i].Token, found[i].Length));
        return list;
    }
}
