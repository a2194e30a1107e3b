using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A whole percentage, written with its sign: <c>20%</c>.</summary>
public sealed class PercentField : ScalarField<int>
{
    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="defaultPercent">The value where none is written, 0 to 100.</param>
    public PercentField(string name, int defaultPercent)
        : base(name) => (Default, DefaultText) = (defaultPercent, Text(defaultPercent));

    /// <summary>Makes a field of that name for which nothing stands where none is written.</summary>
    public PercentField(string name)
        : base(name)
    {
    }

    /// <summary>The value where none is written.</summary>
    public int Default { get; }

    /// <inheritdoc/>
    public override string? DefaultText { get; }

    /// <inheritdoc/>
    public override string? BoundsText => "0% to 100%";

    /// <inheritdoc/>
    protected override string Expected => "a whole percentage such as 20%";

    /// <summary>A percentage as a document writes it.</summary>
    public static string Text(int percent) => string.Create(CultureInfo.InvariantCulture, $"{percent}%");

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out int value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = 0;
        if (!scalar.Text.EndsWith('%') || !int.TryParse(scalar.Text.AsSpan()[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out value))
            return Mismatch(scalar, faults);
        if (value <= 100)
            return true;
        faults.Add(scalar, $"must be between {BoundsText!.Replace(" to ", " and ", StringComparison.Ordinal)}");
        return false;
    }
}
