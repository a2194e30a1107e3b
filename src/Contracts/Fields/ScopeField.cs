using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>Whom a limit keeps a bucket for.</summary>
/// <param name="Word">One of <see cref="ScopeField.Words"/>.</param>
/// <param name="Tag">The tag's name where <paramref name="Word"/> is <c>tag</c>, else null.</param>
public readonly record struct Scope(string Word, string? Tag);

/// <summary><c>key</c>, <c>team</c>, <c>model</c>, <c>provider</c>, <c>ip</c>, <c>tag:NAME</c> or <c>global</c>.</summary>
public sealed class ScopeField : ScalarField<Scope>
{
    private const string TagPrefix = "tag:";
    private static readonly string[] Known = ["global", "key", "team", "model", "provider", "ip", "tag"];

    /// <summary>Makes a field of that name.</summary>
    public ScopeField(string name)
        : base(name)
    {
    }

    /// <summary>The words that are understood, in the order of the data plane's scopes.</summary>
    public static IReadOnlyList<string> Words => Known;

    /// <summary>The scope where none is written.</summary>
    public static Scope Default => new(Known[0], null);

    /// <inheritdoc/>
    public override string? DefaultText => Known[0];

    /// <inheritdoc/>
    public override string? BoundsText => "global, key, team, model, provider, ip, tag:NAME";

    /// <inheritdoc/>
    protected override string Expected => "global, key, team, model, provider, ip or tag:NAME";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out Scope value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        value = new Scope(scalar.Text, null);
        if (scalar.Kind != ScalarKind.Text)
            return Mismatch(scalar, faults);
        if (scalar.Text != "tag" && Array.IndexOf(Known, scalar.Text) >= 0)
            return true;
        if (scalar.Text.StartsWith(TagPrefix, StringComparison.Ordinal))
        {
            value = new Scope("tag", scalar.Text[TagPrefix.Length..]);
            if (TextRules.PlainName(value.Tag!) is not { } complaint)
                return true;
            faults.Add(scalar, "names a tag that " + complaint);
            return false;
        }

        var hint = scalar.ByReference || scalar.Text == "tag" ? "" : Suggestion.For(scalar.Text, Known);
        faults.Add(scalar, $"expected {Expected}, found {scalar.Shown}{hint}");
        return false;
    }
}
