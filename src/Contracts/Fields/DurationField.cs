using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>What <c>0</c> means for a duration.</summary>
public enum ZeroDuration
{
    /// <summary>Nothing sensible: it is out of bounds, and so is <c>off</c>.</summary>
    Refused,

    /// <summary>No time at all.</summary>
    Zero,

    /// <summary>The same as <c>off</c>: no deadline.</summary>
    Off,
}

/// <summary>A duration within bounds.</summary>
public sealed class DurationField : ScalarField<TimeSpan>
{
    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="defaultText">The value where none is written, as a document writes it.</param>
    /// <param name="minText">The least value besides zero.</param>
    /// <param name="maxText">The greatest value.</param>
    /// <param name="zero">What zero means.</param>
    public DurationField(string name, string defaultText, string minText, string maxText, ZeroDuration zero = ZeroDuration.Refused)
        : base(name)
    {
        DefaultText = defaultText;
        Default = zero == ZeroDuration.Off && defaultText == "off" ? Timeout.InfiniteTimeSpan : Parse(defaultText);
        Min = Parse(minText);
        Max = Parse(maxText);
        Zero = zero;
    }

    /// <summary>The value where none is written.</summary>
    public TimeSpan Default { get; }

    /// <summary>The least value besides zero.</summary>
    public TimeSpan Min { get; }

    /// <summary>The greatest value.</summary>
    public TimeSpan Max { get; }

    /// <summary>What zero means.</summary>
    public ZeroDuration Zero { get; }

    /// <summary>A word in the place of a duration, which is read as <see cref="TimeSpan.Zero"/>; null for none.</summary>
    public string? Word { get; init; }

    /// <inheritdoc/>
    public override string? DefaultText { get; }

    /// <inheritdoc/>
    public override string? BoundsText => $"{DurationText.Format(Min)} to {DurationText.Format(Max)}" + Zero switch
    {
        ZeroDuration.Zero => ", or 0",
        ZeroDuration.Off => ", or off",
        _ when Word is not null => $", or {Word}",
        _ => "",
    };

    /// <inheritdoc/>
    protected override string Expected => "a duration such as 500ms, 2s, 30m or 24h"
        + (Zero == ZeroDuration.Off ? ", or off" : Word is not null ? $", or {Word}" : "");

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = Word is null ? Timeout.InfiniteTimeSpan : TimeSpan.Zero;
        if (Word is not null && scalar.Text == Word && scalar.Kind == ScalarKind.Text)
            return true;
        if (scalar.Text == "off" && scalar.Kind == ScalarKind.Text)
        {
            if (Zero == ZeroDuration.Off)
                return true;
            faults.Add(scalar, "cannot be turned off");
            return false;
        }

        if (scalar.Kind is not (ScalarKind.Text or ScalarKind.Whole) || !DurationText.TryParse(scalar.Text, out var read))
            return Mismatch(scalar, faults);
        if (read == TimeSpan.Zero && Zero != ZeroDuration.Refused)
        {
            value = Zero == ZeroDuration.Zero ? TimeSpan.Zero : Timeout.InfiniteTimeSpan;
            return true;
        }

        value = read;
        if (read >= Min && read <= Max)
            return true;
        faults.Add(scalar, $"must be between {DurationText.Format(Min)} and {DurationText.Format(Max)}");
        return false;
    }

    private static TimeSpan Parse(string text) =>
        DurationText.TryParse(text, out var value) ? value : throw new ArgumentException("not a duration", nameof(text));
}
