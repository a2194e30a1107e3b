using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.Tokenization.Estimation;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Memo;
using AiEdge.Tokenization.Models;

namespace AiEdge.Micro;

/// <summary>
/// What counting a prompt costs: an agent's history of 100 KB in twenty messages, of which nineteen came before. The last one is
/// new with each operation.
/// </summary>
internal static class PromptStages
{
    private const int Messages = 20;
    private const int Bytes = 100_000;
    private const int Variants = 64;
    private const int LongestLine = 256;

    // Where the last message's ten digits lie before the body's end.
    private const int StampAt = 14;

    // The last message's text and what is behind it.
    private const int EndBytes = (Bytes / Messages) + StampAt;

    // What an agent's tools give back and what it says: code, listings, prose. Escapes as any JSON writer makes them.
    private static readonly string[] Lines =
    [
        "    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)\\n",
        "The test fails because the second argument is evaluated before the first one has been written back to disk.\\n",
        "src/widgets/inventory.py:118:        return {key: value for key, value in self._items.items() if value.count > 0}\\n",
        "\\n",
        "I will look at the parser next, and then change the two places in which the offset is computed by hand.\\n",
        "        if (response.status !== 200) { throw new Error(`unexpected status \\\"${response.status}\\\"`); }\\n",
        "-rw-r--r-- 1 build build  4821 2024-03-07 11:52 configuration.yaml\\n",
        "error CS0103: The name 'offset' does not exist in the current context [Parser.csproj]\\n",
    ];

    private static readonly string[] Consonants = ["b", "ch", "d", "f", "gr", "k", "l", "m", "n", "p", "qu", "r", "st", "t", "v", "z"];
    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ai", "en", "or", "ing", "er"];
    private static readonly string[] Marks = [" ", " ", " ", ", ", ".", "_", "(", ") ", " = ", "\\n"];

    private static readonly StandardFormat StampFormat = new('D', 10);
    private static readonly ModelEncoding Model = ModelEncodings.Find("gpt-4o");

    /// <summary>The pass over the body alone, as every request has it.</summary>
    public static Action Scan() => Reading(wantsPrompt: false);

    /// <summary>The same with the prompt's texts noted.</summary>
    public static Action ScanAndNote() => Reading(wantsPrompt: true);

    /// <summary>Counting when all but the last message were counted before.</summary>
    public static Action CountSeen() => Counting(new TextHashSecret(), seen: true);

    /// <summary>The same without AES instructions.</summary>
    public static Action CountSeenWithoutAes() => Counting(new TextHashSecret(usesAes: false), seen: true);

    /// <summary>Counting when no message was counted before.</summary>
    public static Action CountFresh() => Counting(new TextHashSecret(), seen: false);

    /// <summary>The keyed hash of 100 KB.</summary>
    public static Action Hash() => Hashing(new TextHashSecret());

    public static Action HashWithoutAes() => Hashing(new TextHashSecret(usesAes: false));

    /// <summary>One report learnt and one estimate made.</summary>
    public static Action Estimate()
    {
        var estimator = new TokenEstimator(1.1);
        var features = new TokenFeatures(25_000, new ByteClasses(200, 18_000), Messages, 4);
        return () =>
        {
            TokenEstimate estimate = estimator.Estimate(features);
            HttpStages.Expect(estimator.Observe(features, estimate.P50 + 10));
        };
    }

    private static Action Reading(bool wantsPrompt)
    {
        byte[] body = Body(0);
        var scan = new BodyScan();
        return () =>
        {
            scan.BeginJson(RequestShape.Chat, wantsPrompt, Dialect.OpenAi, DialectTable.Of(Dialect.OpenAi).PromptReader);
            scan.Feed(body);
            HttpStages.Expect(!scan.Finish().IsError && (scan.Prompt?.Messages ?? 0) == (wantsPrompt ? Messages : 0));
        };
    }

    private static Action Counting(TextHashSecret secret, bool seen)
    {
        byte[] body = Body(0);
        PromptText prompt = Prompt(body);
        byte[][] ends = [.. Enumerable.Range(0, Variants).Select(i => Body(i)[^EndBytes..])];
        var counter = new PromptCounter(new TextMemo(4096, secret));
        JsonTokenizer tokenizer = JsonTokenizer.Of(Model.Encoding);
        int turn = 0;
        return () =>
        {
            // The last message is another one each time; the others were there before, unless all are asked for in a new scope.
            ends[++turn % Variants].CopyTo(body.AsSpan(body.Length - EndBytes));
            Utf8Formatter.TryFormat(turn, body.AsSpan(body.Length - StampAt), out _, StampFormat);
            PromptCount count = counter.Count(
                prompt, new ReadOnlySequence<byte>(body), RequestShape.Chat, Model, tokenizer, seen ? 0 : (ulong)turn);
            HttpStages.Expect(count.IsExact && count.Tokens > 15_000);
        };
    }

    private static Action Hashing(TextHashSecret secret)
    {
        byte[] text = new byte[Bytes];
        new Random(1).NextBytes(text);
        var memo = new TextMemo(4, secret);
        return () => HttpStages.Expect(memo.KeyOf(1, text) != default);
    }

    private static PromptText Prompt(byte[] body)
    {
        var scan = new BodyScan();
        scan.BeginJson(RequestShape.Chat, wantsPrompt: true, Dialect.OpenAi, DialectTable.Of(Dialect.OpenAi).PromptReader);
        scan.Feed(body);
        HttpStages.Expect(!scan.Finish().IsError);
        return scan.Prompt!;
    }

    private static byte[] Body(int variant)
    {
        var body = new StringBuilder("{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[");
        for (int i = 0; i < Messages; i++)
        {
            int seed = i == Messages - 1 ? 1000 + variant : i;
            body.Append(i == 0 ? "{\"role\":\"system\"" : i % 2 == 0 ? ",{\"role\":\"assistant\"" : ",{\"role\":\"user\"");
            body.Append(",\"content\":\"");
            Append(body, new Random(seed), Bytes / Messages);
            body.Append("0000000000\"}");
        }

        return Encoding.ASCII.GetBytes(body.Append("]}").ToString());
    }

    private static void Append(StringBuilder body, Random random, int bytes)
    {
        int end = body.Length + bytes;
        while (body.Length < end - LongestLine)
        {
            // Half of it is like what came before, half is made of words that no table holds.
            if (random.Next(2) == 0)
                body.Append(Lines[random.Next(Lines.Length)]);
            else
                AppendMadeUp(body, random);
        }

        body.Append(' ', end - body.Length);
    }

    private static void AppendMadeUp(StringBuilder body, Random random)
    {
        for (int word = random.Next(6, 14); word > 0; word--)
        {
            for (int syllable = random.Next(1, 4); syllable > 0; syllable--)
                body.Append(Consonants[random.Next(Consonants.Length)]).Append(Vowels[random.Next(Vowels.Length)]);
            body.Append(Marks[random.Next(Marks.Length)]);
        }

        body.Append(CultureInfo.InvariantCulture, $"{random.Next(100_000)} = {random.NextDouble():F4};\\n");
    }
}
