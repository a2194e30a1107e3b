using System.Diagnostics;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>How long exchanges are in their stages.</summary>
public sealed class StageTimesTests
{
    [Fact]
    public void Stages_lie_one_behind_the_other()
    {
        var times = new StageTimes();
        times.Add(At(1000, 1003, 1010, 1030, 1100, 2100, 9100, 9104));
        Assert.Equal(
            ["read 3", "route 7", "admit 20", "send 70", "wait 1000", "answer 7000", "end 4"],
            Enum.GetValues<ExchangeStage>().Select(stage => $"{StageTimes.NameOf(stage)} {times.Of(stage).Sum}"));
        Assert.All(Enum.GetValues<ExchangeStage>(), stage => Assert.Equal(1, Count(times.Of(stage))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1, 1003)]
    [InlineData(3, 1003, 1010, 1030)]
    [InlineData(5, 1003, 1010, 1030, 1100, 2100)]
    public void A_stage_that_an_exchange_has_not_come_through_is_not_counted(int stages, params int[] stamps)
    {
        var times = new StageTimes();
        times.Add(At([1000, .. stamps, .. new int[6 - stamps.Length], 9104]));
        Assert.Equal(
            Enumerable.Repeat(1L, stages).Concat(Enumerable.Repeat(0L, StageTimes.Stages - stages)),
            Enum.GetValues<ExchangeStage>().Select(stage => Count(times.Of(stage))));
    }

    [Fact]
    public void Stamps_that_stand_the_wrong_way_round_are_no_time()
    {
        var times = new StageTimes();
        times.Add(At(1000, 1003, 1010, 1030, 2200, 2100, 2300, 2400));
        Assert.Equal((0, 1), (times.Of(ExchangeStage.Wait).Sum, Count(times.Of(ExchangeStage.Wait))));
    }

    [Fact]
    public void Whatever_processor_counts_is_told()
    {
        var times = new StageTimes();
        var exchange = At(1000, 1003, 1010, 1030, 1100, 2100, 9100, 9104);
        Parallel.For(0, 10_000, _ => times.Add(exchange));
        Assert.All(Enum.GetValues<ExchangeStage>(), stage => Assert.Equal(10_000, Count(times.Of(stage))));
        Assert.Equal(70_000_000, times.Of(ExchangeStage.Answer).Sum);
    }

    /// <summary>An exchange with these stamps, in microseconds; 0 for none.</summary>
    private static Exchange At(params int[] us)
    {
        var stamps = Array.ConvertAll(us, static at => at * Stopwatch.Frequency / 1_000_000);
        return new()
        {
            StartedAt = stamps[0],
            BodyReadAt = stamps[1],
            RoutedAt = stamps[2],
            AdmittedAt = stamps[3],
            SentAt = stamps[4],
            FirstByteAt = stamps[5],
            AnsweredAt = stamps[6],
            EndedAt = stamps[7],
        };
    }

    private static long Count(Histogram histogram) => Enumerable.Range(0, histogram.Bounds.Length + 1).Sum(histogram.Count);
}
