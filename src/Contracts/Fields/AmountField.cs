using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>So much in a period: <c>600/min</c>, or <c>$250/day</c>.</summary>
public sealed class AmountField : ScalarField<Amount>
{
    /// <summary>More than this in a second cannot be counted.</summary>
    public const long RateMaxPerSecond = 1_000_000_000;

    /// <summary>Makes a field of that name.</summary>
    public AmountField(string name, bool isMoney = false)
        : base(name) => IsMoney = isMoney;

    /// <summary>Whether the amount is dollars.</summary>
    public bool IsMoney { get; }

    /// <inheritdoc/>
    protected override string Expected =>
        IsMoney ? "dollars in a period, such as $250/day ($ and one of /s, /min, /hour, /day, /month)"
            : "an amount in a period, such as 600/min or 200k/day (one of /s, /min, /hour, /day, /month)";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out Amount value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = default;
        if (scalar.Kind != ScalarKind.Text || !AmountText.TryParse(scalar.Text, IsMoney, out value))
            return Mismatch(scalar, faults);
        var seconds = value.Period switch { AmountPeriod.Second => 1, AmountPeriod.Minute => 60, _ => 0 };
        if (value.Value > 0 && (IsMoney || seconds == 0 || value.Value <= seconds * RateMaxPerSecond))
            return true;
        faults.Add(scalar, value.Value == 0 ? "must be more than nothing" : $"must not be more than {AmountText.FormatCount(RateMaxPerSecond)} a second");
        return false;
    }
}
