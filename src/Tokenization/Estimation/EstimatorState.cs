using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Estimation;

/// <summary>The coefficients of one estimator, one for each feature.</summary>
[InlineArray(Count)]
internal struct FeatureVector
{
    public const int Count = 6;
    private double _first;
}

/// <summary>The lower triangle of a symmetric matrix over the features, row by row.</summary>
[InlineArray(FeatureVector.Count * (FeatureVector.Count + 1) / 2)]
internal struct FeatureTriangle
{
    private double _first;

    public static int At(int row, int column) => (row * (row + 1) / 2) + column;
}

/// <summary>What an estimator has learnt, in the form in which it is asked.</summary>
internal struct EstimatorState
{
    /// <summary>The ratio of reported tokens to the features' scale, per feature.</summary>
    public FeatureVector Coefficients;

    /// <summary>Cholesky's factor of the information about the coefficients: the less there is, the wider an estimate.</summary>
    public FeatureTriangle Factor;

    /// <summary>Standard deviation of the reported ratio about the estimated one.</summary>
    public double Deviation;

    /// <summary>How many deviations the 95th percentile lies above the estimate.</summary>
    public double Quantile;

    /// <summary>Reports learnt from.</summary>
    public long Reports;

    /// <summary>The ratio that is expected for features scaled by <see cref="FeatureScale"/>.</summary>
    public readonly double Ratio(in FeatureVector features)
    {
        double sum = 0;
        for (int i = 0; i < FeatureVector.Count; i++)
            sum += Coefficients[i] * features[i];
        return sum;
    }

    /// <summary>The deviation of one report about its estimate: the noise, and what is not known of the coefficients.</summary>
    public readonly double Spread(in FeatureVector features)
    {
        double square = 0;
        FeatureVector solved = default;
        for (int i = 0; i < FeatureVector.Count; i++)
        {
            double rest = features[i];
            for (int j = 0; j < i; j++)
                rest -= Factor[FeatureTriangle.At(i, j)] * solved[j];
            solved[i] = rest / Factor[FeatureTriangle.At(i, i)];
            square += solved[i] * solved[i];
        }

        return Deviation * Math.Sqrt(1 + square);
    }
}
