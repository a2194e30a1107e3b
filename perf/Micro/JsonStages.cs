using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Anthropic;
using AiEdge.DataPlane.Dialects.Gemini;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;

namespace AiEdge.Micro;

/// <summary>What the data plane reads of requests, answers and events.</summary>
internal static class JsonStages
{
    private static readonly byte[] Small = Body("Say hello");
    private static readonly byte[] Large = Body(new string('x', 100_000));

    private static readonly byte[] Answer = Encoding.ASCII.GetBytes(
        "{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"small\",\"choices\":[{\"index\":0,"
        + "\"message\":{\"role\":\"assistant\",\"content\":\"Hello there, how may I help you today?\"},\"finish_reason\":\"stop\"}],"
        + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,\"total_tokens\":21,\"prompt_tokens_details\":{\"cached_tokens\":0}}}");

    public static Action SmallRequest() => Request(Small);

    public static Action LargeRequest() => Request(Large);

    public static Action JsonAnswer()
    {
        var reader = new JsonAnswerReader();
        return () =>
        {
            reader.Reset(OpenAiAnswerWords.Shared);
            reader.Feed(Answer);
            HttpStages.Expect(reader.IsComplete && reader.Usage.TotalTokens == 21);
        };
    }

    /// <summary>Chunks that differ in their text alone, as those of one stream do.</summary>
    public static Action ChatEvents() => Events(stripUsage: false, i => "chatcmpl-0123456789", "");

    public static Action ChatEventsStripped() => Events(stripUsage: true, i => "chatcmpl-0123456789", ",\"usage\":null");

    /// <summary>The same, every text counted, the bound looked at after each, as where a limit binds and is far.</summary>
    public static Action ChatEventsCounted()
    {
        var frames = Frames(i => "chatcmpl-0123456789", "");
        var reader = new OpenAiStreamReader();
        reader.Reset(RequestShape.Chat, stripUsage: false, wantsTexts: true);
        var tokens = new TokenMeter();
        var tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
        var counter = new OutputCounter();
        var pool = tokens.CountersOf(tokenizer.Vocabulary);
        return () =>
        {
            counter.Begin(tokenizer, pool, null);
            foreach (var frame in frames)
            {
                var data = frame.AsSpan(6, frame.Length - 8);
                reader.OnEvent(frame, data, out _, out _);
                counter.Append(reader.Texts, data);
                HttpStages.Expect(counter.UpperBound > 0);
            }

            HttpStages.Expect(counter.Count >= 64);
        };
    }

    /// <summary>A guard that looks at each byte of a stream's text for what comes again.</summary>
    public static Action Repetition()
    {
        var texts = Enumerable.Range(0, 32).Select(i => Encoding.ASCII.GetBytes($" token {i}")).ToArray();
        var detector = new RepetitionDetector();
        return () =>
        {
            detector.Reset();
            foreach (var text in texts)
                HttpStages.Expect(!detector.Add(text, 20));
        };
    }

    /// <summary>Chunks of which no two begin alike: each is read in full.</summary>
    public static Action ChatEventsUnlike() => Events(stripUsage: false, i => "chatcmpl-" + i, "");

    /// <summary>Events of a streamed message of Anthropic's, every text counted.</summary>
    public static Action MessageEvents() => EventsCounted(
        new AnthropicEventReader(), RequestShape.Messages, "event: content_block_delta\ndata: ",
        i => $"{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\" token {i}\"}}}}");

    /// <summary>Chunks of Gemini's, every text counted.</summary>
    public static Action ContentEvents() => EventsCounted(
        new GeminiEventReader(), RequestShape.Contents, "data: ",
        i => $"{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\" token {i}\"}}],\"role\":\"model\"}},\"index\":0}}],\"usageMetadata\":{{\"promptTokenCount\":9}}}}");

    private static Action EventsCounted(EventReader reader, RequestShape shape, string before, Func<int, string> json)
    {
        var frames = Enumerable.Range(0, 32).Select(i => Encoding.ASCII.GetBytes($"{before}{json(i)}\n\n")).ToArray();
        var from = before.Length;
        reader.Reset(shape, stripUsage: false, wantsTexts: true);
        var tokens = new TokenMeter();
        var tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
        var counter = new OutputCounter();
        var pool = tokens.CountersOf(tokenizer.Vocabulary);
        return () =>
        {
            counter.Begin(tokenizer, pool, null);
            foreach (var frame in frames)
            {
                var data = frame.AsSpan(from, frame.Length - from - 2);
                reader.OnEvent(frame, data, out _, out _);
                counter.Append(reader.Texts, data);
                HttpStages.Expect(counter.UpperBound > 0);
            }

            HttpStages.Expect(counter.Count >= 64);
        };
    }

    private static Action Request(byte[] body)
    {
        var reader = new RequestReader();
        var facts = new RequestFacts();
        return () =>
        {
            reader.Begin(facts, RequestShape.Chat);
            reader.Feed(body);
            HttpStages.Expect(!reader.Finish().IsError && facts.HasModel);
        };
    }

    private static byte[][] Frames(Func<int, string> id, string usage)
    {
        var frames = new byte[32][];
        for (var i = 0; i < frames.Length; i++)
        {
            frames[i] = Encoding.ASCII.GetBytes(
                $"data: {{\"id\":\"{id(i)}\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"small\",\"choices\":"
                + $"[{{\"index\":0,\"delta\":{{\"content\":\" token {i}\"}},\"finish_reason\":null}}]{usage}}}\n\n");
        }

        return frames;
    }

    private static Action Events(bool stripUsage, Func<int, string> id, string usage)
    {
        var frames = Frames(id, usage);
        var reader = new OpenAiStreamReader();
        reader.Reset(RequestShape.Chat, stripUsage);
        return () =>
        {
            var cuts = 0;
            foreach (var frame in frames)
            {
                if (reader.OnEvent(frame, frame.AsSpan(6, frame.Length - 8), out _, out _) == EventAction.Cut)
                    cuts++;
            }

            HttpStages.Expect(cuts == (stripUsage ? 32 : 0) && reader.SawContent);
        };
    }

    private static byte[] Body(string text) => Encoding.ASCII.GetBytes(
        "{\"model\":\"small\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"},{\"role\":\"user\",\"content\":\""
        + text + "\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true},\"temperature\":0.7,\"max_tokens\":100}");
}
