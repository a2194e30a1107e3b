using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>
/// A form of chats that clients and providers speak: whatever is tried of every form, or of each with each other, goes by what its dialect tells of it here.
/// </summary>
/// <param name="Name">Its name in the names of golden files.</param>
/// <param name="Shape">The kind of body.</param>
/// <param name="Says">What its answers can say.</param>
/// <param name="Asks">What its requests can ask for.</param>
internal sealed record SpokenShape(string Name, RequestShape Shape, Says Says, Asks Asks)
{
    /// <summary>The forms of all dialects.</summary>
    public static IReadOnlyList<SpokenShape> All { get; } = [.. SpokenDialect.All.SelectMany(dialect => dialect.Shapes).OrderBy(one => one.Shape)];

    /// <summary>A request that asks something, and nothing besides.</summary>
    public required string Question { get; init; }

    /// <summary>A request that says whatever is noted of a prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>The members that cap an answer, by their paths; the first is written.</summary>
    public required IReadOnlyList<string> Caps { get; init; }

    /// <summary>The names of functions that its providers take.</summary>
    public required SpokenNames ToolNames { get; init; }

    /// <summary>A model that takes whatever the form can ask for.</summary>
    public string Model { get; init; } = "m";

    /// <summary>An event that tells of the tier <c>flex</c>; null where none is told.</summary>
    public string? FlexEvent { get; init; }

    /// <summary>Under which name its answers lose all proofs and hidden thoughts of others; null where each is lost under its own.</summary>
    public string? LostProofs { get; init; }

    /// <summary>What its providers understand and a reader of a client's requests does not: where a client of its own brings it nothing is translated.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>Of the cases that have a golden of each provider's answers those that it cannot say, and why.</summary>
    public IReadOnlyDictionary<string, string> Absent { get; init; } = new Dictionary<string, string>();

    public bool Has(Says what) => (Says & what) == what;

    public bool Has(Asks what) => (Asks & what) == what;

    public static SpokenShape Named(string name) => All.Single(one => one.Name == name);

    public static SpokenShape Of(RequestShape shape) => All.Single(one => one.Shape == shape);

    /// <summary>Whose form it is.</summary>
    public static DialectForm FormOf(RequestShape shape)
    {
        foreach (var form in DialectTable.Forms)
        {
            if (form.Shapes.Any(row => row.Shape == shape))
                return form;
        }

        throw new ArgumentException("no dialect has it", nameof(shape));
    }
}

/// <summary>What names of functions a provider takes: letters of ASCII, digits and what is said here.</summary>
/// <param name="LengthMax">The longest.</param>
/// <param name="Signs">What else may stand in one.</param>
/// <param name="BeginsAnyhow">Whether it may begin with any of these, and not with a letter or <c>_</c> alone.</param>
internal sealed record SpokenNames(int LengthMax, string Signs, bool BeginsAnyhow = true)
{
    /// <summary>Where the names of declared functions stand in a request: an expression for the names of the members on the way there, a point behind each but the last.</summary>
    public string DeclaredAt { get; init; } = @"^tools\..*name$";

    /// <summary>Where those stand that have to be called, or that alone may be.</summary>
    public string ChosenAt { get; init; } = @"^tool_choice\..*name$";

    /// <summary>Where the function stands that a result is of; null where results name none.</summary>
    public string? AnsweredAt { get; init; }

    public bool Take(string name) => name.Length > 0 && name.Length <= LengthMax
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || Signs.Contains(letter, StringComparison.Ordinal))
        && (BeginsAnyhow || char.IsAsciiLetter(name[0]) || name[0] == '_');
}
