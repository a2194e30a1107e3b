namespace AiEdge.Tokenization.Estimation;

/// <summary>
/// Estimates the tokens of a model whose tokenizer is not public, and corrects itself by what the provider reports.
/// <para>
/// Least squares over a fading past: each report weighs one, and 0.99 of that after the next. The past is kept as sums (the
/// information matrix and its right side), to which a prior that never fades is added before they are solved: so the information
/// about no coefficient is ever less than the prior's, the variance never grows beyond it, and the matrix is positive definite
/// whatever is reported. A report further off than three deviations counts as three, while the deviation widens: a few wild
/// reports do little, and a provider that changes is followed within some dozens. The 95th percentile is moved by what was seen
/// beyond it, whatever the distribution (Gibbs and Candès, "Adaptive conformal inference under distribution shift", 2021).
/// Reports outside half and three times what is known are taken for these bounds.
/// </para>
/// Safe for any number of threads. Estimates never wait; a report that comes while another is worked in is passed over.
/// </summary>
public sealed class TokenEstimator
{
    /// <summary>What a prior ratio may be.</summary>
    public const double PriorRatioMin = FeatureScale.RatioMin;

    /// <summary>What a prior ratio may be.</summary>
    public const double PriorRatioMax = FeatureScale.RatioMax;

    private const int Count = FeatureVector.Count;
    private const double Fading = 0.99;
    private const double DeviationFading = 0.98;
    private const double DeviationFirst = 0.08;
    private const double DeviationMin = 0.002;
    private const double DeviationMax = 1;
    private const double OutlierDeviations = 3;
    private const double QuantileFirst = 2;
    private const double QuantileMin = 1.2;
    private const double QuantileMax = 6;
    private const double QuantileStep = 0.1;

    // Somewhat more than 95 in a hundred, since the percentile is estimated too.
    private const double Covered = 0.96;

    // The variance of the noise over the variance that each coefficient is thought to have before any report.
    private static readonly double[] PriorOfPrompts = [0.284, 0.0064, 0.0064, 0.64, 0.64, 0.0064];

    // Around an answer there is nothing like what stands around a prompt: a token or two that end it.
    private static readonly double[] PriorOfAnswers = [0.284, 0.0064, 0.0064, 0.64, 0.64, 0.64];

    private readonly Latest<EstimatorState> _latest;
    private readonly FeatureVector _prior;
    private readonly double[] _priorInformation;
    private EstimatorState _state;
    private FeatureTriangle _information;
    private FeatureVector _side;
    private int _isBusy;

    /// <summary>An estimator that has seen no report.</summary>
    /// <param name="priorRatio">Tokens of the model for each that is known, before any report. 0.5 to 3.</param>
    /// <param name="direction">Whether prompts or answers are estimated.</param>
    public TokenEstimator(double priorRatio, TokenDirection direction = TokenDirection.Input)
    {
        if (!(priorRatio >= PriorRatioMin && priorRatio <= PriorRatioMax))
            throw new ArgumentOutOfRangeException(nameof(priorRatio));
        _priorInformation = direction == TokenDirection.Input ? PriorOfPrompts : PriorOfAnswers;
        _prior[0] = priorRatio;
        _prior[1] = 1;
        _prior[5] = direction == TokenDirection.Input ? 0.15 : 0;
        _state.Coefficients = _prior;
        _state.Deviation = DeviationFirst;
        _state.Quantile = QuantileFirst;
        for (int i = 0; i < Count; i++)
            _state.Factor[FeatureTriangle.At(i, i)] = Math.Sqrt(_priorInformation[i]);
        _latest = new Latest<EstimatorState>(in _state);
    }

    /// <summary>Reports learnt from.</summary>
    public long Reports
    {
        get
        {
            _latest.Read(out EstimatorState state);
            return state.Reports;
        }
    }

