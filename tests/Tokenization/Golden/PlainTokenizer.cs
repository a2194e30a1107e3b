using System.Text;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>The slow way that cannot be misread: decode, scan one piece after the other, encode each by itself.</summary>
internal static class PlainTokenizer
{
    public static List<int> Encode(Vocabulary vocabulary, ReadOnlySpan<byte> bytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
        var ids = new List<int>();
        var room = new int[text.Length];
        for (int start = 0; start < text.Length;)
        {
            int end = PieceScanner.Next(vocabulary.Split, text, start, out _);
            ids.AddRange(room.AsSpan(0, vocabulary.Encoder.Encode(text.AsSpan(start, end - start), room)));
            start = end;
        }

        return ids;
    }
}
