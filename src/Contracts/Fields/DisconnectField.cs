using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// What becomes of a provider's answer when its client leaves, as the time that it is read on: <c>cancel</c> is zero, <c>drain</c>
/// <see cref="TimeSpan.MaxValue"/>, <c>drain:30</c> and <c>drain:30s</c> half a minute.
/// </summary>
public sealed class DisconnectField : ScalarField<TimeSpan>
{
    private const string DrainFor = "drain:";
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Max = TimeSpan.FromHours(24);

    /// <summary>Makes a field of that name.</summary>
    public DisconnectField(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    public override string? DefaultText => "cancel";

    /// <inheritdoc/>
    public override string? BoundsText => "cancel, drain, drain:N";

    /// <inheritdoc/>
    protected override string Expected => "cancel, drain, or drain: and seconds or a duration, such as drain:30 or drain:30s";

    /// <summary>Writes a policy as it is read.</summary>
    public static string Format(TimeSpan drainFor) =>
        drainFor == TimeSpan.Zero ? "cancel" : drainFor == TimeSpan.MaxValue ? "drain" : DrainFor + DurationText.Format(drainFor);

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = scalar.Text == "drain" ? TimeSpan.MaxValue : TimeSpan.Zero;
        if (scalar.Kind != ScalarKind.Text)
            return Mismatch(scalar, faults);
        if (scalar.Text is "cancel" or "drain")
            return true;
        if (!scalar.Text.StartsWith(DrainFor, StringComparison.Ordinal) || !TryTime(scalar.Text.AsSpan(DrainFor.Length), out value))
            return Mismatch(scalar, faults);
        if (value >= Min && value <= Max)
            return true;
        faults.Add(scalar, $"must drain for {DurationText.Format(Min)} to {DurationText.Format(Max)}");
        return false;
    }

    private static bool TryTime(ReadOnlySpan<char> text, out TimeSpan value)
    {
        if (DurationText.TryParse(text, out value))
            return true;
        if (text.Length > 6 || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return false;
        value = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
