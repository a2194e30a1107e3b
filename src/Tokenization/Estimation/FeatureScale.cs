namespace AiEdge.Tokenization.Estimation;

/// <summary>
/// Features as an estimator works on them: divided by the size of the request, so that an error of a tenth weighs the same in a
/// large request as in a small one, and all of the order of one.
/// </summary>
internal readonly struct FeatureScale
{
    /// <summary>The least and the most tokens that are believed for one that is known.</summary>
    public const double RatioMin = 0.5;
    public const double RatioMax = 3;

    private const long CountMax = 1_000_000_000_000;
    private const double MessageTokens = 4;
    private const double FixedTokens = 20;

    // What providers write into the prompt by themselves when there are tools; twice that is believed.
    private const double HiddenTokens = 300;

    // A byte class may be this many times the tokens; it mostly is at most four times.
    private const double ShareMax = 16;

    public FeatureScale(in TokenFeatures features)
    {
        double tokens = Math.Clamp(features.Tokens, 0, CountMax);
        double messages = Math.Max(features.Messages, 0) * MessageTokens;
        bool hasTools = features.Tools > 0;
        Size = tokens + messages + FixedTokens;
        Scaled[0] = tokens / Size;
        Scaled[1] = messages / Size;
        Scaled[2] = hasTools ? HiddenTokens / Size : 0;
        Scaled[3] = Share(features.Bytes.NonAscii);
        Scaled[4] = Share(features.Bytes.Symbols);
        Scaled[5] = FixedTokens / Size;
        Least = RatioMin * (Size - FixedTokens) / Size;
        Most = RatioMax + (hasTools ? 2 * HiddenTokens / Size : 0);
    }

    /// <summary>What the features are divided by, and a ratio is to be multiplied with to get tokens.</summary>
    public double Size { get; }

    /// <summary>The features, divided.</summary>
    public readonly FeatureVector Scaled;

    /// <summary>The least ratio that is believed, of reports and of estimates alike.</summary>
    public double Least { get; }

    /// <summary>The largest.</summary>
    public double Most { get; }

    public double Clamp(double ratio) => Math.Clamp(ratio, Least, Most);

    private double Share(long bytes) => Math.Min(Math.Clamp(bytes, 0, CountMax) / Size, ShareMax);
}
