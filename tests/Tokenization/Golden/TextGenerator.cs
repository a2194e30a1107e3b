using System.Text;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>Makes texts that are hard to split or to merge, each kind by another way; the same texts for a seed.</summary>
internal sealed class TextGenerator(SeededRandom random, IReadOnlyList<byte[]> tokens, IReadOnlyList<byte[]> corpora)
{
    /// <summary>The ways, by name.</summary>
    public static IReadOnlyList<string> Ways { get; } =
        ["by-class", "hostile", "tokens", "mutations", "bytes", "runs", "words", "brief"];

    private readonly List<byte> _bytes = [];

    public byte[] Next(string way)
    {
        _bytes.Clear();
        switch (way)
        {
            case "by-class": ByClass(); break;
            case "hostile": Hostile(random.Between(1, 20)); break;
            case "tokens": Tokens(random.Between(1, 6)); break;
            case "mutations": Mutation(); break;
            case "bytes": Bytes(); break;
            case "runs": Runs(); break;
            case "words": Words(); break;
            case "brief": Hostile(random.Between(1, 5)); break;
            default: throw new ArgumentOutOfRangeException(nameof(way), way, "No such way.");
        }

        return [.. _bytes];
    }

    private void ByClass()
    {
        // Three kinds at a time: all of them together would seldom meet as a rule wants them to.
        Alphabets.Kind[] kinds = [random.Pick(Alphabets.Kinds), random.Pick(Alphabets.Kinds), random.Pick(Alphabets.Kinds)];
        for (int left = random.Between(1, 14); left > 0; left--)
        {
            int codePoint = random.OneIn(40) ? random.Below(0x110000) : random.Pick(kinds).Pick(random);
            Append(codePoint);
        }
    }

    private void Hostile(int pieces)
    {
        for (; pieces > 0; pieces--)
            Append(random.Pick(Alphabets.Hostile));
    }

    private void Tokens(int count)
    {
        for (; count > 0; count--)
            _bytes.AddRange(random.Pick(tokens));
    }

    private void Mutation()
    {
        byte[] corpus = random.Pick(corpora);
        int start = random.Below(corpus.Length), length = Math.Min(random.Between(1, 80), corpus.Length - start);
        _bytes.AddRange(corpus.AsSpan(start, length));
        for (int left = random.Below(4); left > 0; left--)
        {
            int at = random.Below(_bytes.Count + 1), some = Math.Min(random.Between(1, 8), _bytes.Count - at);
            switch (random.Below(5))
            {
                case 0: _bytes.InsertRange(at, Encoding.UTF8.GetBytes(random.Pick(Alphabets.Hostile))); break;
                case 1: _bytes.RemoveRange(at, some); break;
                case 2: _bytes.InsertRange(at, _bytes.GetRange(at, some)); break;
                case 3 when some > 0: _bytes[at] ^= 0x20; break;
                case 4 when some > 0: _bytes[at] = (byte)random.Below(256); break;
            }
        }
    }

    private void Bytes()
    {
        for (int left = random.Between(1, 10); left > 0; left--)
        {
            switch (random.Below(4))
            {
                case 0: _bytes.Add((byte)random.Below(256)); break;
                case 1: Append(random.Pick(Alphabets.Kinds).Pick(random)); break;
                default: _bytes.Add(random.Pick(Alphabets.Utf8Edges)); break;
            }
        }
    }

    private void Runs()
    {
        for (int left = random.Between(1, 3); left > 0; left--)
        {
            byte[] unit = Encoding.UTF8.GetBytes(random.Pick(Alphabets.Hostile));
            for (int times = random.OneIn(8) ? random.Between(1, 300) : random.Between(1, 24); times > 0; times--)
                _bytes.AddRange(unit);
        }
    }

    /// <summary>Long pieces: letters that are no words, tokens without their spaces, and what o200k splits again from behind.</summary>
    private void Words()
    {
        int length = random.OneIn(10) ? random.Between(100, 400) : random.Between(1, 60);
        int way = random.Below(4);
        while (_bytes.Count < length)
        {
            switch (way)
            {
                case 0: _bytes.Add((byte)random.Between('a', 'z')); break;
                case 1: _bytes.Add((byte)"etaoinshrdlcumwfgypbvk"[random.Below(random.Between(2, 22))]); break;
                case 2: Append(random.OneIn(6) ? random.Pick(Alphabets.Kinds).Pick(random) : random.Between('A', 'Z')); break;
                default:
                    foreach (byte b in random.Pick(tokens))
                    {
                        if (b is not (byte)' ')
                            _bytes.Add(b);
                    }

                    break;
            }
        }
    }

    private void Append(string text) => _bytes.AddRange(Encoding.UTF8.GetBytes(text));

    /// <summary>Surrogates are written as what they are not: three bytes that no decoder takes.</summary>
    private void Append(int codePoint)
    {
        if (Rune.TryCreate(codePoint, out Rune rune))
            Append(rune.ToString());
        else
            _bytes.AddRange([0xED, (byte)(0x80 | (codePoint >> 6 & 0x3F)), (byte)(0x80 | (codePoint & 0x3F))]);
    }
}
