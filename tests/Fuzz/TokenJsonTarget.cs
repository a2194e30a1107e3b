using System.Globalization;
using System.Text;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;

namespace AiEdge.Fuzz;

/// <summary>Text written as a JSON string, any way a writer might choose, has the tokens of the text itself, however it is cut.</summary>
internal sealed class TokenJsonTarget : FuzzTarget
{
    private readonly Lazy<(JsonTokenizer Json, Tokenizer Plain, JsonTextCounter Counter)[]> _all = new(() =>
        [.. ((TokenEncoding[])[TokenEncoding.O200kBase, TokenEncoding.Cl100kBase]).Select(JsonTokenizer.Of)
            .Select(json => (json, new Tokenizer(json.Vocabulary), new JsonTextCounter(json.Vocabulary)))]);

    private readonly List<byte> _json = [];

    public override string Name => "token-json";

    public override IReadOnlyList<string> Dictionary { get; } =
        ["\"", "\\", "/", "\b", "\f", "\n", "\r", "\t", "\0", "\u001F", "\u00F0\u009F\u0098\u0080", "\u00C3\u00A9", "\u00E6\u0097\u00A5", "\u00EF\u00BF\u00BF", "'s", "ABc", "   "];

    public override string? Check(byte[] input, Random random)
    {
        byte[] json = Escaped(input, random);
        int[] cuts = random.Next(3) == 0 ? Feeding.EveryByte(json.Length) : Feeding.RandomCuts(json.Length, random);
        foreach (var (tokenizer, plain, counter) in _all.Value)
        {
            long expected = plain.Count(input), whole = tokenizer.CountText(json), cut = tokenizer.CountText(Feeding.Sequence(json, cuts));
            counter.Reset();
            int start = 0;
            foreach (int end in cuts.Append(json.Length))
            {
                counter.Append(json.AsSpan(start, end - start));
                start = end;
                if (counter.Count is var now && now > counter.UpperBound)
                    return $"after {end} bytes Count {now} is above {counter.UpperBound}";
            }

            long bitByBit = counter.Complete();
            if (whole != expected || cut != expected || bitByBit != expected)
                return $"{tokenizer.Vocabulary.Name}: {expected} tokens; as JSON {whole}, in segments {cut}, bit by bit {bitByBit}: {Convert.ToHexString(json)}";
        }

        return null;
    }

    private byte[] Escaped(byte[] input, Random random)
    {
        _json.Clear();
        int often = random.Next(1, 12);
        for (ReadOnlySpan<byte> rest = input; !rest.IsEmpty;)
        {
            bool isValid = Rune.DecodeFromUtf8(rest, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (isValid && (rune.Value < 0x20 || rune.Value is '"' or '\\' || random.Next(often) == 0))
                _json.AddRange(Encoding.ASCII.GetBytes(Escape(rune, random)));
            else
                _json.AddRange(rest[..length]);
            rest = rest[length..];
        }

        return [.. _json];
    }

    private static string Escape(Rune rune, Random random)
    {
        const string Short = "\"\"\\\\//b\bf\fn\nr\rt\t";
        for (int i = 0; i < Short.Length; i += 2)
        {
            if (rune.Value == Short[i + 1] && random.Next(2) == 0)
                return "\\" + Short[i];
        }

        return string.Concat(rune.ToString().Select(unit => "\\u" + ((int)unit).ToString(random.Next(2) == 0 ? "x4" : "X4", CultureInfo.InvariantCulture)));
    }
}
