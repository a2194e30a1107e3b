using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary><c>true</c> or <c>false</c>.</summary>
public sealed class BooleanField : ScalarField<bool>
{
    /// <summary>Makes a field of that name.</summary>
    public BooleanField(string name, bool defaultValue)
        : base(name) => Default = defaultValue;

    /// <summary>The value where none is written.</summary>
    public bool Default { get; }

    /// <inheritdoc/>
    public override string? DefaultText => Default ? "true" : "false";

    /// <inheritdoc/>
    public override string? BoundsText => "true, false";

    /// <inheritdoc/>
    protected override string Expected => "true or false";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out bool value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        value = scalar.Text is "true" or "True" or "TRUE";
        if (scalar.Kind == ScalarKind.Boolean)
            return true;
        return (scalar.ByReference && (value || scalar.Text == "false")) || Mismatch(scalar, faults);
    }
}
