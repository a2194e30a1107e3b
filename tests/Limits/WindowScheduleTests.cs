namespace AiEdge.Limits.Tests;

public sealed class WindowScheduleTests
{
    private const long HourNs = 3600 * LimitClock.SecondNs;

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29T10:00:00Z", 23)]
    [InlineData("Europe/Berlin", "2026-10-25T10:00:00Z", 25)]
    [InlineData("Europe/Berlin", "2026-06-01T10:00:00Z", 24)]
    [InlineData("America/New_York", "2026-03-08T18:00:00Z", 23)]
    [InlineData("America/Havana", "2026-03-08T18:00:00Z", 23)]
    [InlineData("America/Havana", "2026-11-01T18:00:00Z", 25)]
    [InlineData("Asia/Kolkata", "2026-03-08T18:00:00Z", 24)]
    [InlineData("UTC", "2026-03-29T10:00:00Z", 24)]
    public void A_day_is_as_long_as_it_is(string zone, string at, int hours)
    {
        var span = WindowSchedule.Daily(TimeZoneInfo.FindSystemTimeZoneById(zone)).At(Unix(at));
        Assert.Equal(hours * HourNs, span.EndUnixNs - span.StartUnixNs);
        Assert.InRange(Unix(at), span.StartUnixNs, span.EndUnixNs - 1);
    }

    [Fact]
    public void A_day_begins_at_the_zones_midnight()
    {
        var span = WindowSchedule.Daily(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).At(Unix("2026-07-14T23:30:00Z"));
        Assert.Equal(Unix("2026-07-14T22:00:00Z"), span.StartUnixNs);
        Assert.Equal(Unix("2026-07-15T22:00:00Z"), span.EndUnixNs);
    }

    [Fact]
    public void A_month_begins_on_its_first_in_the_zone()
    {
        var span = WindowSchedule.Monthly(TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles")).At(Unix("2026-04-01T05:00:00Z"));
        Assert.Equal(Unix("2026-03-01T08:00:00Z"), span.StartUnixNs);
        Assert.Equal(Unix("2026-04-01T07:00:00Z"), span.EndUnixNs);
    }

    [Fact]
    public void An_hour_begins_where_the_zones_clock_shows_a_full_one()
    {
        var span = WindowSchedule.Hourly(TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata")).At(Unix("2026-04-01T05:00:00Z"));
        Assert.Equal(Unix("2026-04-01T04:30:00Z"), span.StartUnixNs);
        Assert.Equal(HourNs, span.EndUnixNs - span.StartUnixNs);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Havana")]
    [InlineData("America/Santiago")]
    [InlineData("Africa/Cairo")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Pacific/Apia")]
    [InlineData("UTC")]
    public void Every_moment_of_years_lies_in_one_window_and_numbers_follow_each_other(string id)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        WindowSchedule[] schedules =
            [WindowSchedule.Daily(zone), WindowSchedule.Monthly(zone), WindowSchedule.Hourly(zone), WindowSchedule.Fixed(7 * LimitClock.SecondNs)];
        foreach (var schedule in schedules)
        {
            var span = schedule.At(Unix("2011-12-20T00:00:00Z"));
            for (var i = 0; i < (schedule == schedules[1] ? 400 : 4000); i++)
            {
                var next = schedule.At(span.EndUnixNs);
                // A zone may leave out a date (Apia had no 30 December 2011): its window is empty and is never the present one.
                Assert.InRange(next.Number, span.Number + 1, span.Number + 2);
                Assert.Equal(span.EndUnixNs, next.StartUnixNs);
                Assert.True(next.EndUnixNs > next.StartUnixNs, "a window ends as it begins");
                Assert.Equal(span, schedule.Of(span.Number));
                Assert.Equal(span, schedule.At(span.EndUnixNs - 1));
                span = next;
            }
        }
    }

    [Fact]
    public void Windows_of_a_length_count_from_the_epoch()
    {
        var schedule = WindowSchedule.Fixed(10 * LimitClock.SecondNs);
        Assert.Equal(new WindowSpan(3, 30 * LimitClock.SecondNs, 40 * LimitClock.SecondNs), schedule.At(39 * LimitClock.SecondNs));
        Assert.Equal(-1, schedule.At(-1).Number);
        Assert.Throws<ArgumentOutOfRangeException>(() => WindowSchedule.Fixed(LimitClock.SecondNs - 1));
    }

    internal static long Unix(string time) =>
        DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds() * 1_000_000;
}