    /// <summary>What the model will count. Costs some hundred nanoseconds and allocates nothing.</summary>
    public TokenEstimate Estimate(in TokenFeatures features)
    {
        _latest.Read(out EstimatorState state);
        var scale = new FeatureScale(features);
        double ratio = scale.Clamp(state.Ratio(scale.Scaled));
        double high = scale.Clamp(ratio + (state.Quantile * state.Spread(scale.Scaled)));
        long p50 = (long)Math.Round(ratio * scale.Size);
        return new TokenEstimate(p50, Math.Max(p50, (long)Math.Ceiling(high * scale.Size)));
    }

    /// <summary>Learns what the provider reported. Allocates nothing.</summary>
    /// <returns>False when nothing was learnt: the report is no count, or another thread's is just being worked in.</returns>
    public bool Observe(in TokenFeatures features, long reportedTokens)
    {
        if (reportedTokens < 0 || Interlocked.Exchange(ref _isBusy, 1) != 0)
            return false;
        var scale = new FeatureScale(features);
        Learn(scale.Scaled, scale.Clamp(reportedTokens / scale.Size));
        _latest.Publish(in _state);
        Volatile.Write(ref _isBusy, 0);
        return true;
    }

    private void Learn(in FeatureVector features, double ratio)
    {
        double expected = _state.Ratio(features);
        double spread = _state.Spread(features);
        double error = Math.Clamp(ratio - expected, -OutlierDeviations * spread, OutlierDeviations * spread);

        bool isBeyond = ratio - expected > _state.Quantile * spread;
        double step = QuantileStep * (isBeyond ? Covered : Covered - 1);
        _state.Quantile = Math.Clamp(_state.Quantile + step, QuantileMin, QuantileMax);

        // The part of the error that is noise, and not ignorance of the coefficients.
        double noise = error * _state.Deviation / spread;
        double square = (DeviationFading * _state.Deviation * _state.Deviation) + ((1 - DeviationFading) * noise * noise);
        _state.Deviation = Math.Clamp(Math.Sqrt(square), DeviationMin, DeviationMax);

        double seen = expected + error;
        for (int i = 0; i < Count; i++)
        {
            _side[i] = (Fading * _side[i]) + (features[i] * seen);
            for (int j = 0; j <= i; j++)
            {
                ref double cell = ref _information[FeatureTriangle.At(i, j)];
                cell = (Fading * cell) + (features[i] * features[j]);
            }
        }

        _state.Reports++;
        Solve();
    }

    /// <summary>Coefficients = (information + prior's)^-1 (side + prior's side), by Cholesky's factor.</summary>
    private void Solve()
    {
        FeatureTriangle factor = default;
        FeatureVector solved = default;
        for (int i = 0; i < Count; i++)
        {
            double rest = _side[i] + (_priorInformation[i] * _prior[i]);
            for (int j = 0; j <= i; j++)
            {
                double sum = _information[FeatureTriangle.At(i, j)] + (i == j ? _priorInformation[i] : 0);
                for (int k = 0; k < j; k++)
                    sum -= factor[FeatureTriangle.At(i, k)] * factor[FeatureTriangle.At(j, k)];
                // In exact arithmetic no pivot is below the prior's information; rounding must not make a root of nothing.
                factor[FeatureTriangle.At(i, j)] = i == j
                    ? Math.Sqrt(Math.Max(sum, _priorInformation[i] / 2)) : sum / factor[FeatureTriangle.At(j, j)];
                if (j < i)
                    rest -= factor[FeatureTriangle.At(i, j)] * solved[j];
            }

            solved[i] = rest / factor[FeatureTriangle.At(i, i)];
        }

        for (int i = Count - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < Count; k++)
                solved[i] -= factor[FeatureTriangle.At(k, i)] * solved[k];
            solved[i] /= factor[FeatureTriangle.At(i, i)];
        }

        _state.Coefficients = solved;
        _state.Factor = factor;
    }
}
