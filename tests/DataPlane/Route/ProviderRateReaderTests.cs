using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.Http;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>What a provider says of our account's limits.</summary>
public sealed class ProviderRateReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("x-ratelimit-limit-requests: 500\r\nx-ratelimit-remaining-requests: 499\r\nx-ratelimit-reset-requests: 120ms", "500 499 120", "")]
    [InlineData("X-RateLimit-Limit-Tokens: 30000\r\nX-RateLimit-Remaining-Tokens: 0\r\nX-RateLimit-Reset-Tokens: 6m0s", "", "30000 0 360000")]
    [InlineData("x-ratelimit-remaining-requests: 7", "0 7 0", "")]
    [InlineData("x-ratelimit-remaining-requests: -1\r\nx-ratelimit-remaining-tokens: -1", "", "")]
    [InlineData("x-ratelimit-limit-requests: -1\r\nx-ratelimit-remaining-requests: 3\r\nx-ratelimit-reset-requests: -1", "", "")]
    [InlineData("x-ratelimit-limit-tokens: -1\r\nx-ratelimit-remaining-tokens: -1\r\nx-ratelimit-reset-tokens: 0", "", "")]
    [InlineData("x-ratelimit-limit-tokens: -1\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 60s", "", "")]
    [InlineData("x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 60s\r\nx-ratelimit-limit-tokens: 0", "", "")]
    [InlineData("x-ratelimit-limit-tokens: 0\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 0", "", "")]
    [InlineData("x-ratelimit-limit-requests: abc\r\nx-ratelimit-remaining-requests: 7\r\nx-ratelimit-reset-requests: 1s", "", "")]
    [InlineData("x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 7\r\nx-ratelimit-reset-requests: never", "100 7 0", "")]
    [InlineData("x-ratelimit-limit-req-minute: 720\r\nx-ratelimit-remaining-req-minute: 717\r\nx-ratelimit-remaining-tokens-minute: 9\r\nx-ratelimit-tokens-query-cost: 52", "720 717 0", "0 9 0")]
    [InlineData("x-ratelimit-remaining-requests-day: 5\r\nx-ratelimit-remaining--minute: 4", "", "")]
    [InlineData("x-ratelimit-limit-requests: 5\r\nx-ratelimit-reset-requests: 1s", "", "")]
    [InlineData("x-ratelimit-remaining-tokens: many\r\nx-ratelimit-remaining: 4\r\nx-ratelimit-: 4\r\nx-ratelimit-remaining-images: 4", "", "")]
    [InlineData("anthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-requests-remaining: 49\r\nanthropic-ratelimit-requests-reset: 2026-01-02T03:04:07Z", "50 49 2000", "")]
    [InlineData("anthropic-ratelimit-tokens-remaining: 9\r\nanthropic-ratelimit-tokens-reset: 2026-01-02T03:04:01Z", "", "0 9 0")]
    public void It_is_read_in_all_its_forms(string fields, string requests, string tokens)
    {
        var rates = Read(fields);
        Assert.Equal((requests, tokens), (Text(rates.Requests), Text(rates.Tokens)));
    }

    /// <summary>Who has nothing left answers 429, and who has says when there is more; a server that says neither counts nothing.</summary>
    [Theory]
    [InlineData("x-ratelimit-remaining-requests: 0", "0 0 0")]
    [InlineData("x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 0", "100 0 0")]
    [InlineData("x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: never", "100 0 0")]
    [InlineData("x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 0s", "100 0 0")]
    public void Nothing_left_without_a_time_says_nothing_where_it_was_served(string fields, string refused)
    {
        Assert.Equal("", Text(Read(fields).Requests));
        Assert.Equal(refused, Text(Read(fields, "429 Too Many Requests").Requests));
    }

    [Fact]
    public void Input_and_output_are_told_apart()
    {
        var rates = Read("anthropic-ratelimit-input-tokens-remaining: 5\r\nanthropic-ratelimit-output-tokens-limit: 9\r\nanthropic-ratelimit-output-tokens-remaining: 6");
        Assert.Equal(("0 5 0", "9 6 0", ""), (Text(rates.InputTokens), Text(rates.OutputTokens), Text(rates.Tokens)));
    }

    [Theory]
    [InlineData("1s", 1000)]
    [InlineData("0s", 0)]
    [InlineData("2m59.56s", 179_560)]
    [InlineData("1h0m0s", 3_600_000)]
    [InlineData("12", 12_000)]
    [InlineData("8.64ms", 8)]
    [InlineData("2026-01-02T03:05:05.5Z", 60_500)]
    [InlineData("", -1)]
    [InlineData("soon", -1)]
    [InlineData("5d", -1)]
    [InlineData("-5s", -1)]
    [InlineData("1e300s", -1)]
    [InlineData("NaN", -1)]
    [InlineData("Tuesday", -1)]
    public void A_reset_is_read_in_all_its_forms(string text, long ms) => Assert.Equal(ms, ProviderRateReader.ResetMs(Encoding.ASCII.GetBytes(text), Now));

    private static string Text(ProviderRate rate) => rate.IsTold ? $"{rate.Limit} {rate.Remaining} {rate.ResetMs}" : "";

    private static ProviderRates Read(string fields, string status = "200 OK")
    {
        var reader = new ResponseHeadReader(4096);
        var text = $"HTTP/1.1 {status}\r\n{fields}\r\nContent-Length: 0\r\n\r\n";
        Assert.Equal(HeadStatus.Complete, reader.Read(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text)), requestWasHead: false));
        return ProviderRateReader.Of(reader.Head, Now);
    }
}
