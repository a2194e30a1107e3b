namespace AiEdge.DataPlane.Core;

/// <summary>How much stands around the messages of a prompt.</summary>
internal enum PromptOverhead : byte
{
    /// <summary>Nothing: it has no messages.</summary>
    None,

    /// <summary>What is published of a model.</summary>
    Published,

    /// <summary>Nobody has published it for this kind of body: the same, and doubtful.</summary>
    Unpublished,
}

/// <summary>
/// What stages that know no dialect have to know of a kind of body, a row each: a dialect has them with its form, and hands them down when the
/// program starts. Immutable, so that asking for one is a load.
/// </summary>
internal sealed record ShapeTraits
{
    /// <summary>Kinds that there may be.</summary>
    public const int Max = 64;

    private static readonly ShapeTraits?[] Rows = Begin();

    public required RequestShape Shape { get; init; }

    /// <summary>Whether the answer is made of tokens.</summary>
    public bool HasOutput { get; init; }

    /// <summary>Whether the answer is a picture or sound, or what was heard in it: it may cost tokens, and has no cap.</summary>
    public bool IsUncapped { get; init; }

    /// <summary>Whether a model's price of a request is one of each answer that is asked for.</summary>
    public bool IsPricedByAnswer { get; init; }

    /// <summary>Whether the events of its streams are numbered.</summary>
    public bool IsNumbered { get; init; }

    /// <summary>Whether a second provider may be asked while the first one is: neither keeps anything of it.</summary>
    public bool MayBeHedged { get; init; }

    /// <summary>Whether its answer, where it comes whole, can be judged and be asked for once more.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>
    /// What the ids begin with by which clients go on from its answers, which providers keep: sealed ones, as we tell them. Empty where none are kept.
    /// </summary>
    public byte[] StoredIdMark { get; init; } = [];

    /// <summary>
    /// Top-level members of which each whole answer has one, an array or an object; none where answers are of any kind, or nobody knows what they have.
    /// </summary>
    public byte[][] AnswerMembers { get; init; } = [];

    /// <summary>Whether nothing need be in it.</summary>
    public bool AnswerMayBeEmpty { get; init; }

    public PromptOverhead Overhead { get; init; }

    /// <summary>What stands in a body that has the provider itself call tools, which nobody may have done twice; empty where there is none.</summary>
    public byte[] ProviderTools { get; init; } = [];

    /// <summary>The row of a kind.</summary>
    public static ShapeTraits Of(RequestShape shape) => Rows[(int)shape]!;

    /// <summary>A set of kinds, a bit each.</summary>
    public static ulong Set(params ReadOnlySpan<RequestShape> shapes)
    {
        var set = 0UL;
        foreach (var shape in shapes)
            set |= 1UL << (int)shape;
        return set;
    }

    /// <summary>Takes the rows of a dialect, before anything is served.</summary>
    /// <exception cref="InvalidOperationException">A number is taken, or there are no more.</exception>
    public static void Use(IEnumerable<ShapeTraits> rows)
    {
        foreach (var row in rows)
        {
            if ((int)row.Shape >= Max || Rows[(int)row.Shape] is not null)
                throw new InvalidOperationException($"The kind of body {(int)row.Shape} is taken, or beyond {Max - 1}.");
            Rows[(int)row.Shape] = row;
        }
    }

    /// <summary>A native path has no kind.</summary>
    private static ShapeTraits?[] Begin()
    {
        var rows = new ShapeTraits?[Max];
        rows[(int)RequestShape.Native] = new ShapeTraits { Shape = RequestShape.Native };
        return rows;
    }
}
