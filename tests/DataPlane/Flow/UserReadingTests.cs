using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>Whom a request names as its user, wherever its body is cut.</summary>
public sealed class UserReadingTests
{
    [Theory]
    [InlineData(Dialect.OpenAi, """{"model":"m","user":"u-1","messages":[]}""", "u-1")]
    [InlineData(Dialect.OpenAi, """{"safety_identifier":"s-1","messages":[{"user":"x"}],"model":"m"}""", "s-1")]
    [InlineData(Dialect.OpenAi, """{"safety_identifier":"s-1","user":"u-1"}""", "u-1")]
    [InlineData(Dialect.OpenAi, """{"user":"aé\"b","model":"m"}""", "aé\"b")]
    [InlineData(Dialect.OpenAi, """{"metadata":{"user":"x","user_id":"y"},"tools":[{"user":"z"}]}""", null)]
    [InlineData(Dialect.OpenAi, """{"user":null}""", null)]
    [InlineData(Dialect.OpenAi, """{"user":""}""", null)]
    [InlineData(Dialect.OpenAi, """{"user":{"user":"x"},"model":"m"}""", null)]
    [InlineData(Dialect.OpenAi, """{"user":["x"],"model":"user"}""", null)]
    [InlineData(Dialect.Anthropic, """{"metadata":{"a":{"user_id":"x"},"user_id":"u-1"},"user":"y"}""", "u-1")]
    [InlineData(Dialect.Anthropic, """{"messages":[{"metadata":{"user_id":"x"}}],"user_id":"y","metadata":null}""", null)]
    [InlineData(Dialect.Anthropic, """{"metadata":[{"user_id":"x"}]}""", null)]
    [InlineData(Dialect.Gemini, """{"user":"x","metadata":{"user_id":"y"}}""", null)]
    public void The_user_is_found_however_the_body_is_cut(object dialect, string body, string? user)
    {
        var expected = user is null ? 0 : StableHash.Of(Encoding.UTF8.GetBytes(user));
        var bytes = Encoding.UTF8.GetBytes(body);
        var reading = new UserReading();
        Assert.Equal(expected, reading.Find(new ReadOnlySequence<byte>(bytes), (Dialect)dialect));
        for (var cut = 1; cut < bytes.Length; cut++)
            Assert.Equal(expected, reading.Find(Cut(bytes, cut), (Dialect)dialect));
    }

    [Theory]
    [InlineData(1536, true)]
    [InlineData(1537, false)]
    public void A_name_that_is_too_long_is_nobodys_however_the_body_is_cut(int length, bool isSomebody)
    {
        var bytes = Encoding.UTF8.GetBytes($$"""{"user":"{{new string('x', length)}}"}""");
        var reading = new UserReading();
        Assert.Equal(isSomebody, reading.Find(new ReadOnlySequence<byte>(bytes), Dialect.OpenAi) != 0);
        Assert.Equal(isSomebody, reading.Find(Cut(bytes, 100), Dialect.OpenAi) != 0);
    }

    private static ReadOnlySequence<byte> Cut(byte[] bytes, int at)
    {
        var first = new Part(bytes.AsMemory(0, at), 0);
        var second = new Part(bytes.AsMemory(at), at);
        first.Join(second);
        return new ReadOnlySequence<byte>(first, 0, second, bytes.Length - at);
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(ReadOnlyMemory<byte> memory, long before) => (Memory, RunningIndex) = (memory, before);

        public void Join(Part next) => Next = next;
    }
}
