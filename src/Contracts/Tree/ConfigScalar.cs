namespace AiEdge.Contracts.Tree;

/// <summary>What a scalar is by the rules of its format (JSON, or the core schema of YAML 1.2).</summary>
public enum ScalarKind
{
    /// <summary>Nothing: <c>null</c>, or an empty place in YAML.</summary>
    Null,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A number without fraction and exponent.</summary>
    Whole,

    /// <summary>Any other number.</summary>
    Fraction,

    /// <summary>Text.</summary>
    Text,
}

/// <summary>A value without parts.</summary>
public sealed class ConfigScalar : ConfigNode
{
    /// <summary>Makes a scalar.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="text">Its text as written, without quotes and escapes.</param>
    /// <param name="line">Line, counted from 1.</param>
    /// <param name="column">Column, counted from 1.</param>
    /// <param name="byReference">Whether the text, or a part of it, was put in for a <c>${…}</c> reference.</param>
    public ConfigScalar(ScalarKind kind, string text, int line, int column, bool byReference = false)
        : base(line, column)
    {
        ArgumentNullException.ThrowIfNull(text);
        Kind = kind;
        Text = text;
        ByReference = byReference;
    }

    /// <summary>What the scalar is. A scalar by reference is a string; readers of other types look at its text.</summary>
    public ScalarKind Kind { get; }

    /// <summary>The text. Where <see cref="ByReference"/> is true it may be a secret: never shown, see <see cref="Shown"/>.</summary>
    public string Text { get; }

    /// <summary>Whether the text came out of the environment or a file.</summary>
    public bool ByReference { get; }

    /// <summary>
    /// Whether the text is missing because its reference could not be followed. That fault is known; others of the same node
    /// are not added.
    /// </summary>
    public bool IsBroken { get; init; }

    /// <summary>The text in quotes for a message, or words in its place where it may be a secret.</summary>
    public string Shown => ByReference ? "the value referred to" : ConfigText.Quote(Text);

    /// <inheritdoc/>
    public override string KindText => Kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Boolean => "a boolean",
        ScalarKind.Whole or ScalarKind.Fraction => "a number",
        _ => "a string",
    };
}
