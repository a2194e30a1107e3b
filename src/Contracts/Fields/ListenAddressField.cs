using System.Net;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>An address to listen on.</summary>
public sealed class ListenAddressField : ScalarField<IPEndPoint>
{
    private readonly string? _defaultText;

    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="defaultText">The address where none is written, or null for none.</param>
    public ListenAddressField(string name, string? defaultText)
        : base(name) => _defaultText = defaultText;

    /// <summary>What is expected, for the faults of flags too.</summary>
    public const string ExpectedText = "an address such as 127.0.0.1:8080, [::1]:8080 or :8080";

    /// <summary>The address where none is written, or null.</summary>
    public IPEndPoint? Default => _defaultText is not null && ListenAddress.TryParse(_defaultText, out var endpoint) ? endpoint : null;

    /// <inheritdoc/>
    public override string? DefaultText => _defaultText;

    /// <inheritdoc/>
    protected override string Expected => ExpectedText;

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out IPEndPoint value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        value = null!;
        if (scalar.Kind != ScalarKind.Text || !ListenAddress.TryParse(scalar.Text, out var endpoint))
            return Mismatch(scalar, faults);
        value = endpoint;
        return true;
    }
}
