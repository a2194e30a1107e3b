using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// A SHA-256 digest in 64 hexadecimal digits. What stands there is never shown: it may be the secret itself, put there by
/// mistake.
/// </summary>
public sealed class Sha256Field : ScalarField<byte[]>
{
    /// <summary>Makes a field of that name.</summary>
    public Sha256Field(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    protected override string Expected => "the SHA-256 of the key as 64 hexadecimal digits";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out byte[] value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = [];
        if (scalar.Kind != ScalarKind.Text)
        {
            faults.Add(scalar, $"expected {Expected}, found {scalar.KindText}; write it in quotes");
            return false;
        }

        if (scalar.Text.Length == 64 && IsHex(scalar.Text))
        {
            value = Convert.FromHexString(scalar.Text);
            return true;
        }

        var digits = IsHex(scalar.Text) ? "" : " that is not all hexadecimal digits";
        faults.Add(scalar, $"expected {Expected}, found a text of length {scalar.Text.Length}{digits}");
        return false;
    }

    private static bool IsHex(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigit(c))
                return false;
        }

        return true;
    }
}
