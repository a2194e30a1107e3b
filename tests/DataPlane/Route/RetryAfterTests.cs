using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Forward;
using AiEdge.Http;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>When a provider wants to be asked again.</summary>
public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("", 0)]
    [InlineData("Retry-After: 7", 7000)]
    [InlineData("Retry-After: 0.25", 250)]
    [InlineData("retry-after-ms: 120", 120)]
    [InlineData("Retry-After: 7\r\nRetry-After-Ms: 120.5", 120.5)]
    [InlineData("Retry-After: Fri, 02 Jan 2026 03:04:09 GMT", 4000)]
    [InlineData("Retry-After: Fri, 02 Jan 2026 03:04:01 GMT", 0)]
    [InlineData("Retry-After: -7", 0)]
    [InlineData("Retry-After: soon", 0)]
    [InlineData("Retry-After: 1e300", 0)]
    [InlineData("Retry-After: NaN", 0)]
    public void It_is_read_in_all_its_forms(string fields, double ms)
    {
        var reader = new ResponseHeadReader(4096);
        var text = $"HTTP/1.1 429 Too Many Requests\r\n{fields}{(fields.Length > 0 ? "\r\n" : "")}Content-Length: 0\r\n\r\n";
        Assert.Equal(HeadStatus.Complete, reader.Read(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text)), requestWasHead: false));
        Assert.Equal(ms, RetryAfter.Of(reader.Head, Now).TotalMilliseconds);
    }
}
