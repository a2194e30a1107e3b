using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.VocabularyTool;

/// <summary>The rank files that OpenAI publishes, rebuilt from the npm package <c>tiktoken</c>, and the vocabularies compiled from them.</summary>
internal static class RankFile
{
    /// <summary>The sha256 of each rank file, as tiktoken's own sources pin it (<c>tiktoken_ext/openai_public.py</c>).</summary>
    private static readonly Dictionary<string, (string Sha256, SplitRule Split)> Known = new(StringComparer.Ordinal)
    {
        ["o200k_base"] = ("446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d", SplitRule.O200k),
        ["cl100k_base"] = ("223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7", SplitRule.Cl100k),
    };

    /// <summary>Compiles every known vocabulary of an unpacked package into a folder.</summary>
    public static int Compile(string package, string folder)
    {
        foreach (var (name, (sha256, split)) in Known)
        {
            var ranks = Read(Path.Combine(package, "encoders", name + ".json"));
            var text = Text(ranks);
            var hash = Convert.ToHexStringLower(SHA256.HashData(text));
            if (hash != sha256)
            {
                Console.Error.WriteLine($"{name}: the rank file's sha256 is {hash}, published is {sha256}");
                return 1;
            }

            var vocabulary = Vocabulary.Compile(name, split, ranks);
            File.WriteAllBytes(Path.Combine(folder, name + ".vocabulary"), vocabulary.Tables.Blob);
            Console.WriteLine($"{name}: {vocabulary.Count} tokens, {text.Length} bytes of ranks, {vocabulary.Tables.ByteCount} bytes compiled");
        }

        return 0;
    }

    /// <summary>The package keeps rows of tokens in base64, each row after <c>!</c> and the rank of its first token.</summary>
    private static List<(byte[] Bytes, int Rank)> Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var ranks = new List<(byte[] Bytes, int Rank)>();
        foreach (var row in document.RootElement.GetProperty("bpe_ranks").GetString()!.Split('\n'))
        {
            var words = row.Split(' ');
            var rank = int.Parse(words[1], CultureInfo.InvariantCulture);
            foreach (var word in words.AsSpan(2))
                ranks.Add((Convert.FromBase64String(word), rank++));
        }

        return ranks;
    }

    /// <summary>The rank file as it is published: a token in base64 and its rank on each line.</summary>
    private static byte[] Text(List<(byte[] Bytes, int Rank)> ranks)
    {
        var text = new StringBuilder();
        foreach (var (bytes, rank) in ranks)
            text.Append(Convert.ToBase64String(bytes)).Append(' ').Append(rank.ToString(CultureInfo.InvariantCulture)).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
