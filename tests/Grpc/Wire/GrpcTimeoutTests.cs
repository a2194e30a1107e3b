using AiEdge.Grpc.Wire;

namespace AiEdge.Grpc.Tests.Wire;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("600n", 6)]
    [InlineData("1n", 1)]
    [InlineData("0S", 0)]
    [InlineData("99999999H", 99_999_999 * 36_000_000_000)]
    [InlineData("00000001S", 10_000_000)]
    public void Every_unit_is_read(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var time));
        Assert.Equal(ticks, time.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("1s")]
    [InlineData("1h")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("1.5S")]
    [InlineData("100000000S")]
    [InlineData("1SS")]
    [InlineData("\u0661S")]
    public void What_is_no_timeout_is_refused(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Theory]
    [InlineData(-5, "1n")]
    [InlineData(0, "1n")]
    [InlineData(1, "100n")]
    [InlineData(999_999, "99999900n")]
    [InlineData(1_000_000, "100000u")]
    [InlineData(1_000_001, "100001u")]
    [InlineData(10_000_000, "1000000u")]
    [InlineData(1_000_000_000, "100000m")]
    [InlineData(864_000_000_000, "86400000m")]
    [InlineData(315_360_000_000_000, "31536000S")]
    [InlineData(long.MaxValue, "99999999H")]
    public void The_finest_unit_that_holds_the_time_is_written(long ticks, string text) => Assert.Equal(text, GrpcTimeout.Format(new(ticks)));

    [Fact]
    public void No_time_is_written_shorter_than_it_is()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var time = new TimeSpan(random.NextInt64(1, 1L << random.Next(1, 61)));
            Assert.True(GrpcTimeout.TryParse(GrpcTimeout.Format(time), out var read));
            Assert.InRange(read, time, time + time / 1_000 + TimeSpan.FromMicroseconds(1));
        }
    }
}
