using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Hosting;

namespace AiEdge.DataPlane.Tests.Hosting;

/// <summary>How metrics are written.</summary>
public sealed class MetricsTextTests
{
    [Theory]
    [InlineData(8, 1_000_000, "0.000008")]
    [InlineData(1_250_000, 1_000_000, "1.25")]
    [InlineData(12, 1000, "0.012")]
    [InlineData(12_000_000_000, 1, "12000000000")]
    public void A_sum_has_no_exponent(long value, double scale, string sum)
    {
        var (text, histogram) = (new StringBuilder(), new Histogram([10_000]));
        histogram.Add(value);
        MetricsText.Histogram(text, "h", "a=\"b\"", histogram, scale);
        Assert.Contains($"\nh_sum{{a=\"b\"}} {sum}\n", text.ToString(), StringComparison.Ordinal);
    }
}
