using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A time zone by its name in the IANA data base (<c>Europe/Zurich</c>), as this machine has it.</summary>
public sealed class TimeZoneField : ScalarField<TimeZoneInfo>
{
    /// <summary>Makes a field of that name.</summary>
    public TimeZoneField(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    public override string? DefaultText => "UTC";

    /// <inheritdoc/>
    protected override string Expected => "a time zone such as UTC or Europe/Zurich";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out TimeZoneInfo value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = TimeZoneInfo.Utc;
        if (scalar.Kind != ScalarKind.Text)
            return Mismatch(scalar, faults);
        if (scalar.Text is "UTC" or "Etc/UTC")
            return true;
        if (IsName(scalar.Text) && TimeZoneInfo.TryFindSystemTimeZoneById(scalar.Text, out var zone))
        {
            value = zone;
            return true;
        }

        faults.Add(scalar, $"{scalar.Shown} is no time zone that this machine knows; names are those of the IANA data base, such as Europe/Zurich");
        return false;
    }

    /// <summary>Area and place; the look-up takes a file's name for one, so that nothing else may come to it.</summary>
    private static bool IsName(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('/' or '_' or '-' or '+'))
                return false;
        }

        return text.Length is > 1 and <= 64 && char.IsAsciiLetter(text[0]);
    }
}
