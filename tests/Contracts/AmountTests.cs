using AiEdge.Contracts.Fields;

namespace AiEdge.Contracts.Tests;

public sealed class AmountTests
{
    [Theory]
    [InlineData("0", 9, 0)]
    [InlineData("2.50", 9, 2_500_000_000)]
    [InlineData("0.000000001", 9, 1)]
    [InlineData("1.1000000000000", 9, 1_100_000_000)]
    [InlineData("9223372036.854775807", 9, long.MaxValue)]
    [InlineData("007", 0, 7)]
    [InlineData("1.000", 0, 1)]
    [InlineData("0.5", 6, 500_000)]
    public void A_decimal_is_read_exactly(string text, int digits, long expected)
    {
        Assert.True(DecimalText.TryParse(text, digits, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("", 9)]
    [InlineData(".", 9)]
    [InlineData(".5", 9)]
    [InlineData("5.", 9)]
    [InlineData("-1", 9)]
    [InlineData("+1", 9)]
    [InlineData("1e3", 9)]
    [InlineData("1,5", 9)]
    [InlineData("1.2.3", 9)]
    [InlineData(" 1", 9)]
    [InlineData("٣", 9)]
    [InlineData("0.0000000001", 9)]
    [InlineData("0.5", 0)]
    [InlineData("9223372036.854775808", 9)]
    [InlineData("99999999999999999999", 0)]
    public void What_cannot_be_read_exactly_is_no_decimal(string text, int digits) => Assert.False(DecimalText.TryParse(text, digits, out _));

    [Theory]
    [InlineData(0, 9, "0")]
    [InlineData(2_500_000_000, 9, "2.5")]
    [InlineData(1, 9, "0.000000001")]
    [InlineData(125, 3, "0.125")]
    [InlineData(7, 0, "7")]
    public void A_decimal_is_written_as_short_as_it_can_be_read_again(long value, int digits, string text)
    {
        Assert.Equal(text, DecimalText.Format(value, digits));
        Assert.True(DecimalText.TryParse(text, digits, out var read));
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("50", 50)]
    [InlineData("200k", 200_000)]
    [InlineData("1.5m", 1_500_000)]
    [InlineData("0.001K", 1)]
    [InlineData("1000000000M", 1_000_000_000_000_000)]
    public void A_count_is_a_whole_number_with_or_without_k_or_m(string text, long expected)
    {
        Assert.True(AmountText.TryCount(text, out var count));
        Assert.Equal(expected, count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("1.5")]
    [InlineData("1.0001k")]
    [InlineData("1g")]
    [InlineData("1kk")]
    [InlineData("-1k")]
    [InlineData("1 k")]
    [InlineData("1000000001m")]
    public void Other_texts_are_no_count(string text) => Assert.False(AmountText.TryCount(text, out _));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(1001, "1001")]
    [InlineData(16_000, "16k")]
    [InlineData(1_500_000, "1500k")]
    [InlineData(2_000_000, "2m")]
    public void A_count_is_written_in_its_largest_whole_unit(long count, string text)
    {
        Assert.Equal(text, AmountText.FormatCount(count));
        Assert.True(AmountText.TryCount(text, out var read));
        Assert.Equal(count, read);
    }

    [Theory]
    [InlineData("600/min", false, 600, AmountPeriod.Minute, "600/min")]
    [InlineData("10/s", false, 10, AmountPeriod.Second, "10/s")]
    [InlineData("10/sec", false, 10, AmountPeriod.Second, "10/s")]
    [InlineData("1k/hour", false, 1000, AmountPeriod.Hour, "1k/hour")]
    [InlineData("1/day", false, 1, AmountPeriod.Day, "1/day")]
    [InlineData("$250/day", true, 250_000_000_000, AmountPeriod.Day, "$250/day")]
    [InlineData("$0.05/month", true, 50_000_000, AmountPeriod.Month, "$0.05/month")]
    [InlineData("$1000000000/month", true, 1_000_000_000_000_000_000, AmountPeriod.Month, "$1000000000/month")]
    public void An_amount_is_so_much_in_a_period(string text, bool isMoney, long value, AmountPeriod period, string written)
    {
        Assert.True(AmountText.TryParse(text, isMoney, out var amount));
        Assert.Equal(new Amount(value, period), amount);
        Assert.Equal(written, AmountText.Format(amount, isMoney));
    }

    [Theory]
    [InlineData("600", false)]
    [InlineData("600/", false)]
    [InlineData("/min", false)]
    [InlineData("600/Min", false)]
    [InlineData("600/minute", false)]
    [InlineData("600 / min", false)]
    [InlineData("600/min/min", false)]
    [InlineData("$600/min", false)]
    [InlineData("600/min", true)]
    [InlineData("$/min", true)]
    [InlineData("$1k/min", true)]
    [InlineData("$-1/min", true)]
    [InlineData("$1000000000.01/min", true)]
    public void Other_texts_are_no_amount(string text, bool isMoney) => Assert.False(AmountText.TryParse(text, isMoney, out _));
}
