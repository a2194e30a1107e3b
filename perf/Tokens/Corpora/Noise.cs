using System.Text;
using AiEdge.Tokenization.Tests.Golden;

namespace AiEdge.Tokens.Corpora;

/// <summary>Bytes of a machine: keys, hashes, pictures as text.</summary>
internal sealed class Base64Text : ICorpus
{
    public byte[] Make(SeededRandom random, int bytes) =>
        Encoding.ASCII.GetBytes(Convert.ToBase64String([.. Enumerable.Range(0, bytes * 3 / 4).Select(_ => (byte)random.Below(256))]));
}

/// <summary>One word without end, of letters that mean nothing.</summary>
internal sealed class LetterText : ICorpus
{
    public byte[] Make(SeededRandom random, int bytes) => [.. Enumerable.Range(0, bytes).Select(_ => (byte)random.Between('a', 'z'))];
}

/// <summary>One byte over and over.</summary>
internal sealed class RunText(byte value) : ICorpus
{
    // Another length each time, so that nothing of the last one fits.
    public byte[] Make(SeededRandom random, int bytes)
    {
        var text = new byte[bytes - random.Below(64)];
        Array.Fill(text, value);
        return text;
    }
}

/// <summary>Words of prose without what is between them: each text is one long word, as generated names and some languages have.</summary>
internal sealed class LongWordText(ICorpus prose) : ICorpus
{
    public byte[] Make(SeededRandom random, int bytes) =>
        [.. prose.Make(random, bytes * 5 / 4).Where(b => char.IsAsciiLetter((char)b)).Select(b => (byte)(b | 0x20)).Take(bytes)];
}
