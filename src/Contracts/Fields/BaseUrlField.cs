using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>The root of a provider's API.</summary>
public sealed class BaseUrlField : ScalarField<BaseUrl>
{
    /// <summary>Makes a field of that name.</summary>
    public BaseUrlField(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    protected override string Expected => "a URL such as https://api.openai.com/v1";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out BaseUrl value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = null!;
        if (scalar.Kind != ScalarKind.Text)
            return Mismatch(scalar, faults);
        if (BaseUrl.TryParse(scalar.Text, out var url, out var complaint))
        {
            value = url;
            return true;
        }

        faults.Add(scalar, complaint);
        return false;
    }
}
