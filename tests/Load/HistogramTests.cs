namespace AiEdge.Load.Tests;

public sealed class HistogramTests
{
    [Fact]
    public void Every_bucket_begins_where_the_one_before_it_ends()
    {
        for (var index = 0; index < Histogram.IndexOf(long.MaxValue); index++)
        {
            Assert.Equal(index, Histogram.IndexOf(Histogram.HighestOf(index)));
            Assert.Equal(index + 1, Histogram.IndexOf(Histogram.HighestOf(index) + 1));
        }

        Assert.Equal(long.MaxValue, Histogram.HighestOf(Histogram.IndexOf(long.MaxValue)));
    }

    [Fact]
    public void Percentiles_lie_within_a_hundredth_of_the_true_ones()
    {
        var random = new Random(3);
        var values = Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 25)).ToArray();
        var histogram = new Histogram();
        foreach (var value in values)
            histogram.Record(value);
        Array.Sort(values);
        foreach (var fraction in new[] { 0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0 })
        {
            var exact = values[Math.Max(1, (int)Math.Ceiling(fraction * values.Length)) - 1];
            var read = histogram.Percentile(fraction);
            Assert.InRange(read, exact, exact + (exact / 100));
        }

        Assert.Equal(values[^1], histogram.Max);
        Assert.Equal(values.Length, histogram.Count);
        Assert.Equal(values.Average(), histogram.Mean, 1.0);
    }

    [Fact]
    public void Small_values_are_exact_and_negative_ones_count_as_zero()
    {
        var histogram = new Histogram();
        foreach (var value in new[] { -5L, 0, 7, 255 })
            histogram.Record(value);
        Assert.Equal([0, 0, 7, 255], new[] { 0.25, 0.5, 0.75, 1 }.Select(histogram.Percentile));
        Assert.Equal(0, new Histogram().Percentile(0.5));
    }

    [Fact]
    public void Adding_another_is_like_recording_its_values()
    {
        var (a, b, both) = (new Histogram(), new Histogram(), new Histogram());
        for (var i = 0; i < 1000; i++)
        {
            (i % 2 == 0 ? a : b).Record(i * i);
            both.Record(i * i);
        }

        a.Add(b);
        Assert.Equal((both.Count, both.Max, both.Mean, both.Percentile(0.7)), (a.Count, a.Max, a.Mean, a.Percentile(0.7)));
    }

    [Fact]
    public void Nothing_is_lost_when_threads_record_at_once()
    {
        var histogram = new Histogram();
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 20_000; i++)
                histogram.Record(i + thread);
        });
        Assert.Equal(160_000, histogram.Count);
        Assert.Equal(20_006, histogram.Max);
    }
}
