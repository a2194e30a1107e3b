using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Parse;

namespace AiEdge.DataPlane.Tests.Parse;

public class RequestReaderTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    [Fact]
    public void A_chat_request_gives_its_facts_however_it_is_cut()
    {
        string body = " {\"model\" : \"gpt-4o\\u002dmini\",\"stream\":true, \"stream_options\" : { \"x\":1, \"include_usage\" : false } ,"
            + Messages + ",\"max_tokens\":null,\"max_completion_tokens\": 12 ,\"n\":2,\"temperature\":0.5,\"top_p\":null,"
            + "\"tools\":[{\"model\":\"not this\"}],\"user\":\"é\"} ";
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var facts = new RequestFacts();
        string line = Cuts.SameForAll(bytes, pieces => RequestReading.Describe(RequestShape.Chat, pieces, facts));

        Assert.DoesNotContain("error", line, StringComparison.Ordinal);
        Assert.True(facts.HasModel);
        Assert.Equal("gpt-4o-mini", Encoding.UTF8.GetString(facts.Model));
        Assert.Equal("\"gpt-4o\\u002dmini\"", At(bytes, facts.ModelToken));
        Assert.True(facts.Stream);
        Assert.Equal("true", At(bytes, facts.StreamToken));
        Assert.Equal(StreamOptionsForm.Object, facts.StreamOptions);
        Assert.Equal("{ \"x\":1, \"include_usage\" : false }", At(bytes, facts.StreamOptionsToken));
        Assert.Equal(facts.StreamOptionsToken.Start + 1, facts.StreamOptionsInsertAt);
        Assert.False(facts.StreamOptionsIsEmpty);
        Assert.Equal(IncludeUsageForm.False, facts.IncludeUsage);
        Assert.Equal("false", At(bytes, facts.IncludeUsageToken));
        Assert.Equal(2, facts.InsertAt);
        Assert.False(facts.TopLevelIsEmpty);
        Assert.Equal("null", At(bytes, facts.MaxTokens.Token));
        Assert.Null(facts.MaxTokens.Value);
        Assert.Equal("12", At(bytes, facts.MaxCompletionTokens.Token));
        Assert.Equal(12, facts.MaxCompletionTokens.Value);
        Assert.False(facts.MaxOutputTokens.Token.IsPresent);
        Assert.Equal(2, facts.N);
    }

    [Theory]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"messages\":[]}")]
    [InlineData(
        RequestShape.Chat,
        "{\"messages\":[],\"model\":\"m\",\"stream\":null,\"stream_options\":null,\"n\":null,\"tools\":null,\"temperature\":null}")]
    [InlineData(RequestShape.Chat, "{\"messages\":[],\"model\":\"m\",\"stream_options\":{\"include_usage\":null,\"include_usage2\":1}}")]
    [InlineData(
        RequestShape.Chat,
        "{\"messages\":[],\"model\":\"m\",\"metadata\":{\"model\":1,\"stream\":\"x\",\"model\":2},\"x\":1,\"x\":2}")]
    [InlineData(RequestShape.Chat, "{\"messages\":[{\"content\":\"\\u0000 and \\ud800 pass\"}],\"model\":\"m\"}")]
    [InlineData(RequestShape.Chat, "{\"messages\":[],\"model\":\"a model/with:odd name é\"}")]
    [InlineData(
        RequestShape.Chat,
        "{\"messages\":[],\"model\":\"m\",\"background\":\"text\",\"input\":1,\"prompt\":2,\"max_output_tokens\":\"x\"}")]
    [InlineData(RequestShape.Completions, "{\"model\":\"m\",\"prompt\":\"x\"}")]
    [InlineData(RequestShape.Completions, "{\"model\":\"m\",\"prompt\":[\"x\",\"y\"],\"tools\":1,\"messages\":{}}")]
    [InlineData(RequestShape.Embeddings, "{\"model\":\"m\",\"input\":[1,2,3],\"dimensions\":5,\"n\":\"x\"}")]
    [InlineData(RequestShape.Moderations, "{\"model\":\"m\",\"input\":\"x\"}")]
    [InlineData(RequestShape.Responses, "{\"model\":\"m\"}")]
    [InlineData(
        RequestShape.Responses,
        "{\"model\":\"m\",\"input\":\"x\",\"background\":true,\"max_output_tokens\":0,\"stream_options\":{\"include_obfuscati"
            + "on\":false}}")]
    [InlineData(RequestShape.Images, "{\"model\":\"m\",\"prompt\":\"x\",\"n\":3,\"background\":\"transparent\"}")]
    [InlineData(RequestShape.Speech, "{\"model\":\"m\",\"input\":\"x\",\"voice\":\"alloy\"}")]
    internal void What_a_provider_may_judge_passes(RequestShape shape, string body)
    {
        string line = Cuts.SameForAll(Encoding.UTF8.GetBytes(body), pieces => RequestReading.Describe(shape, pieces));
        Assert.StartsWith("model=True", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RequestShape.Chat, "{}", "model")]
    [InlineData(RequestShape.Chat, "{" + Messages + "}", "model")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\"}", "messages")]
    [InlineData(RequestShape.Completions, "{\"model\":\"m\"}", "prompt")]
    [InlineData(RequestShape.Embeddings, "{\"model\":\"m\"}", "input")]
    [InlineData(RequestShape.Moderations, "{\"model\":\"m\"}", "input")]
    [InlineData(RequestShape.Responses, "{\"input\":\"x\"}", "model")]
    [InlineData(RequestShape.Images, "{\"prompt\":\"x\"}", "model")]
    [InlineData(RequestShape.Speech, "{\"input\":\"x\"}", "model")]
    [InlineData(RequestShape.Chat, "{\"model\":1," + Messages + "}", "model")]
    [InlineData(RequestShape.Chat, "{\"model\":null," + Messages + "}", "model")]
    [InlineData(RequestShape.Chat, "{\"model\":[\"m\"]," + Messages + "}", "model")]
    [InlineData(RequestShape.Chat, "{\"model\":{}," + Messages + "}", "model")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"messages\":\"hi\"}", "messages")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"messages\":null}", "messages")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"messages\":{}}", "messages")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"stream\":\"true\"," + Messages + "}", "stream")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"stream\":1," + Messages + "}", "stream")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"stream\":{}," + Messages + "}", "stream")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"stream_options\":true," + Messages + "}", "stream_options")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"stream_options\":[]," + Messages + "}", "stream_options")]
    [InlineData(
        RequestShape.Chat,
        "{\"model\":\"m\",\"stream_options\":{\"include_usage\":1}," + Messages + "}",
        "stream_options.include_usage")]
    [InlineData(
        RequestShape.Chat,
        "{\"model\":\"m\",\"stream_options\":{\"include_usage\":{}}," + Messages + "}",
        "stream_options.include_usage")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"n\":\"2\"," + Messages + "}", "n")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"n\":-1," + Messages + "}", "n")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"n\":1.5," + Messages + "}", "n")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"max_tokens\":1e3," + Messages + "}", "max_tokens")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"max_tokens\":99999999999999999999," + Messages + "}", "max_tokens")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"max_completion_tokens\":true," + Messages + "}", "max_completion_tokens")]
    [InlineData(RequestShape.Responses, "{\"model\":\"m\",\"max_output_tokens\":[]}", "max_output_tokens")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"temperature\":\"hot\"," + Messages + "}", "temperature")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"top_p\":false," + Messages + "}", "top_p")]
    [InlineData(RequestShape.Chat, "{\"model\":\"m\",\"tools\":{}," + Messages + "}", "tools")]
    [InlineData(RequestShape.Responses, "{\"model\":\"m\",\"background\":\"yes\"}", "background")]
    [InlineData(RequestShape.Responses, "{\"model\":\"m\",\"input\":5}", "input")]
    [InlineData(RequestShape.Completions, "{\"model\":\"m\",\"prompt\":{}}", "prompt")]
    [InlineData(RequestShape.Embeddings, "{\"model\":\"m\",\"input\":null}", "input")]
    internal void A_missing_field_or_a_wrong_type_names_the_field(RequestShape shape, string body, string param)
    {
        AssertRefused(shape, Encoding.UTF8.GetBytes(body), param);
    }

    [Theory]
    [InlineData("\"model\":\"m\"", "\"model\":\"m\"", "model")]
    [InlineData("\"model\":\"m\"", "\"mod\\u0065l\":\"other\"", "model")]
    [InlineData("\"\\u006dodel\":\"m\"", "\"\\u006Dod\\u0065\\u006C\":\"other\"", "model")]
    [InlineData("\"stream\":true", "\"stream\":false", "stream")]
    [InlineData("\"stream\":true", "\"s\\u0074ream\":false", "stream")]
    [InlineData("\"stream_options\":null", "\"stream_options\":{}", "stream_options")]
    [InlineData("\"messages\":[]", "\"messages\":[]", "messages")]
    [InlineData("\"n\":1", "\"n\":1", "n")]
    [InlineData("\"max_tokens\":1", "\"max_tokens\":2", "max_tokens")]
    [InlineData("\"temperature\":1", "\"temperature\":2", "temperature")]
    [InlineData("\"top_p\":1", "\"top\\u005fp\":1", "top_p")]
    [InlineData("\"tools\":[]", "\"tools\":[]", "tools")]
    [InlineData("\"stream_options\":{\"include_usage\":true,\"include_usage\":false}", "\"x\":1", "stream_options.include_usage")]
    [InlineData("\"stream_options\":{\"include_usage\":true,\"include\\u005fusage\":false}", "\"x\":1", "stream_options.include_usage")]
    public void A_field_given_twice_is_refused_in_any_spelling(string first, string second, string param)
    {
        AssertRefused(RequestShape.Chat, Encoding.UTF8.GetBytes("{" + first + ",\"other\":{}," + second + "}"), param);
    }

    [Theory]
    [InlineData("m\\r\\nX-Injected: 1")]
    [InlineData("m\\u000d\\u000aX-Injected: 1")]
    [InlineData("m\\u0000")]
    [InlineData("m\\t")]
    [InlineData("m\\u007f")]
    [InlineData("m\u007f")]
    [InlineData("m\\u0085")]
    [InlineData("m\u0085")]
    [InlineData("\\ud800")]
    [InlineData("m\\udc00x")]
    [InlineData("m\\ud800\\ud800")]
    [InlineData("")]
    public void A_model_that_could_not_stand_in_a_header_or_a_log_is_refused(string name)
    {
        AssertRefused(RequestShape.Chat, Encoding.UTF8.GetBytes("{\"model\":\"" + name + "\"," + Messages + "}"), "model");
    }

    [Fact]
    public void A_model_may_have_256_bytes_and_no_more_however_they_are_spelled()
    {
        foreach (string unit in new[] { "x", "\\u0078", "é", "\\u00e9", "\\ud83d\\ude00", "\\\\" })
        {
            int bytes = unit.Length == 1 && unit[0] < 0x80 || unit is "\\u0078" or "\\\\" ? 1 : unit is "é" or "\\u00e9" ? 2 : 4;
            string fits = string.Concat(Enumerable.Repeat(unit, 256 / bytes));
            foreach (int cut in new[] { 1, 12, 300, 1500, 1545, 1546, 1600 })
            {
                var facts = new RequestFacts();
                byte[] body = Encoding.UTF8.GetBytes("{\"model\":\"" + fits + "\"," + Messages + "}");
                int at = Math.Min(cut, body.Length);
                Assert.StartsWith(
                    "model=True",
                    RequestReading.Describe(RequestShape.Chat, [body[..at], body[at..]], facts),
                    StringComparison.Ordinal);
                Assert.Equal(256, facts.Model.Length);

                byte[] over = Encoding.UTF8.GetBytes("{\"model\":\"" + fits + "x\"," + Messages + "}");
                at = Math.Min(cut, over.Length);
                Assert.Contains("[model]", RequestReading.Describe(RequestShape.Chat, [over[..at], over[at..]]), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Texts_that_are_not_JSON_are_refused_and_nothing_of_them_is_echoed()
    {
        foreach (byte[] text in JsonCorpus.Invalid())
        {
            AssertRefused(RequestShape.Chat, text, null);
            byte[] inside = [.. "{\"model\":\"m\",\"messages\":["u8, .. text, .. "],\"x\":1}"u8];
            if (!System.Text.Unicode.Utf8.IsValid(text) || text.Length > 6)
                AssertRefused(RequestShape.Chat, inside, null);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{\"model\":\"m\"}]")]
    [InlineData("\"model\"")]
    [InlineData("1")]
    [InlineData("1 ")]
    [InlineData("null")]
    [InlineData("true")]
    public void A_body_that_is_not_an_object_is_refused(string body)
    {
        EdgeError error = AssertRefused(RequestShape.Chat, Encoding.UTF8.GetBytes(body), null);
        Assert.Equal("The request body must be a JSON object.", error.Message);
    }

    [Fact]
    public void A_body_truncated_at_any_byte_is_refused()
    {
        byte[] body = Encoding.UTF8.GetBytes(
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"n\":12," + Messages + "}");
        for (int i = 0; i < body.Length; i++)
            AssertRefused(RequestShape.Chat, body[..i], null);
        Assert.False(RequestReading.Error(RequestShape.Chat, body).IsError);
    }

    [Fact]
    public void Two_hundred_levels_are_too_deep_wherever_they_stand()
    {
        string deep = new string('[', 200) + new string(']', 200);
        foreach (string body in new[] { "{\"model\":\"m\",\"messages\":" + deep + "}", "{\"x\":" + deep + "}", deep })
        {
            EdgeError error = RequestReading.Error(RequestShape.Chat, Encoding.ASCII.GetBytes(body));
            Assert.True(error.IsError);
            Assert.Null(error.Param);
        }

        Assert.Equal(
            "The request body is nested too deeply.",
            RequestReading.Error(RequestShape.Chat, Encoding.ASCII.GetBytes("{\"x\":" + deep + "}")).Message);
    }

    [Fact]
    public void The_first_error_stays_whatever_follows()
    {
        var reader = new RequestReader();
        reader.Begin(new RequestFacts(), RequestShape.Chat);
        Assert.Equal("model", reader.Feed("{\"model\":1,"u8).Param);
        Assert.Equal("model", reader.Feed("\0"u8).Param);
        Assert.Equal("model", reader.Finish().Param);
    }

    [Fact]
    public void A_reader_and_its_facts_can_be_used_again()
    {
        var reader = new RequestReader();
        var facts = new RequestFacts();
        reader.Begin(facts, RequestShape.Chat);
        reader.Feed("{\"model\":\"first\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"n\":5,\"max_tokens\":7,\"mess"u8);
        reader.Begin(facts, RequestShape.Responses);
        reader.Feed("{\"model\":\"second\"}"u8);
        Assert.False(reader.Finish().IsError);
        string fresh = RequestReading.Describe(RequestShape.Responses, ["{\"model\":\"second\"}"u8.ToArray()]);
        Assert.Equal(fresh, RequestReading.Describe(RequestShape.Responses, ["{\"model\":\"second\"}"u8.ToArray()], facts));
        Assert.Equal("second", Encoding.UTF8.GetString(facts.Model));
    }

    [Fact]
    public void Reading_a_body_allocates_nothing()
    {
        byte[] body = Encoding.UTF8.GetBytes(
            "{\"mod\\u0065l\":\"m\\u0041\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"n\":12," + Messages + "}");
        var reader = new RequestReader();
        var facts = new RequestFacts();
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            reader.Begin(facts, RequestShape.Chat);
            reader.Feed(body.AsSpan(0, 30));
            reader.Feed(body.AsSpan(30));
            reader.Finish();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Mutated_requests_are_read_alike_however_they_are_cut()
    {
        for (int seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            ParseOracles.RequestIsReadAlikeAndPatchedExactly(JsonCorpus.Mutate(JsonCorpus.Request(random), random), seed);
        }
    }

    private static string At(byte[] bytes, ByteRange range) => Encoding.UTF8.GetString(bytes, (int)range.Start, (int)range.Length);

    private static EdgeError AssertRefused(RequestShape shape, byte[] body, string? param)
    {
        EdgeError error = RequestReading.Error(shape, body);
        Assert.Equal(ErrorKind.InvalidRequest, error.Kind);
        Assert.Equal(param, error.Param);
        Assert.True(error.Message!.All(c => c is >= ' ' and < '\u007f'));
        string line = Cuts.SameForAll(body, pieces => RequestReading.Describe(shape, pieces));
        Assert.StartsWith("error InvalidRequest/Client/Never", line, StringComparison.Ordinal);
        return error;
    }
}
