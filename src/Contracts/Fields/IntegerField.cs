using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A whole number within bounds.</summary>
public sealed class IntegerField : ScalarField<int>
{
    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="defaultValue">The value where none is written.</param>
    /// <param name="min">The least value.</param>
    /// <param name="max">The greatest value.</param>
    public IntegerField(string name, int defaultValue, int min, int max)
        : base(name)
    {
        Default = defaultValue;
        Min = min;
        Max = max;
    }

    /// <summary>The value where none is written.</summary>
    public int Default { get; }

    /// <summary>The least value.</summary>
    public int Min { get; }

    /// <summary>The greatest value.</summary>
    public int Max { get; }

    /// <inheritdoc/>
    public override string? DefaultText => Default.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string? BoundsText => string.Create(CultureInfo.InvariantCulture, $"{Min} to {Max}");

    /// <inheritdoc/>
    protected override string Expected => "a whole number";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out int value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = 0;
        if (scalar.Kind != ScalarKind.Whole && !scalar.ByReference)
            return Mismatch(scalar, faults);
        if (!long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return Mismatch(scalar, faults);
        if (number < Min || number > Max)
        {
            faults.Add(scalar, string.Create(CultureInfo.InvariantCulture, $"must be between {Min} and {Max}"));
            return false;
        }

        value = (int)number;
        return true;
    }
}
