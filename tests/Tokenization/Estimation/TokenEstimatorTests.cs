using AiEdge.Tokenization.Estimation;

namespace AiEdge.Tokenization.Tests.Estimation;

public sealed class TokenEstimatorTests
{
    public static TheoryData<double, double> Models => new()
    {
        { 1.10, 1.10 }, { 1.10, 1.35 }, { 1.08, 0.8 }, { 1.0, 2.4 }, { 1.10, 0.6 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void It_converges_on_a_linear_truth_with_noise(double prior, double truth)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var estimator = new TokenEstimator(prior);
            double[] errors = Run(estimator, random, 600, (features, noise) => Truth(features, truth) * (1 + (0.03 * noise)));
            double late = errors.Skip(300).Average(Math.Abs);
            Assert.True(late < 0.035, $"seed {seed}: off by {late:P1} on average");
            double bias = errors.Skip(300).Average();
            Assert.True(Math.Abs(bias) < 0.01, $"seed {seed}: bias {bias:P1}");
        }
    }

    [Fact]
    public void Twenty_reports_bring_it_near()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var estimator = new TokenEstimator(1.1);
            double[] errors = Run(estimator, new Random(seed), 40, (features, noise) => Truth(features, 1.5) * (1 + (0.02 * noise)));
            double after = errors.Skip(20).Average(Math.Abs);
            Assert.True(after < 0.06, $"seed {seed}: off by {after:P1} on average");
        }
    }

    [Theory]
    [InlineData(0.01, Noise.Normal)]
    [InlineData(0.05, Noise.Normal)]
    [InlineData(0.15, Noise.Normal)]
    [InlineData(0.05, Noise.Skewed)]
    [InlineData(0.05, Noise.Heavy)]
    internal void The_95th_percentile_covers_93_of_100_and_more_once_it_is_calibrated(double deviation, Noise noise)
    {
        int covered = 0, asked = 0;
        double width = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var estimator = new TokenEstimator(1.1);
            for (int i = 0; i < 700; i++)
            {
                TokenFeatures features = Request(random);
                double reported = Truth(features, 1.3) * Math.Max(1 + (deviation * Draw(random, noise)), 0.5);
                TokenEstimate estimate = estimator.Estimate(features);
                if (i >= 200)
                {
                    asked++;
                    covered += reported <= estimate.P95 ? 1 : 0;
                    width += (estimate.P95 - reported) / reported;
                }

                estimator.Observe(features, (long)Math.Round(reported));
            }
        }

        double share = covered / (double)asked;
        Assert.InRange(share, 0.93, 0.99);
        Assert.True(width / asked < 6 * deviation, $"{width / asked:P1} above the truth on average");
    }

    [Fact]
    public void Outliers_do_not_wreck_it()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var estimator = new TokenEstimator(1.1);
            int i = 0;
            double[] errors = Run(estimator, random, 800, (features, noise) =>
                (i++ % 20) switch
                {
                    7 => Truth(features, 1.3) * 50,
                    13 => 0,
                    _ => Truth(features, 1.3) * (1 + (0.03 * noise)),
                });
            double[] usual = errors.Skip(400).Where(e => Math.Abs(e) < 0.4).ToArray();
            Assert.True(usual.Length > 350, $"seed {seed}: only {usual.Length} near");
            Assert.True(Math.Abs(usual.Average()) < 0.03, $"seed {seed}: bias {usual.Average():P1}");
        }
    }

    [Fact]
    public void A_provider_that_changes_its_tokenizer_is_followed()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var estimator = new TokenEstimator(1.1);
            Run(estimator, random, 1000, (features, noise) => Truth(features, 1.1) * (1 + (0.02 * noise)));
            double[] errors = Run(estimator, random, 600, (features, noise) => Truth(features, 1.5) * (1 + (0.02 * noise)));
            double late = errors.Skip(400).Average(Math.Abs);
            Assert.True(late < 0.05, $"seed {seed}: off by {late:P1} on average");
        }
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    [InlineData(1)]
    public void A_hostile_report_moves_no_estimate_out_of_its_bounds(long reported)
    {
        var random = new Random(1);
        var estimator = new TokenEstimator(1.1);
        for (int i = 0; i < 3000; i++)
        {
            TokenFeatures features = Request(random);
            estimator.Observe(features, reported);
            AssertWithinBounds(estimator, Request(random));
        }
    }

    [Fact]
    public void No_features_and_reports_whatever_lead_out_of_the_bounds_or_to_no_number()
    {
        long[] numbers = [long.MinValue, -1, 0, 1, 2, 7, 1000, 1_000_000, 1L << 40, long.MaxValue];
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var estimator = new TokenEstimator(TokenEstimator.PriorRatioMin + (random.NextDouble() * 2.5));
            for (int i = 0; i < 500; i++)
            {
                TokenFeatures features = Any();
                estimator.Observe(features, numbers[random.Next(numbers.Length)]);
                AssertWithinBounds(estimator, Any());
                AssertWithinBounds(estimator, Request(random));
            }

            TokenFeatures Any() => new(
                numbers[random.Next(numbers.Length)],
                new ByteClasses(numbers[random.Next(numbers.Length)], numbers[random.Next(numbers.Length)]),
                (int)Math.Clamp(numbers[random.Next(numbers.Length)], int.MinValue, int.MaxValue),
                random.Next(-1, 200));
        }
    }

    [Fact]
    public void After_a_storm_of_anything_it_learns_as_before()
    {
        var random = new Random(9);
        var estimator = new TokenEstimator(1.1);
        for (int i = 0; i < 2000; i++)
            estimator.Observe(Request(random), random.Next(3) switch { 0 => 0, 1 => long.MaxValue, _ => random.Next() });
        double[] errors = Run(estimator, random, 1500, (features, noise) => Truth(features, 1.3) * (1 + (0.03 * noise)));
        Assert.True(errors.Skip(1200).Average(Math.Abs) < 0.05);
    }

    [Fact]
    public void The_same_request_over_and_over_leaves_others_what_they_were_and_their_doubt_bounded()
    {
        var estimator = new TokenEstimator(1.1);
        var same = new TokenFeatures(1000, new ByteClasses(0, 300), 3, 0);
        var other = new TokenFeatures(1000, new ByteClasses(3000, 300), 3, 4);
        TokenEstimate before = estimator.Estimate(other);
        for (int i = 0; i < 20_000; i++)
            estimator.Observe(same, 1200);
        TokenEstimate after = estimator.Estimate(other);
        Assert.InRange(estimator.Estimate(same).P50, 1195, 1205);
        Assert.InRange(after.P50, before.P50 * 0.8, before.P50 * 1.4);
        Assert.True(after.P95 <= before.P95 * 2);
    }

    [Fact]
    public void Before_any_report_the_prior_is_the_estimate_and_the_doubt_is_wide()
    {
        var features = new TokenFeatures(10_000, default, 4, 0);
        TokenEstimate estimate = new TokenEstimator(1.10).Estimate(features);
        Assert.InRange(estimate.P50, 11_000, 11_050);
        Assert.InRange(estimate.P95, 12_500, 16_500);
        Assert.Equal(0, new TokenEstimator(1).Reports);
    }

    [Theory]
    [InlineData(0.49)]
    [InlineData(3.01)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_prior_out_of_bounds_is_refused(double prior) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenEstimator(prior));

    [Fact]
    public void Neither_estimates_nor_reports_allocate()
    {
        var estimator = new TokenEstimator(1.1);
        TokenFeatures features = Request(new Random(1));
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                estimator.Observe(features, estimator.Estimate(features).P50);
                estimator.Observe(features, -1);
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(300, estimator.Reports);
    }

    /// <summary>Relative errors of the estimates made before each report.</summary>
    private static double[] Run(TokenEstimator estimator, Random random, int rounds, Func<TokenFeatures, double, double> report)
    {
        var errors = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            TokenFeatures features = Request(random);
            double reported = report(features, Draw(random, Noise.Normal));
            errors[i] = (estimator.Estimate(features).P50 - reported) / Math.Max(reported, 1);
            estimator.Observe(features, (long)Math.Round(reported));
        }

        return errors;
    }

    private static TokenFeatures Request(Random random)
    {
        long tokens = (long)Math.Exp(random.NextDouble() * 8 + 3);
        double share = random.NextDouble();
        var bytes = new ByteClasses(random.Next(4) == 0 ? (long)(tokens * 2.5 * share) : 0, (long)(tokens * 1.5 * random.NextDouble()));
        return new TokenFeatures(tokens, bytes, random.Next(1, 20), random.Next(3) == 0 ? random.Next(1, 10) : 0);
    }

    /// <summary>What a provider might count: more for other scripts and for symbols, something for messages and for having tools.</summary>
    private static double Truth(in TokenFeatures features, double ratio) =>
        (ratio * features.Tokens) + (0.08 * features.Bytes.NonAscii) + (0.05 * features.Bytes.Symbols) + (5 * features.Messages)
        + (features.Tools > 0 ? 340 : 0) + 7;

    private static double Draw(Random random, Noise noise)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return noise switch
        {
            Noise.Normal => normal,
            Noise.Skewed => -Math.Log(1 - random.NextDouble()) - 1,
            _ => random.Next(10) == 0 ? 4 * normal : 0.6 * normal,
        };
    }

    private static void AssertWithinBounds(TokenEstimator estimator, in TokenFeatures features)
    {
        TokenEstimate estimate = estimator.Estimate(features);
        double known = Math.Clamp(features.Tokens, 0, 1e12) + (4.0 * Math.Max(features.Messages, 0));
        Assert.InRange(estimate.P50, Math.Floor(known * 0.5), Math.Ceiling((known + 20) * 3) + 600);
        Assert.InRange(estimate.P95, estimate.P50, Math.Ceiling((known + 20) * 3) + 601);
    }

    internal enum Noise
    {
        Normal,
        Skewed,
        Heavy,
    }
}
