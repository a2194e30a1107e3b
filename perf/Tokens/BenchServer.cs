using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokens;

/// <summary>
/// Measures what it is asked to over standard input, in the words of tests/Tokenization/Oracle/node/oracle.mjs, so that ours, compiled
/// either way, and the others stand in the same place. Besides `b`: `a` appends deltas of 4 to 8 bytes, `A` asks for the count after
/// each, `1` appends single bytes, `m` tells bytes allocated (by counting, by appending, by making a counter).
/// </summary>
internal sealed class BenchServer
{
    private readonly Dictionary<string, Encodings> _loaded = new(StringComparer.Ordinal);
    private readonly Stream _input = Console.OpenStandardInput();
    private readonly Stream _output = Console.OpenStandardOutput();

    public int Run()
    {
        var head = new byte[16];
        while (_input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            var payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8))];
            _input.ReadExactly(payload);
            var texts = Texts(payload, BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4)));
            int rounds = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12));
            var (result, times) = Measure((char)head[0], Of(head[1] == 0 ? "o200k_base" : "cl100k_base"), head[2] == 0, texts, rounds);
            Answer(result, times);
        }

        return 0;
    }

    private static (long Result, double[] Times) Measure(char operation, Encodings encodings, bool isOurs, byte[][] texts, int rounds)
    {
        if (operation == 'm')
            return Allocated(encodings, texts);
        // Rivals that work on strings are given strings.
        string[] strings = isOurs ? [] : Array.ConvertAll(texts, Encoding.UTF8.GetString);
        var times = new double[rounds];
        long result = 0;
        for (int round = 0; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            result = operation switch
            {
                'b' when !isOurs => encodings.CountPlainly(strings),
                'b' => encodings.Count(texts),
                'a' => encodings.Append(texts, 4, 8, asks: false),
                'A' => encodings.Append(texts, 4, 8, asks: true),
                '1' => encodings.Append(texts, 1, 1, asks: false),
                _ => throw new InvalidOperationException($"There is no operation {operation}."),
            };
            times[round] = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        }

        return (result, times);
    }

    private static (long Result, double[] Times) Allocated(Encodings encodings, byte[][] texts)
    {
        encodings.Count(texts);
        encodings.Append(texts, 4, 8, asks: true);
        long start = GC.GetAllocatedBytesForCurrentThread();
        encodings.Count(texts);
        long counting = GC.GetAllocatedBytesForCurrentThread() - start;
        start = GC.GetAllocatedBytesForCurrentThread();
        encodings.Append(texts, 4, 8, asks: true);
        long appending = GC.GetAllocatedBytesForCurrentThread() - start;
        start = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(encodings.NewCounter());
        return (counting, [appending, GC.GetAllocatedBytesForCurrentThread() - start]);
    }

    private Encodings Of(string name)
    {
        if (!_loaded.TryGetValue(name, out var encodings))
            _loaded.Add(name, encodings = new Encodings(name == "o200k_base" ? Vocabulary.O200kBase : Vocabulary.Cl100kBase));
        return encodings;
    }

    private static byte[][] Texts(byte[] payload, int count)
    {
        var texts = new byte[count][];
        for (int i = 0, at = 0; i < count; i++)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(at));
            texts[i] = payload[(at + 4)..(at + 4 + length)];
            at += 4 + length;
        }

        return texts;
    }

    private void Answer(long result, double[] times)
    {
        var answer = new byte[8 + (8 * times.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(answer, answer.Length - 4);
        BinaryPrimitives.WriteUInt32LittleEndian(answer.AsSpan(4), (uint)result);
        for (int i = 0; i < times.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(answer.AsSpan(8 + (8 * i)), times[i]);
        _output.Write(answer);
        _output.Flush();
    }

    /// <summary>All that counts with one vocabulary.</summary>
    private sealed class Encodings(Vocabulary vocabulary)
    {
        private readonly Tokenizer _tokenizer = new(vocabulary);
        private readonly IncrementalCounter _counter = new(vocabulary);
        private readonly Lazy<RegexBaseline> _baseline = new(() => new RegexBaseline(vocabulary));

        public IncrementalCounter NewCounter() => new(vocabulary);

        public long Count(byte[][] texts)
        {
            long count = 0;
            foreach (byte[] text in texts)
                count += _tokenizer.Count(text);
            return count;
        }

        public long CountPlainly(string[] texts)
        {
            long count = 0;
            foreach (string text in texts)
                count += _baseline.Value.Count(text);
            return count;
        }

        /// <summary>The number of appends.</summary>
        public long Append(byte[][] texts, int bytesMin, int bytesMax, bool asks)
        {
            long appends = 0, check = 0;
            int step = bytesMin;
            foreach (byte[] text in texts)
            {
                _counter.Reset();
                for (int at = 0; at < text.Length; appends++)
                {
                    int length = Math.Min(step, text.Length - at);
                    _counter.Append(text.AsSpan(at, length));
                    at += length;
                    step = step == bytesMax ? bytesMin : step + 1;
                    if (asks)
                        check += _counter.Count;
                }

                check += _counter.Complete();
            }

            return check < 0 ? -1 : appends;
        }
    }
}
