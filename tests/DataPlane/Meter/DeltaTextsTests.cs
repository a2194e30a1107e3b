using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Dialects.OpenAi;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Meter;

public class DeltaTextsTests
{
    [Theory]
    [InlineData("""{"choices":[{"delta":{"role":"assistant","content":"Hi"},"index":3}]}""", "3.0 Content Hi;")]
    [InlineData("""{"choices":[{"index":0,"delta":{"refusal":"No\n","content":null}}]}""", "0.0 Refusal No\\n;")]
    [InlineData("""{"choices":[{"index":0,"delta":{"reasoning":"a","reasoning_content":"a"}}]}""", "0.0 Reasoning a;")]
    [InlineData(
        """{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":""}},{"index":7,"function":{"arguments":"{}"}}]}}]}""",
        "0.0 Name f;0.7 Arguments {};")]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"custom":{"name":"g","input":"x"}}]}}]}""", "0.1 Name g;0.1 Arguments x;")]
    [InlineData("""{"choices":[{"index":0,"delta":{"function_call":{"name":"h","arguments":"y"}}}]}""", "0.0 Name h;0.0 Arguments y;")]
    [InlineData("""{"choices":[{"index":0,"delta":{"audio":{"id":"a","transcript":"said","data":"QUJD"}}}]}""", "0.0 Transcript said;")]
    [InlineData(
        """{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"so"}]}}]}""",
        "0.0 Reasoning hm;0.0 Content so;")]
    [InlineData("""{"choices":[{"text":"one","index":0},{"text":"two","index":1}]}""", "0.0 Content one;1.0 Content two;")]
    [InlineData("""{"choices":[{"delta":{"content":"a","annotations":[{"text":"b"}],"x":{"content":"c"}},"index":0}],"text":"d"}""", "0.0 Content a;")]
    public void A_chunk_s_texts_are_found_wherever_a_provider_puts_them(string data, string expected)
    {
        for (int round = 0; round < 3; round++)
            Assert.Equal(expected, Read(RequestShape.Chat, data, data, data));
    }

    [Theory]
    [InlineData("""{"type":"response.output_text.delta","sequence_number":4,"output_index":1,"content_index":2,"delta":"Hi","logprobs":[]}""", "1.2 Content Hi;")]
    [InlineData("""{"delta":"Hi","output_index":1,"type":"response.refusal.delta"}""", "1.0 Refusal Hi;")]
    [InlineData("""{"type":"response.function_call_arguments.delta","delta":"{\"a\"","output_index":0}""", "0.0 Arguments {\\\"a\\\";")]
    [InlineData("""{"type":"response.custom_tool_call_input.delta","delta":"x"}""", "0.0 Arguments x;")]
    [InlineData("""{"type":"response.reasoning_summary_text.delta","delta":"x","summary_index":1}""", "0.1 Reasoning x;")]
    [InlineData("""{"type":"response.audio.transcript.delta","delta":"x"}""", "0.0 Transcript x;")]
    [InlineData("""{"type":"response.audio.delta","delta":"QUJD"}""", "")]
    [InlineData("""{"type":"response.output_text.done","text":"Hi","delta":"Hi"}""", "")]
    [InlineData("""{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","name":"f","arguments":""}}""", "2.0 Name f;")]
    [InlineData("""{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","name":"f","arguments":"{}"}}""", "")]
    public void A_typed_event_s_text_is_found_by_its_type(string data, string expected) => Assert.Equal(expected, Read(RequestShape.Responses, data));

    [Fact]
    public void Texts_are_those_that_the_tree_holds_whatever_was_learned_of_the_stream()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            byte[] stream = seed % 2 == 0 ? Stream(random) : OpenAiStreamReaderTests.Stream(random);
            DeltaOracles.TextsAreThoseOfTheTree(stream, seed);
            DeltaOracles.TextsAreThoseOfTheTree(JsonCorpus.Mutate(stream, random), seed);
        }
    }

    [Fact]
    public void Content_is_seen_alike_whether_texts_are_wanted_or_not()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            OpenAiStreamReader plain = new(), counting = new();
            plain.Reset(RequestShape.Chat, stripUsage: seed % 2 == 0);
            counting.Reset(RequestShape.Chat, stripUsage: seed % 2 == 0, wantsTexts: true);
            foreach (string line in Encoding.UTF8.GetString(Stream(new Random(seed))).Split('\n'))
            {
                byte[] frame = Encoding.UTF8.GetBytes("data: " + line + "\n\n");
                EventAction one = plain.OnEvent(frame, frame.AsSpan(6, frame.Length - 8), out int start, out int length);
                EventAction other = counting.OnEvent(frame, frame.AsSpan(6, frame.Length - 8), out int otherStart, out int otherLength);
                Assert.Equal((one, start, length, plain.OpenChoices, plain.SawContent), (other, otherStart, otherLength, counting.OpenChoices, counting.SawContent));
                Assert.Equal(AnswerReading.Describe(plain.Usage), AnswerReading.Describe(counting.Usage));
            }
        }
    }

    [Fact]
    public void More_texts_than_are_told_apart_are_known_by_their_bytes()
    {
        string calls = string.Join(',', Enumerable.Range(0, 100).Select(i => $$$"""{"index":{{{i}}},"function":{"arguments":"abc"}}"""));
        var reader = new OpenAiStreamReader();
        reader.Reset(RequestShape.Chat, stripUsage: false, wantsTexts: true);
        byte[] data = Encoding.UTF8.GetBytes($$$"""{"choices":[{"index":0,"delta":{"tool_calls":[{{{calls}}}]}}]}""");
        reader.OnEvent(data, data, out _, out _);
        Assert.Equal((DeltaTexts.TextsMax, 300, 108), (reader.Texts.Count, reader.Texts.Bytes, reader.Texts.FoldedBytes));
    }

    /// <summary>The data of a random stream's events, a line each, with texts in all their places.</summary>
    internal static byte[] Stream(Random random)
    {
        string Pick(params string[] of) => of[random.Next(of.Length)];
        string place = Pick(
            "\"content\":TEXT",
            "\"content\":null,\"reasoning_content\":TEXT",
            "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":TEXT}}]",
            "\"tool_calls\":[{\"index\":1,\"id\":\"\",\"type\":\"function\",\"function\":{\"name\":\"\",\"arguments\":TEXT}}]",
            "\"role\":\"assistant\",\"content\":TEXT,\"refusal\":null",
            "\"content\":[{\"type\":\"text\",\"text\":TEXT}]",
            "\"audio\":{\"transcript\":TEXT}");
        string tail = Pick("", ",\"usage\":null", ",\"usage\":null,\"obfuscation\":\"ab\"");
        bool indexIsLast = random.Next(4) == 0;
        var lines = new List<string>();
        for (int n = random.Next(5, 25); n > 0; n--)
        {
            string text = "\"" + Pick("Hello", "", " world, this is a text of more than thirty-two bytes", "\\n\\\"", "é", "}]", "\\ud83d", "\\ude00") + "\"";
            string body = random.Next(8) == 0 ? Pick("null", "{}", "{\"content\":[\"x\"]}", "{\"reasoning\":\"r\",\"content\":\"c\"}") : "{" + place.Replace("TEXT", text, StringComparison.Ordinal) + "}";
            string index = "\"index\":" + Pick("0", "0", "1", "200");
            string rest = ",\"logprobs\":null,\"finish_reason\":" + Pick("null", "null", "null", "\"stop\"");
            string choice = indexIsLast ? $"\"delta\":{body}{rest},{index}" : $"{index},\"delta\":{body}{rest}";
            lines.Add(random.Next(10) switch
            {
                0 => "{\"id\":\"c\",\"choices\":[{" + choice + "},{" + choice + "}]" + tail + "}",
                1 => "{\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"output_index\":" + random.Next(3) + ",\"delta\":" + text + "}",
                _ => "{\"id\":\"c\",\"choices\":[{" + choice + "}]" + tail + "}",
            });
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    private static string Read(RequestShape shape, params string[] events)
    {
        var reader = new OpenAiStreamReader();
        reader.Reset(shape, stripUsage: false, wantsTexts: true);
        var line = new StringBuilder();
        foreach (string data in events)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(data);
            reader.OnEvent(bytes, bytes, out _, out _);
            line.Clear();
            foreach (DeltaText text in reader.Texts.All)
                line.Append($"{text.Choice}.{text.Part} {text.Kind} {Encoding.UTF8.GetString(bytes.AsSpan(text.Start, text.Length))};");
        }

        return line.ToString();
    }
}
