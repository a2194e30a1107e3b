using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A decimal number within bounds, read exactly as a whole number of its smallest part.</summary>
public sealed class DecimalField : ScalarField<long>
{
    private readonly int _digits;
    private readonly string _what;

    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What is expected, with its article and an example.</param>
    /// <param name="digits">Digits behind the point: 9 for prices in nanodollars.</param>
    /// <param name="maxText">The greatest value.</param>
    /// <param name="minText">The least value.</param>
    public DecimalField(string name, string what, int digits, string maxText, string minText = "0")
        : base(name)
    {
        _what = what;
        _digits = digits;
        Max = DecimalText.TryParse(maxText, digits, out var max) ? max : throw new ArgumentException("not a number", nameof(maxText));
        Min = DecimalText.TryParse(minText, digits, out var min) ? min : throw new ArgumentException("not a number", nameof(minText));
    }

    /// <summary>A field of dollars for a million tokens, read as nanodollars.</summary>
    public static DecimalField Price(string name) => new(name, "dollars for a million tokens, such as 2.50", 9, "1000000");

    /// <summary>The greatest value.</summary>
    public long Max { get; }

    /// <summary>The least value.</summary>
    public long Min { get; }

    /// <summary>What stands for the value where none is written; null where nothing does.</summary>
    public long? Default { get; init; }

    /// <inheritdoc/>
    public override string? DefaultText => Default is { } value ? DecimalText.Format(value, _digits) : null;

    /// <inheritdoc/>
    public override string? BoundsText => $"{DecimalText.Format(Min, _digits)} to {DecimalText.Format(Max, _digits)}";

    /// <inheritdoc/>
    protected override string Expected => _what;

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out long value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = 0;
        if (scalar.Kind is not (ScalarKind.Whole or ScalarKind.Fraction) && !scalar.ByReference)
            return Mismatch(scalar, faults);
        if (!DecimalText.TryParse(scalar.Text, _digits, out value))
        {
            if (!DecimalText.TryParse(scalar.Text, DecimalText.DigitsMax, out _))
                return Mismatch(scalar, faults);
            faults.Add(scalar, $"has more than {_digits} digits behind the point");
            return false;
        }

        if (value >= Min && value <= Max)
            return true;
        faults.Add(scalar, $"must be between {DecimalText.Format(Min, _digits)} and {DecimalText.Format(Max, _digits)}");
        return false;
    }
}

/// <summary>Decimal numbers by names of the user's choice.</summary>
public sealed class DecimalMapField : Field<IReadOnlyList<KeyValuePair<string, Setting<long>>>>
{
    private readonly DecimalField _value;
    private readonly Func<string, string?> _nameRule;

    /// <summary>Makes a field of that name.</summary>
    public DecimalMapField(string name, Func<string, string?> nameRule, DecimalField value, int entriesMax)
        : base(name)
    {
        _value = value;
        _nameRule = nameRule;
        EntriesMax = entriesMax;
    }

    /// <summary>How many entries it may hold.</summary>
    public int EntriesMax { get; }

    /// <inheritdoc/>
    public override bool TryRead(ConfigNode node, FaultList faults, out IReadOnlyList<KeyValuePair<string, Setting<long>>> value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        var numbers = new List<KeyValuePair<string, Setting<long>>>();
        value = numbers;
        if (node is not ConfigMap map || map.Entries.Count > EntriesMax)
        {
            faults.Add(node, node is ConfigMap ? $"holds more than {EntriesMax} entries" : $"expected a map of numbers, found {node.KindText}");
            return false;
        }

        foreach (var entry in map.Entries)
        {
            if (_nameRule(entry.Name) is { } complaint)
                faults.Add(map, entry.Name, complaint);
            else if (_value.TryRead(entry.Value, faults, out var number))
                numbers.Add(new(entry.Name, new Setting<long>(number, entry.Value)));
        }

        return true;
    }
}
