using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>Ids in answers are told sealed, wherever the answer is cut, and nothing else of it changes.</summary>
public sealed class StoredIdWriterTests
{
    private const string Answer = """{ "object":"response", "id" : "resp_1","previous_response_id":"resp_before","text":"resp_1 \"resp_1\"","output":[{"id":"resp_1"}],"n":1}""";

    [Fact]
    public void The_answers_own_id_and_the_one_that_it_goes_on_from_are_told_as_the_client_knows_them()
    {
        var told = Written(Answer);
        Assert.Equal(Answer.Replace("\"resp_1\",", $"\"{Sealed(told)}\",", StringComparison.Ordinal).Replace("resp_before", StoredIdOracles.BeforeTold, StringComparison.Ordinal), told);
        Assert.StartsWith(StoredIdOracles.Mark, Sealed(told));
        for (var cut = 0; cut <= Answer.Length; cut++)
        {
            for (var second = cut; second <= Answer.Length; second++)
                Assert.Equal(told, Encoding.UTF8.GetString(StoredIdOracles.Written(Encoding.UTF8.GetBytes(Answer), [cut, second, Answer.Length])));
        }
    }

    [Theory]
    [InlineData("""{"id":null,"object":"response"}""")]
    [InlineData("""{"id":"","x":["id","resp_1"]}""")]
    [InlineData("""{"id":"two words"}""")]
    [InlineData("""{"id":"resp\u005f1"}""")]
    [InlineData("""{"response":{"id":"resp_1"}}""")]
    [InlineData("""["id","resp_1"]""")]
    [InlineData("""{"id":"resp_1""")]
    [InlineData("no JSON")]
    public void All_else_goes_as_it_is(string answer)
    {
        Assert.Equal(answer, Written(answer));
        var bytes = Encoding.UTF8.GetBytes(answer);
        Assert.Equal(bytes, StoredIdOracles.Written(bytes, Enumerable.Range(1, bytes.Length)));
    }

    [Fact]
    public void Values_that_are_longer_than_any_id_are_not_held_back()
    {
        var text = new string('x', 5000);
        var answer = $$"""{"id":"{{text}}","instructions":"{{text}}","a":{{new string(' ', 3000)}}"resp_before","b":"resp_before"}""";
        var bytes = Encoding.UTF8.GetBytes(answer);
        var told = Encoding.UTF8.GetString(StoredIdOracles.Written(bytes, Enumerable.Range(1, bytes.Length)));
        Assert.Equal(answer, told.Replace(StoredIdOracles.BeforeTold, StoredIdOracles.Before, StringComparison.Ordinal));
        Assert.EndsWith($"\"b\":\"{StoredIdOracles.BeforeTold}\"}}", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_are_told_so_wherever_the_ids_stand()
    {
        var (output, ids) = (new StringBuilder(), StoredIdOracles.Ids());
        var writer = new StoredIdWriter((first, second) => output.Append(Encoding.UTF8.GetString(first)).Append(Encoding.UTF8.GetString(second)));
        writer.Begin(ids, new IdSeal("east", "first", "sk-one"u8), 7);
        writer.Learn("resp_1"u8);
        writer.Learn("resp_2"u8);
        const string Events = "data: {\"response\":{\"previous_response_id\":\"resp_before\",\"id\":\"resp_1\"}}\n\ndata: {\"delta\":\"\\\"resp_1\",\"item_id\":\"resp_2\"}\n\ndata: {\"response_id\":\"resp_1\"}\n\n";
        writer.WriteEvents(Encoding.UTF8.GetBytes(Events));
        var told = output.ToString();
        Assert.Contains("{\"delta\":\"\\\"resp_1\",\"item_id\":\"resp_2\"}", told, StringComparison.Ordinal);
        Assert.DoesNotContain("\"id\":\"resp_1\"", told, StringComparison.Ordinal);
        Assert.DoesNotContain("response_id\":\"resp_1\"", told, StringComparison.Ordinal);
        Assert.Contains($"\"previous_response_id\":\"{StoredIdOracles.BeforeTold}\"", told, StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_of_an_error_within_a_stream_name_the_id_that_the_client_has_sent()
    {
        var (output, ids) = (new StringBuilder(), StoredIdOracles.Ids());
        var writer = new StoredIdWriter((first, second) => output.Append(Encoding.UTF8.GetString(first)).Append(Encoding.UTF8.GetString(second)));
        writer.Begin(ids, new IdSeal("east", "first", "sk-one"u8), 7);
        writer.WriteEvents("data: {\"type\":\"error\",\"message\":\"Response 'resp_before' not found, resp_before; resp_before2 xresp_before\",\"param\":\"resp_before\"}\n\n"u8);
        const string Told = StoredIdOracles.BeforeTold;
        Assert.Equal($"data: {{\"type\":\"error\",\"message\":\"Response '{Told}' not found, {Told}; resp_before2 xresp_before\",\"param\":\"{Told}\"}}\n\n", output.ToString());
    }

    [Fact]
    public void An_error_names_the_id_that_the_client_has_sent()
    {
        var ids = StoredIdOracles.Ids();
        var text = Encoding.UTF8.GetBytes("'resp_before' is not resp_before");
        var length = ids.Conceal(ref text, text.Length);
        Assert.Equal($"'{StoredIdOracles.BeforeTold}' is not {StoredIdOracles.BeforeTold}", Encoding.UTF8.GetString(text.AsSpan(0, length)));
    }

    [Fact]
    public void Mutants_are_sealed_alike_however_they_are_cut()
    {
        for (var seed = 0; seed < 300; seed++)
            StoredIdOracles.IdsAreSealedAlike(JsonCorpus.Mutate(Encoding.UTF8.GetBytes(Answer), new Random(seed)), seed);
    }

    private static string Sealed(string told) => told[(told.IndexOf("\"id\" : \"", StringComparison.Ordinal) + 8)..].Split('"')[0];

    private static string Written(string answer) => Encoding.UTF8.GetString(StoredIdOracles.Written(Encoding.UTF8.GetBytes(answer), [Encoding.UTF8.GetByteCount(answer)]));
}
