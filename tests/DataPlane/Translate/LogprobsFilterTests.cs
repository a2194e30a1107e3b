using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Parse;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What was asked for in the client's stead is taken out of an answer, wherever that is cut, and read on the way.</summary>
public sealed class LogprobsFilterTests
{
    private const string Token = """{"token":"a","logprob":-1.5,"bytes":[97],"top_logprobs":[{"token":"b","logprob":-9.0}]}""";
    private const string Chosen = """{"token":"a","tokenId":3,"logProbability":-1.5}""";
    private const string Result = """{ "topCandidates":[{"candidates":[{"logProbability":-8}]}], "chosenCandidates":[{"token":"x"},""" + Chosen + "] }";

    [Theory]
    [InlineData(RequestShape.Chat, """{"choices":[{"index":0,"logprobs":{"content":[T,T],"refusal":[T,T,T]},"x":1}],"usage":{}}""",
        """{"choices":[{"index":0,"logprobs":null,"x":1}],"usage":{}}""", -1.5)]
    [InlineData(RequestShape.Chat, """{"choices":[{"logprobs": {"content" : []} } , {"logprobs":{"content":[T]}}]}""", """{"choices":[{"logprobs": null } , {"logprobs":null}]}""", -1.5)]
    [InlineData(RequestShape.Chat, """{"choices":[{"logprobs":{"content":[{"logprob":-1},{"logprob":-4e0}]}},{"logprobs":{"content":[{"logprob":-2}]}}]}""",
        """{"choices":[{"logprobs":null},{"logprobs":null}]}""", -2.5)]
    [InlineData(RequestShape.Chat, """{"logprobs":{"content":[T]},"choices":[{"message":{"logprobs":{"content":[T]}},"logprobs":null}],"x":{"choices":[{"logprobs":{}}]}}""", null, 0)]
    [InlineData(RequestShape.Chat, """{"choices":{"logprobs":{"content":[T]}}}""", null, 0)]
    [InlineData(RequestShape.Chat, """ [ {"choices":[{"logprobs":{}}]} ] """, null, 0)]
    [InlineData(RequestShape.Chat, """no "logprobs":{ json""", null, 0)]
    [InlineData(RequestShape.Responses, """{"output":[{"type":"reasoning","content":[]},{"content":[{"logprobs":[T,T],"text":"a"},{"text":"b","logprobs":[{"logprob":-3}]}]}],"top_logprobs":0}""",
        """{"output":[{"type":"reasoning","content":[]},{"content":[{"logprobs":[],"text":"a"},{"text":"b","logprobs":[]}]}],"top_logprobs":0}""", -2)]
    [InlineData(RequestShape.Responses, """{"output":[{"logprobs":[T],"content":"x"},{"content":[[{"logprobs":[T]}],{"logprobs":[]}]}]}""", null, 0)]
    [InlineData(RequestShape.Contents, """{"candidates":[{"content":{"parts":[{"text":"a"}]},"avgLogprobs":-0.7 , "logprobsResult" : @R ,"index":0}],"modelVersion":"m"}""",
        """{"candidates":[{"content":{"parts":[{"text":"a"}]},"avgLogprobs":-0.7 ,"index":0}],"modelVersion":"m"}""", -0.75)]
    [InlineData(RequestShape.Contents, """{"candidates":[{ "logprobsResult":@R , "index":0},{"index":1,"logprobsResult":{}}, {"logprobsResult":@R}]}""",
        """{"candidates":[{"index":0},{"index":1}, {}]}""", -0.75)]
    [InlineData(RequestShape.Contents, """{"candidates":[{"index":0, "logprobsResult":null, "x":[1,2]}],"logprobsResult":@R}""", null, 0)]
    internal void It_is_taken_out_and_nothing_else(RequestShape shape, string answer, string? expected, double mean)
    {
        answer = answer.Replace("T,", Token + ",", StringComparison.Ordinal).Replace("T]", Token + "]", StringComparison.Ordinal).Replace("@R", Result, StringComparison.Ordinal);
        var said = Cuts.SameForAll(Encoding.UTF8.GetBytes(answer), pieces => Run(shape, pieces));
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{mean} {expected ?? answer}"), said);
    }

    /// <summary>What is held until it is known whether a member stays is bounded: where more lies before it, it stays, empty.</summary>
    [Fact]
    public void No_more_is_held_than_its_bound()
    {
        var space = new string(' ', 2 * LogprobsFilter.HeldBytesMax);
        var pieces = $$"""{"candidates":[{"index":0,{{space}}"logprobsResult":{{Result}},"x":1}]}""".Chunk(1024).Select(piece => Encoding.UTF8.GetBytes(piece)).ToList();
        Assert.Equal($$"""-0.75 {"candidates":[{"index":0,{{space}}"logprobsResult":null,"x":1}]}""", Run(RequestShape.Contents, pieces));
    }

    private static string Run(RequestShape shape, IReadOnlyList<byte[]> pieces)
    {
        var filter = new LogprobsFilter();
        filter.Begin(Translations.Of(shape).Logprobs!);
        var said = new List<byte>();
        foreach (var piece in pieces)
            said.AddRange(filter.Feed(piece).ToArray());
        filter.Release();
        return string.Create(CultureInfo.InvariantCulture, $"{filter.Means.Lowest} {Encoding.UTF8.GetString([.. said])}");
    }
}
