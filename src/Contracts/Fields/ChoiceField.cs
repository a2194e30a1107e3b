using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>One word of a few.</summary>
public sealed class ChoiceField : ScalarField<string>
{
    private readonly string[] _words;

    /// <summary>Makes a field of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="words">The words that are understood.</param>
    public ChoiceField(string name, string[] words)
        : base(name) => _words = words;

    /// <summary>The value where none is written, or null.</summary>
    public string? Default { get; init; }

    /// <summary>The words that are understood.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <inheritdoc/>
    public override string? DefaultText => Default;

    /// <inheritdoc/>
    public override string? BoundsText => string.Join(", ", _words);

    /// <inheritdoc/>
    protected override string Expected => string.Join(" or ", _words);

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out string value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = scalar.Text;
        if (Array.IndexOf(_words, scalar.Text) >= 0)
            return true;
        faults.Add(scalar, $"expected {Expected}, found {scalar.Shown}{(scalar.ByReference ? "" : Suggestion.For(scalar.Text, _words))}");
        return false;
    }
}
