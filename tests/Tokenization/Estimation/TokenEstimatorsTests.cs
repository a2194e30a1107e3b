using System.Text;
using AiEdge.Tokenization.Estimation;

namespace AiEdge.Tokenization.Tests.Estimation;

public sealed class TokenEstimatorsTests
{
    [Fact]
    public void Provider_model_and_direction_each_make_another_estimator_and_the_same_ones_the_same()
    {
        var estimators = new TokenEstimators();
        TokenEstimator first = estimators.Of("a"u8, "bc"u8, TokenDirection.Input, 1.1);
        Assert.Same(first, estimators.Of("a"u8, "bc"u8, TokenDirection.Input, 1.5));
        Assert.NotSame(first, estimators.Of("ab"u8, "c"u8, TokenDirection.Input, 1.1));
        Assert.NotSame(first, estimators.Of("a"u8, "bd"u8, TokenDirection.Input, 1.1));
        Assert.NotSame(first, estimators.Of("a"u8, "bc"u8, TokenDirection.Output, 1.1));
        Assert.Equal(4, estimators.Count);
    }

    [Fact]
    public void Names_beyond_the_bound_share_one_estimator_for_each_direction()
    {
        var estimators = new TokenEstimators(10);
        for (int i = 0; i < 1000; i++)
            estimators.Of("p"u8, Encoding.UTF8.GetBytes("model " + i), TokenDirection.Input, 1.1);
        Assert.Equal(10, estimators.Count);
        TokenEstimator other = estimators.Of("p"u8, "new"u8, TokenDirection.Input, 1.1);
        Assert.Same(other, estimators.Of("q"u8, "newer"u8, TokenDirection.Input, 1.1));
        Assert.NotSame(other, estimators.Of("q"u8, "newer"u8, TokenDirection.Output, 1.1));
        Assert.NotSame(other, estimators.Of("p"u8, "model 3"u8, TokenDirection.Input, 1.1));
    }

    [Fact]
    public void Looking_one_up_allocates_nothing()
    {
        var estimators = new TokenEstimators();
        estimators.Of("p"u8, "m"u8, TokenDirection.Input, 1.1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        estimators.Of("p"u8, "m"u8, TokenDirection.Input, 1.1);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Threads_that_ask_for_one_name_at_once_get_one_estimator()
    {
        var estimators = new TokenEstimators();
        for (int i = 0; i < 50; i++)
        {
            byte[] name = Encoding.UTF8.GetBytes("model " + i);
            var seen = new TokenEstimator[4];
            Parallel.For(0, 4, t => seen[t] = estimators.Of("p"u8, name, TokenDirection.Input, 1.1));
            Assert.Single(seen.Distinct());
        }

        Assert.Equal(50, estimators.Count);
    }
}
