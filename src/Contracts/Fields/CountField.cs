using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A count within bounds, with or without <c>k</c> or <c>m</c>.</summary>
public sealed class CountField : ScalarField<long>
{
    private readonly long? _default;

    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="min">The least value.</param>
    /// <param name="max">The greatest value.</param>
    /// <param name="defaultValue">The value where none is written, or null for none.</param>
    public CountField(string name, long min, long max, long? defaultValue = null)
        : base(name)
    {
        Min = min;
        Max = max;
        _default = defaultValue;
    }

    /// <summary>The value where none is written; 0 where there is none.</summary>
    public long Default => _default ?? 0;

    /// <summary>The least value.</summary>
    public long Min { get; }

    /// <summary>The greatest value.</summary>
    public long Max { get; }

    /// <summary>Whether <c>off</c> is taken, which is read as 0.</summary>
    public bool CanBeOff { get; init; }

    /// <inheritdoc/>
    public override string? DefaultText => _default is { } value ? AmountText.FormatCount(value) : null;

    /// <inheritdoc/>
    public override string? BoundsText => $"{AmountText.FormatCount(Min)} to {AmountText.FormatCount(Max)}" + (CanBeOff ? ", or off" : "");

    /// <inheritdoc/>
    protected override string Expected => "a number such as 50, 200k or 1.5m" + (CanBeOff ? ", or off" : "");

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out long value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = 0;
        if (CanBeOff && scalar is { Kind: ScalarKind.Text, Text: "off" })
            return true;
        if (scalar.Kind is not (ScalarKind.Text or ScalarKind.Whole) || !AmountText.TryCount(scalar.Text, out value))
            return Mismatch(scalar, faults);
        if (value >= Min && value <= Max)
            return true;
        faults.Add(scalar, $"must be between {AmountText.FormatCount(Min)} and {AmountText.FormatCount(Max)}");
        return false;
    }
}
