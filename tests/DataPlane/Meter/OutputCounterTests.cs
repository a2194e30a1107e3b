using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Meter;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Estimation;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.DataPlane.Tests.Meter;

public class OutputCounterTests
{
    private static readonly TokenMeter Process = new();
    private static readonly JsonTokenizer Tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
    private static readonly Tokenizer Plain = new(Vocabulary.O200kBase);

    private readonly OutputCounter _counter = new();
    private readonly DeltaTexts _texts = new();

    [Fact]
    public void A_text_cut_between_events_anywhere_counts_as_what_it_is()
    {
        const string text = "Größe: 日本語 \ud83d\ude00 \"quoted\"\n\tif (x) { return 1234567; } 's tokens";
        string raw = JsonEncodedText.Encode(text).ToString();
        long expected = Plain.Count(Encoding.UTF8.GetBytes(text));
        for (int cut = 0; cut <= raw.Length; cut++)
        {
            Begin();
            Append(TextKind.Content, raw[..cut]);
            Append(TextKind.Content, raw[cut..]);
            Assert.Equal(expected, _counter.Count);
            Assert.True(_counter.UpperBound >= expected);
        }
    }

    [Fact]
    public void Texts_of_random_streams_have_the_tokens_of_what_they_decode_to_and_never_more_than_the_bound()
    {
        string[] pieces = ["token", "tok", "en", " a", " 日本", "é", "\\n", "\\\"", "\\ud83d\\ude00", "  ", "\\u00e9", "'s", "12", "x", "\\/"];
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var sums = new Dictionary<(int Choice, int Part, TextKind Kind), string>();
            Begin();
            for (int n = random.Next(1, 80); n > 0; n--)
            {
                (int Choice, int Part, TextKind Kind) key = (random.Next(3), random.Next(2), (TextKind)random.Next(4));
                string raw = pieces[random.Next(pieces.Length)];
                if (sums.Count == OutputCounter.CountersMax && !sums.ContainsKey(key))
                    continue;
                sums[key] = sums.GetValueOrDefault(key, "") + raw;
                long bound = _counter.UpperBoundWith(raw.Length, 1);
                Append(key.Kind, raw, key.Choice, key.Part);
                Assert.True(_counter.UpperBound <= bound);
                if (random.Next(4) == 0)
                    Assert.InRange(_counter.Count, 0, _counter.UpperBound);
            }

            Assert.Equal(sums.Values.Sum(raw => Plain.Count(Encoding.UTF8.GetBytes(JsonElement.Parse($"\"{raw}\"").GetString()!))), _counter.Count);
            Assert.False(_counter.IsEstimate);
        }
    }

    [Fact]
    public void A_name_counts_by_itself_and_reasoning_is_told_apart()
    {
        Begin();
        Append(TextKind.Name, "get_weather");
        Append(TextKind.Name, "get_time");
        Append(TextKind.Reasoning, "let me think");
        Assert.Equal(Count("get_weather") + Count("get_time") + Count("let me think"), _counter.Count);
        Assert.Equal(Count("let me think"), _counter.Reasoning);
    }

    [Fact]
    public void Texts_beyond_the_bound_are_counted_event_by_event_and_flagged()
    {
        Begin();
        for (int round = 0; round < 2; round++)
        {
            for (int choice = 0; choice < 40; choice++)
                Append(TextKind.Content, " token", choice);
            Assert.Equal(40 * (round + 1), _counter.Count);
        }

        Assert.True(_counter.IsEstimate);
        Begin();
        Assert.Equal((0, false), (_counter.Count, _counter.IsEstimate));
    }

    [Fact]
    public void A_model_without_a_public_tokenizer_has_what_its_estimator_makes_of_the_count()
    {
        var estimator = new TokenEstimator(1.1);
        _counter.Begin(Tokenizer, Process.CountersOf(Tokenizer.Vocabulary), estimator);
        for (int i = 0; i < 100; i++)
        {
            Append(TextKind.Content, " word(1) y,z");
            Assert.True(_counter.Count <= _counter.Limited);
        }

        Assert.True(_counter.IsEstimate);
        Assert.InRange(_counter.Count, _counter.Features.Tokens, 2 * _counter.Features.Tokens);
    }

    [Fact]
    public void Of_such_a_model_too_nothing_counts_nothing_and_a_word_a_few()
    {
        _counter.Begin(Tokenizer, Process.CountersOf(Tokenizer.Vocabulary), new TokenEstimator(1.1, TokenDirection.Output));
        Assert.Equal((0, 0), (_counter.Count, _counter.Limited));
        Append(TextKind.Content, " word");
        Assert.Equal(1, _counter.Count);
        Assert.InRange(_counter.Limited, 1, 8);
    }

    [Fact]
    public void Events_allocate_nothing_once_the_pool_has_counters()
    {
        long before = 0;
        for (int round = 0; round < 4; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            Begin(repeatMax: 20);
            for (int i = 0; i < 200; i++)
            {
                Append(TextKind.Content, " token\\n"u8, i % 3);
                _ = _counter.Count;
            }

            _counter.End();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Text_that_comes_again_and_again_is_noticed_in_its_choice()
    {
        Begin(repeatMax: 5);
        for (int i = 0; i < 100 && !_counter.IsRepeating; i++)
        {
            Append(TextKind.Content, "I will do so at once. ", choice: 0);
            Append(TextKind.Content, $" {i * 7919} different", choice: 1);
        }

        Assert.True(_counter.IsRepeating);
        Begin(repeatMax: 5);
        Assert.False(_counter.IsRepeating);
    }

    private static long Count(string text) => Plain.Count(Encoding.UTF8.GetBytes(text));

    private void Begin(int repeatMax = 0) => _counter.Begin(Tokenizer, Process.CountersOf(Tokenizer.Vocabulary), null, repeatMax);

    private void Append(TextKind kind, string raw, int choice = 0, int part = 0) => Append(kind, Encoding.UTF8.GetBytes(raw), choice, part);

    private void Append(TextKind kind, ReadOnlySpan<byte> raw, int choice = 0, int part = 0)
    {
        _texts.Clear();
        _texts.Add(choice, part, kind, 0, raw.Length);
        _texts.EndChoice(choice);
        _counter.Append(_texts, raw);
    }
}
