using System.Text;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Meter;

public class JsonAnswerReaderTests
{
    private const string ChatAnswer =
        """
        {"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",
        "content":"the \"usage\":{\"prompt_tokens\":99} and \"error\":{\"code\":\"x\"} in the text fool nobody"},
        "usage":{"prompt_tokens":98}}],
        "usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":3,"audio_tokens":2},
        "completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":1,"accepted_prediction_tokens":7}},"system_fingerprint":"fp"}
        """;

    [Fact]
    public void Usage_of_a_chat_completion_is_read_however_the_answer_is_cut()
    {
        Assert.Equal("whole usage 9 (3 cached, 2 audio) 12 (4 reasoning, 1 audio) 21", Read(ChatAnswer));
    }

    [Theory]
    [InlineData(
        "{\"object\":\"list\",\"data\":[{\"embedding\":[0.1,-2e-5,0]}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}",
        "whole usage 8 (0 cached, 0 audio) 0 (0 reasoning, 0 audio) 8")]
    [InlineData(
        "{\"object\":\"response\",\"error\":null,\"output\":[{\"usage\":{\"input_tokens\":1}}],"
            + "\"usage\":{\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":30},"
        + "\"output_tokens\":87,\"output_tokens_details\":{\"reasoning_tokens\":64},\"total_tokens\":123}}",
        "whole usage 36 (30 cached, 0 audio) 87 (64 reasoning, 0 audio) 123")]
    [InlineData("{\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}", "whole usage 5 (0 cached, 0 audio) 6 (0 reasoning, 0 audio) 11")]
    [InlineData(
        "{\"usage\":{\"prompt_tokens\":1},\"usage\":{\"prompt_tokens\":2}}",
        "whole usage 2 (0 cached, 0 audio) 0 (0 reasoning, 0 audio) 2")]
    [InlineData("{\"usage\":{\"prompt_tokens\":1,\"prompt_tokens\":3}}", "whole usage 3 (0 cached, 0 audio) 0 (0 reasoning, 0 audio) 3")]
    [InlineData(
        "{\"usage\":{\"prompt_tokens\":1,\"prompt_tokens_details\":{\"x\":{\"cached_tokens\":5},\"y\":[{\"cached_tokens\":6}]"
            + "},\"completion_tokens\":2,\"cached_tokens\":9}}",
        "whole usage 1 (0 cached, 0 audio) 2 (0 reasoning, 0 audio) 3")]
    [InlineData(
        "{\"usage\":{\"prompt_tokens_details\":null,\"completion_tokens_details\":[1],\"x\":{\"prompt_tokens\":4},\"y\":[{}],"
            + "\"total_tokens\":7}}",
        "whole usage 0 (0 cached, 0 audio) 0 (0 reasoning, 0 audio) 7")]
    [InlineData(
        "{\"usage\":{\"prompt_tokens\":1000000000000}}",
        "whole usage 1000000000000 (0 cached, 0 audio) 0 (0 reasoning, 0 audio) 1000000000000")]
    public void Usage_is_read_in_both_spellings(string answer, string expected)
    {
        Assert.Equal(expected, Read(answer));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("\"usage\"")]
    [InlineData("12 ")]
    [InlineData("12")]
    [InlineData("[{\"usage\":{\"prompt_tokens\":1}}]")]
    [InlineData("{\"usage\":null}")]
    [InlineData("{\"usage\":{}}")]
    [InlineData("{\"usage\":[{\"prompt_tokens\":1}]}")]
    [InlineData("{\"usage\":{\"type\":\"duration\",\"seconds\":3}}")]
    [InlineData("{\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1.5,\"total_tokens\":1e3}}")]
    [InlineData("{\"usage\":{\"prompt_tokens\":\"5\",\"completion_tokens\":null,\"total_tokens\":true}}")]
    [InlineData("{\"usage\":{\"prompt_tokens\":1000000000001,\"completion_tokens\":99999999999999999999999}}")]
    [InlineData("{\"data\":{\"usage\":{\"prompt_tokens\":1}},\"x\":[{\"usage\":{\"prompt_tokens\":1}}]}")]
    public void What_is_no_usage_is_not_taken_for_one(string answer)
    {
        Assert.Equal("whole no usage", Read(answer));
    }

    [Fact]
    public void An_answer_is_complete_only_when_its_value_is()
    {
        byte[] answer = Encoding.UTF8.GetBytes(ChatAnswer);
        int usageEnd = ChatAnswer.IndexOf(",\"system_fingerprint\"", StringComparison.Ordinal);
        for (int i = 0; i < answer.Length; i++)
            Assert.Equal(
                i < usageEnd ? "part no usage" : "part usage 9 (3 cached, 2 audio) 12 (4 reasoning, 1 audio) 21",
                AnswerReading.Describe([answer[..i]]));
        Assert.StartsWith("whole", AnswerReading.Describe([answer]), StringComparison.Ordinal);
        Assert.StartsWith("part", AnswerReading.Describe([answer, "x"u8.ToArray()]), StringComparison.Ordinal);
        Assert.StartsWith("whole", AnswerReading.Describe([answer, "\r\n "u8.ToArray()]), StringComparison.Ordinal);
        Assert.StartsWith("part", Read("<html>no JSON</html>"), StringComparison.Ordinal);
        Assert.StartsWith("part", Read(""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "{\"error\":{\"message\":\"You exceeded your current quota\",\"type\":\"insufficient_quota\",\"param\":null,\"code\":"
            + "\"insufficient_quota\"}}",
        "whole no usage error insufficient_quota/insufficient_quota")]
    [InlineData("{\"error\":{\"code\":429,\"type\":null,\"message\":\"\"}}", "whole no usage error /")]
    [InlineData(
        "{\"error\":{\"code\":\"a\\u0062\\n\",\"details\":{\"code\":\"x\",\"type\":\"y\"},\"type\":\"t\"}}",
        "whole no usage error ab\n/t")]
    [InlineData("{\"error\":{\"code\":\"0123456789012345678901234567890123456789012345678901234567890123\",\"type\":\"t\"}}",
        "whole no usage error 0123456789012345678901234567890123456789012345678901234567890123/t")]
    [InlineData(
        "{\"error\":{\"code\":\"01234567890123456789012345678901234567890123456789012345678901234\",\"type\":\"t\"}}",
        "whole no usage error /t")]
    [InlineData("{\"error\":\"insufficient_quota\"}", "whole no usage")]
    [InlineData("{\"error\":null}", "whole no usage")]
    [InlineData("{\"x\":{\"error\":{\"code\":\"c\"}}}", "whole no usage")]
    [InlineData("[{\"error\":{\"code\":\"c\"}}]", "whole no usage")]
    public void Code_and_type_of_an_error_are_read(string answer, string expected)
    {
        Assert.Equal(expected, Read(answer));
    }

    [Fact]
    public void A_reader_can_be_used_again()
    {
        var reader = new JsonAnswerReader();
        reader.Reset(OpenAiAnswerWords.Shared);
        reader.Feed("{\"usage\":{\"prompt_tokens\":1},\"error\":{\"code\":\"c\",\"ty"u8);
        reader.Reset(OpenAiAnswerWords.Shared);
        reader.Feed("{}"u8);
        Assert.Equal("whole no usage", AnswerReading.Describe(reader));
    }

    [Theory]
    [InlineData("""{"error":{"message":"a \"b\"","code":502,"metadata":{"raw":[1]}},"user_id":"u"}""", "502 a \\\"b\\\"")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "0 Overloaded")]
    [InlineData("""{"error":{"code":1.5}}""", "0 ")]
    [InlineData("""{"error":{"code":1},"choices":[]}""", null)]
    [InlineData("""{"output":[],"error":{"code":1}}""", null)]
    [InlineData("""{"error":null}""", null)]
    [InlineData("""{"error":{"code":1}""", null)]
    public void An_error_that_stands_alone_is_known_with_its_number_and_its_words(string answer, string? told)
    {
        Assert.Equal(told ?? "none", Cuts.SameForAll(Encoding.UTF8.GetBytes(answer), static pieces =>
        {
            var reader = new JsonAnswerReader();
            reader.Reset(OpenAiAnswerWords.Shared);
            foreach (var piece in pieces)
                reader.Feed(piece);
            return reader.IsErrorAlone ? $"{reader.ErrorNumber} {Encoding.UTF8.GetString(reader.ErrorMessage)}" : "none";
        }));
    }

    [Fact]
    public void Mutated_answers_are_read_alike_however_they_are_cut()
    {
        byte[] answer = Encoding.UTF8.GetBytes(ChatAnswer);
        for (int seed = 0; seed < 2000; seed++)
            MeterOracles.AnswerIsReadAlike(JsonCorpus.Mutate(answer, new Random(seed)), seed);
        Assert.StartsWith("whole", AnswerReading.Describe([answer]), StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_an_answer_allocates_nothing()
    {
        byte[] answer = Encoding.UTF8.GetBytes(ChatAnswer);
        var reader = new JsonAnswerReader();
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            reader.Reset(OpenAiAnswerWords.Shared);
            reader.Feed(answer.AsSpan(0, 100));
            reader.Feed(answer.AsSpan(100));
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(reader.IsComplete);
    }

    private static string Read(string answer) => Cuts.SameForAll(Encoding.UTF8.GetBytes(answer), AnswerReading.Describe);
}
