using System.Buffers;
using System.Text.Json;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Tests.Parse;
using AiEdge.Tokenization.Estimation;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Memo;
using AiEdge.Tokenization.Models;
using AiEdge.Tokenization;

namespace AiEdge.DataPlane.Tests.Meter;

public sealed class PromptCounterTests
{
    private static readonly PromptCounter Counter = new(new TextMemo(1024));

    /// <summary>The example and its counts from OpenAI's cookbook, "How to count tokens with tiktoken": what the API itself reported.</summary>
    [Theory]
    [InlineData("gpt-4-0613", 129)]
    [InlineData("gpt-3.5-turbo", 129)]
    [InlineData("gpt-4o", 124)]
    [InlineData("gpt-4o-mini", 124)]
    public void The_example_of_the_cookbook_has_the_tokens_that_the_API_reported(string model, int expected)
    {
        (string Role, string? Name, string Content)[] messages =
        [
            ("system", null, "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."),
            ("system", "example_user", "New synergies will help drive top-line growth."),
            ("system", "example_assistant", "Things working well together will increase revenue."),
            ("system", "example_user",
                "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."),
            ("system", "example_assistant", "Let's talk later when we're less busy about how to do better."),
            ("user", null, "This late pivot means we don't have time to boil the ocean for the client deliverable."),
        ];
        var list = string.Join(',', messages.Select(m =>
            "{\"role\":\"" + m.Role + "\"," + (m.Name is null ? "" : "\"name\":\"" + m.Name + "\",")
            + "\"content\":" + Quoted(m.Content) + "}"));
        PromptCount count = Count(RequestShape.Chat, "{\"model\":\"m\",\"messages\":[" + list + "]}", model);
        Assert.Equal(expected, count.Tokens);
        Assert.True(count.IsExact);
        Assert.Equal(0, count.Estimated);
        Assert.Equal((6 * 3) + 6 + 4 + 3, count.Overhead);
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("gpt-4")]
    public void Each_known_role_is_one_token(string model)
    {
        var tokenizer = new Tokenizer(JsonTokenizer.Of(ModelEncodings.Find(model).Encoding).Vocabulary);
        foreach (string role in new[] { "system", "user", "assistant", "tool", "function", "developer" })
        {
            Assert.True(PromptMembers.IsKnownRole(Encoding.ASCII.GetBytes(role)));
            Assert.Equal(1, tokenizer.Count(Encoding.ASCII.GetBytes(role)));
        }

        Assert.False(PromptMembers.IsKnownRole("User"u8));
    }

    [Theory]
    [InlineData("narrator")]
    [InlineData("us\\u0065r")]
    [InlineData("the role of a lifetime")]
    public void Any_other_role_is_counted_as_text(string role)
    {
        PromptCount count = Count(RequestShape.Chat, "{\"model\":\"m\",\"messages\":[{\"role\":\"" + role + "\",\"content\":\"x\"}]}", "gpt-4o");
        Assert.Equal(3 + 3 + Plain(JsonSerializer.Deserialize("\"" + role + "\"", StringContext.Default.String)!) + 1, count.Tokens);
    }

