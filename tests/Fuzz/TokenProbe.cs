using System.Buffers;
using System.Runtime.InteropServices;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Tests.Golden;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Fuzz;

/// <summary>Counts one text in every way that there is, and says where two of them disagree. Not thread-safe.</summary>
internal sealed class TokenProbe(Vocabulary vocabulary)
{
    private readonly Tokenizer _tokenizer = new(vocabulary);
    private readonly IncrementalCounter _counter = new(vocabulary);
    private readonly ArrayBufferWriter<int> _ids = new();

    /// <summary>The vocabulary's name.</summary>
    public string Name => vocabulary.Name;

    /// <summary>What the tokenizer says of the text.</summary>
    public TokenFacts Facts(ReadOnlySpan<byte> text)
    {
        _ids.ResetWrittenCount();
        _tokenizer.Encode(text, _ids);
        return new(_ids.WrittenCount, GoldenHash.Of(_ids.WrittenSpan));
    }

    /// <summary>Null if all ways agree, else which one does not.</summary>
    public string? Disagreement(byte[] text, Random random, bool atEveryAppend)
    {
        long expected = Facts(text).Count;
        if (_tokenizer.Count(text) is var count && count != expected)
            return $"Count {count}, Encode {expected}";
        if (_tokenizer.Count(Feeding.Sequence(text, Feeding.RandomCuts(text.Length, random))) is var cut && cut != expected)
            return $"Count of segments {cut}, Encode {expected}";
        return Incrementally(text, random.Next(3) == 0 ? Feeding.EveryByte(text.Length) : Feeding.RandomCuts(text.Length, random), atEveryAppend, expected);
    }

    /// <summary>Null if the plain scanner and encoder give the same ids as the fast way.</summary>
    public string? PlainDisagreement(byte[] text)
    {
        var facts = Facts(text);
        var plain = PlainTokenizer.Encode(vocabulary, text);
        return facts.Hash == GoldenHash.Of(CollectionsMarshal.AsSpan(plain)) && facts.Count == plain.Count
            ? null
            : $"Encode gives [{string.Join(' ', _ids.WrittenSpan.ToArray())}], plainly it is [{string.Join(' ', plain)}]";
    }

    private string? Incrementally(byte[] text, int[] cuts, bool atEveryAppend, long expected)
    {
        _counter.Reset();
        int start = 0;
        foreach (int cut in cuts.Append(text.Length))
        {
            _counter.Append(text.AsSpan(start, cut - start));
            start = cut;
            if (!atEveryAppend)
                continue;
            long bound = _counter.UpperBound, now = _counter.Count;
            long recount = _tokenizer.Count(text.AsSpan(0, Whole.Length(text.AsSpan(0, cut))));
            if (now != recount || now > bound)
                return $"after {cut} bytes (cuts {string.Join(' ', cuts)}) Count is {now}, UpperBound {bound}, a recount {recount}";
        }

        long complete = _counter.Complete();
        return complete == expected ? null : $"Complete is {complete}, Encode {expected} (cuts {string.Join(' ', cuts)})";
    }
}
