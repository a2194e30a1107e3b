using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A number of bytes within bounds.</summary>
public sealed class SizeField : ScalarField<long>
{
    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="defaultText">The value where none is written, as a document writes it.</param>
    /// <param name="minText">The least value.</param>
    /// <param name="maxText">The greatest value.</param>
    public SizeField(string name, string defaultText, string minText, string maxText)
        : base(name)
    {
        DefaultText = defaultText;
        Default = Parse(defaultText);
        Min = Parse(minText);
        Max = Parse(maxText);
    }

    /// <summary>The value where none is written.</summary>
    public long Default { get; }

    /// <summary>The least value.</summary>
    public long Min { get; }

    /// <summary>The greatest value.</summary>
    public long Max { get; }

    /// <inheritdoc/>
    public override string? DefaultText { get; }

    /// <inheritdoc/>
    public override string? BoundsText => $"{SizeText.Format(Min)} to {SizeText.Format(Max)}";

    /// <inheritdoc/>
    protected override string Expected => "a size such as 32mb, 512kb or a number of bytes";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out long value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = 0;
        if (scalar.Kind is not (ScalarKind.Text or ScalarKind.Whole) || !SizeText.TryParse(scalar.Text, out value))
            return Mismatch(scalar, faults);
        if (value >= Min && value <= Max)
            return true;
        faults.Add(scalar, $"must be between {SizeText.Format(Min)} and {SizeText.Format(Max)}");
        return false;
    }

    private static long Parse(string text) =>
        SizeText.TryParse(text, out var value) ? value : throw new ArgumentException("not a size", nameof(text));
}