    [Fact]
    public void Random_chats_have_the_tokens_of_a_plain_count_whether_seen_before_or_not_and_however_they_lie_in_memory()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var list = new StringBuilder();
            long expected = 3;
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                string text = RandomText(random);
                expected += 3 + 1 + Plain(text);
                string? name = random.Next(4) == 0 ? "name " + random.Next(100) : null;
                expected += name is null ? 0 : 1 + Plain(name);
                list.Append(list.Length == 0 ? "" : ",").Append("{\"role\":\"user\",");
                list.Append(name is null ? "" : "\"name\":\"" + name + "\",");
                list.Append("\"content\":").Append(Quoted(text, random.Next(2) == 0)).Append('}');
            }

            byte[] body = Encoding.UTF8.GetBytes("{\"messages\":[" + list + "],\"model\":\"m\"}");
            for (int round = 0; round < 3; round++)
            {
                PromptCount count = Count(RequestShape.Chat, body, "gpt-4o", round == 0 ? null : random);
                Assert.Equal(expected, count.Tokens);
                Assert.True(count.IsExact);
                Assert.True(count.UpperBound >= expected);
            }
        }
    }

    [Fact]
    public void One_text_in_two_vocabularies_scopes_and_forms_is_remembered_for_each_by_itself()
    {
        string text = string.Concat(Enumerable.Repeat("Antidisestablishmentarianism? ", 30));
        string body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
        for (int round = 0; round < 2; round++)
        {
            foreach (string model in new[] { "gpt-4", "gpt-4o" })
            {
                var tokenizer = new Tokenizer(JsonTokenizer.Of(ModelEncodings.Find(model).Encoding).Vocabulary);
                Assert.Equal(tokenizer.Count(Encoding.ASCII.GetBytes(text)) + 7, Count(RequestShape.Chat, body, model).Tokens);
            }
        }
    }

    [Theory]
    [InlineData("\"input\":\"hello world\"", 2)]
    [InlineData("\"input\":[\"hello world\",\"hello\"]", 3)]
    [InlineData("\"input\":[15339,1917]", 2)]
    [InlineData("\"input\":[[1,2,3],[4]]", 4)]
    public void Embeddings_have_their_texts_and_nothing_around_them(string input, int expected)
    {
        PromptCount count = Count(RequestShape.Embeddings, "{\"model\":\"m\"," + input + "}", "text-embedding-3-small");
        Assert.Equal(expected, count.Tokens);
        Assert.True(count.IsExact);
    }

    [Theory]
    [InlineData("\"prompt\":\"hello world\"", 2)]
    [InlineData("\"prompt\":[[1,2,3],[4]],\"suffix\":\"hello\"", 5)]
    public void Completions_have_their_texts_and_nothing_around_them(string prompt, int expected) =>
        Assert.Equal(expected, Count(RequestShape.Completions, "{\"model\":\"m\"," + prompt + "}", "gpt-3.5-turbo-instruct").Tokens);

    [Fact]
    public void Responses_are_counted_as_chats_and_say_that_it_is_a_guess()
    {
        string input = "{\"model\":\"m\",\"input\":\"hello world\",\"instructions\":\"hello\"}";
        PromptCount count = Count(RequestShape.Responses, input, "gpt-4o");
        Assert.Equal(2 + 1, count.Text);
        Assert.Equal(4 + 4 + 3, count.Overhead);
        Assert.Equal(PromptDoubt.Overhead, count.Doubts);
    }

    [Fact]
    public void Tools_and_schemas_are_estimated_from_their_JSON_and_flagged()
    {
        const string Tool = "{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"The weather\\nof a city\"}}";
        const string Schema = "{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}";
        PromptCount count = Count(
            RequestShape.Chat,
            "{\"model\":\"m\",\"messages\":[],\"tools\":[" + Tool + "],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":" + Schema + "}}",
            "gpt-4o");
        Assert.Equal(0, count.Text);
        Assert.Equal(3, count.Overhead);
        Assert.Equal(Plain(Tool) + Plain(Schema) + 12, count.Estimated);
        Assert.Equal(PromptDoubt.Tools | PromptDoubt.Schema, count.Doubts);
        Assert.False(count.IsExact);
    }

    [Theory]
    [InlineData("gpt-4o", 765 + 85)]
    [InlineData("gpt-4o-mini", 25501 + 2833)]
    [InlineData("gemini-2.5-pro", 1032 + 258)]
    public void Images_are_estimated_by_the_model_and_flagged(string model, int expected)
    {
        PromptCount count = Count(
            RequestShape.Chat,
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}},"
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\",\"detail\":\"low\"}}]}]}",
            model);
        Assert.Equal(expected, count.Estimated);
        Assert.True(count.Doubts.HasFlag(PromptDoubt.Images));
        Assert.True(count.UpperBound >= count.Tokens);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", PromptDoubt.Encoding | PromptDoubt.Overhead)]
    [InlineData("something-else", PromptDoubt.Encoding | PromptDoubt.Overhead)]
    [InlineData("gpt-5", PromptDoubt.Overhead)]
    [InlineData("gpt-4.1", PromptDoubt.None)]
    internal void What_is_not_known_of_a_model_is_said(string model, PromptDoubt expected)
    {
        PromptCount count = Count(RequestShape.Chat, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello world\"}]}", model);
        Assert.Equal(expected, count.Doubts);
        Assert.Equal(2, count.Text);
    }

    [Fact]
    public void The_bound_is_never_below_the_count_whatever_the_body_is()
    {
        int counted = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            byte[] body = Encoding.UTF8.GetBytes(
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"name\":\"b\\u00e9\",\"content\":[{\"type\":\"text\",\"text\":\"a\\nb\"},"
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\",\"detail\":\"low\"}},{\"type\":\"input_audio\",\"input_audio\":{}}]},"
                + "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}],\"tools\":[{}],"
                + "\"input\":[\"\\ud83d\\ude00\\ud83d\",1],\"prompt\":\"zz\",\"instructions\":\"i\"}");
            if (seed > 3)
                body = JsonCorpus.Mutate(body, random);
            foreach (RequestShape shape in new[] { RequestShape.Chat, RequestShape.Responses, RequestShape.Embeddings, RequestShape.Completions })
            {
                var prompt = new PromptText();
                if (PromptReading.Read(shape, [body], prompt).IsError)
                    continue;
                counted++;
                ModelEncoding model = ModelEncodings.Find(seed % 2 == 0 ? "gpt-4o" : "claude-x");
                PromptCount count = Counter.Count(
                    prompt, new ReadOnlySequence<byte>(body), shape, model, JsonTokenizer.Of(model.Encoding), 0);
                Assert.True(count.UpperBound >= count.Tokens, Encoding.UTF8.GetString(body));
                Assert.Equal(count.UpperBound, PromptEstimates.UpperBound(prompt, model, shape));
            }
        }

        Assert.True(counted > 500, $"{counted} counted");
    }

    [Fact]
    public void Fresh_text_beyond_the_bound_is_estimated_and_counted_when_it_comes_again_in_smaller_company()
    {
        string[] texts = [.. Enumerable.Range(0, 4).Select(i => string.Concat(Enumerable.Repeat($"text {i} of some length, ", 20)))];
        long[] counts = Array.ConvertAll(texts, Plain);
        var counter = new PromptCounter(new TextMemo(64), freshBytesMax: 1100);
        PromptCount count = Of([0, 1, 2]);
        Assert.Equal(counts[0] + counts[1], count.Text);
        Assert.Equal((texts[2].Length + 2) / 3, count.Estimated);
        Assert.Equal(PromptDoubt.Folded, count.Doubts);
        count = Of([0, 1, 2]);
        Assert.Equal(counts[0] + counts[1] + counts[2], count.Text);
        Assert.True(count.IsExact);
        Assert.True(Of([0, 1, 2, 3]).IsExact);

        PromptCount Of(int[] chosen)
        {
            var messages = string.Join(',', chosen.Select(i => "{\"role\":\"user\",\"content\":\"" + texts[i] + "\"}"));
            byte[] body = Encoding.UTF8.GetBytes("{\"model\":\"m\",\"messages\":[" + messages + "]}");
            var prompt = new PromptText();
            Assert.False(PromptReading.Read(RequestShape.Chat, [body], prompt).IsError);
            return counter.Count(
                prompt, new ReadOnlySequence<byte>(body), RequestShape.Chat, ModelEncodings.Find("gpt-4o"), JsonTokenizer.Of(TokenEncoding.O200kBase), 0);
        }
    }

    [Fact]
    public void An_estimator_is_given_the_bytes_of_all_texts()
    {
        byte[] body = Encoding.UTF8.GetBytes(
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"日本 a1!\"},{\"role\":\"user\",\"content\":\"b2\"}],\"tools\":[{}]}");
        var prompt = new PromptText();
        Assert.False(PromptReading.Read(RequestShape.Chat, [body], prompt).IsError);
        var sequence = Segmented(body, new Random(1));
        ModelEncoding model = ModelEncodings.Find("claude-sonnet-4-5");
        PromptCount count = Counter.Count(prompt, sequence, RequestShape.Chat, model, JsonTokenizer.Of(model.Encoding), 0);
        TokenFeatures features = PromptCounter.Features(prompt, sequence, count);
        Assert.Equal(new TokenFeatures(count.Text + count.Estimated, new ByteClasses(6, 5), 2, 1), features);
    }

    [Fact]
    public void Counting_allocates_nothing_in_steady_state()
    {
        string text = string.Concat(Enumerable.Repeat("some \\nwords ", 50));
        byte[] body = Encoding.UTF8.GetBytes(
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"},{\"role\":\"user\",\"content\":\"short\"}]}");
        var prompt = new PromptText();
        var counter = new PromptCounter(new TextMemo(64));
        ModelEncoding model = ModelEncodings.Find("gpt-4o");
        JsonTokenizer tokenizer = JsonTokenizer.Of(model.Encoding);
        PromptReading.Read(RequestShape.Chat, [body], prompt);
        foreach (ReadOnlySequence<byte> sequence in new[] { new ReadOnlySequence<byte>(body), Segmented(body, new Random(1)) })
        {
            long before = 0;
            for (int round = 0; round < 4; round++)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
                // Another scope each time: what was not seen before must not allocate either.
                counter.Count(prompt, sequence, RequestShape.Chat, model, tokenizer, (ulong)round);
                counter.Count(prompt, sequence, RequestShape.Chat, model, tokenizer, (ulong)round);
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    private static PromptCount Count(RequestShape shape, string body, string model) => Count(shape, Encoding.UTF8.GetBytes(body), model, null);

    private static PromptCount Count(RequestShape shape, byte[] body, string model, Random? random)
    {
        var prompt = new PromptText();
        EdgeError error = PromptReading.Read(shape, [body], prompt);
        Assert.False(error.IsError, error.Message);
        ModelEncoding encoding = ModelEncodings.Find(model);
        var sequence = random is null ? new ReadOnlySequence<byte>(body) : Segmented(body, random);
        return Counter.Count(prompt, sequence, shape, encoding, JsonTokenizer.Of(encoding.Encoding), 0);
    }

    private static long Plain(string text) => new Tokenizer(JsonTokenizer.Of(TokenEncoding.O200kBase).Vocabulary).Count(Encoding.UTF8.GetBytes(text));

    private static string Quoted(string text, bool isAscii = false)
    {
        var options = new JsonSerializerOptions(StringContext.Default.Options);
        if (!isAscii)
            options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        return JsonSerializer.Serialize(text, new StringContext(options).String);
    }

    private static string RandomText(Random random)
    {
        string[] words = ["hello", " world", "\n", " the", "日本語", " é", "😀", "\t", "\"", "1234", " don't", "...", "  ", "\r\n", "\u0000"];
        var text = new StringBuilder();
        for (int i = random.Next(120); i > 0; i--)
            text.Append(words[random.Next(words.Length)]);
        return text.ToString();
    }

    private static ReadOnlySequence<byte> Segmented(byte[] bytes, Random random)
    {
        var first = new Segment(default, null);
        Segment last = first;
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(random.Next(0, 1 + (bytes.Length / 4)), bytes.Length - at);
            last = new Segment(bytes.AsMemory(at, length), last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class StringContext : System.Text.Json.Serialization.JsonSerializerContext;
