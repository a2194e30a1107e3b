using System.Diagnostics;
using System.Text.Json;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Memo;
using AiEdge.Tokenization.Models;
using AiEdge.Tokenization.Tests.Golden;
using AiEdge.Tokens.Corpora;

namespace AiEdge.Tokens;

/// <summary>
/// What counting an agent's history of 100 KB costs in this process: twenty messages of code and prose as they stand in JSON, of which nineteen were counted
/// before and the last is one that nobody has seen. What the data plane does with a prompt's texts, without the reading of the body.
/// </summary>
internal static class HistoryTime
{
    private const int Messages = 20;
    private const int MessageBytes = 5_000;
    private const int WarmUps = 300;
    private const int Rounds = 300;

    public static int Run()
    {
        foreach (var (name, secret) in ((string, TextHashSecret)[])[("as the machine hashes", new()), ("without AES instructions", new(usesAes: false))])
        {
            double[] times = Times(secret);
            Console.WriteLine($"{name}: {times[times.Length / 2]:F0} µs (median of {Rounds}), {times[0]:F0} the least, {times[Rounds * 9 / 10]:F0} nine in ten");
        }

        return 0;
    }

    private static double[] Times(TextHashSecret secret)
    {
        var random = new SeededRandom((ulong)Environment.TickCount64);
        byte[][] seen = [.. Enumerable.Range(0, Messages - 1).Select(i => Message(random, i))];
        byte[][] fresh = [.. Enumerable.Range(0, WarmUps + Rounds).Select(i => Message(random, i))];
        var memo = new TextMemo(4096, secret);
        var tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
        var times = new double[Rounds];
        for (int round = -WarmUps; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            long tokens = Count(fresh[round + WarmUps], memo, tokenizer);
            foreach (byte[] message in seen)
                tokens += Count(message, memo, tokenizer);
            if (round >= 0)
                times[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            if (tokens < Messages)
                throw new InvalidOperationException("Messages have tokens.");
        }

        Array.Sort(times);
        return times;
    }

    private static long Count(byte[] message, TextMemo memo, JsonTokenizer tokenizer)
    {
        TextKey key = memo.KeyOf(1, message);
        if (!memo.TryFind(key, out long count))
            memo.Add(key, count = tokenizer.CountText(message));
        return count;
    }

    /// <summary>The bytes between a JSON string's quotes, cut where no escape is.</summary>
    private static byte[] Message(SeededRandom random, int number)
    {
        string corpus = number % 2 == 0 ? "code" : "English";
        byte[] text = CorpusCatalog.All.Single(c => c.Name == corpus).Corpus.Make(random, MessageBytes);
        byte[] escaped = JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();
        return escaped.Length <= MessageBytes ? escaped : escaped[..(Array.LastIndexOf(escaped, (byte)' ', MessageBytes) + 1)];
    }
}
