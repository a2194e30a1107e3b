using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// A field that a document may hold: its name, its type, its bounds and its default in one place, from which the reader,
/// the check of the JSON Schema and the check of the documentation all draw.
/// </summary>
public abstract class Field
{
    /// <summary>Makes a field of that name.</summary>
    protected Field(string name) => Name = name;

    /// <summary>The name as written in a document.</summary>
    public string Name { get; }

    /// <summary>Whether its absence is a fault.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The default as a document would say it, or null where there is none.</summary>
    public virtual string? DefaultText => null;

    /// <summary>What values are taken, as the documentation says it, or null where no bounds are.</summary>
    public virtual string? BoundsText => null;
}

/// <summary>A field whose value is read as a <typeparamref name="T"/>.</summary>
/// <typeparam name="T">What a value becomes.</typeparam>
public abstract class Field<T> : Field
{
    /// <summary>Makes a field of that name.</summary>
    protected Field(string name)
        : base(name)
    {
    }

    /// <summary>Reads a value; false, with a fault added, where it is not one.</summary>
    public abstract bool TryRead(ConfigNode node, FaultList faults, out T value);
}

/// <summary>A field whose value is a single scalar.</summary>
/// <typeparam name="T">What a value becomes.</typeparam>
public abstract class ScalarField<T> : Field<T>
{
    /// <summary>Makes a field of that name.</summary>
    protected ScalarField(string name)
        : base(name)
    {
    }

    /// <summary>What is expected, with its article, for messages: <c>a duration such as 2s</c>.</summary>
    protected abstract string Expected { get; }

    /// <inheritdoc/>
    public sealed override bool TryRead(ConfigNode node, FaultList faults, out T value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        if (node is ConfigScalar { Kind: not ScalarKind.Null } scalar)
            return TryParse(scalar, faults, out value);
        faults.Add(node, $"expected {Expected}, found {node.KindText}");
        value = default!;
        return false;
    }

    /// <summary>Reads a scalar that is not null.</summary>
    protected abstract bool TryParse(ConfigScalar scalar, FaultList faults, out T value);

    /// <summary>Adds the fault of a scalar of the wrong type, showing what stands there unless it may be a secret.</summary>
    protected bool Mismatch(ConfigScalar scalar, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(faults);
        faults.Add(scalar, $"expected {Expected}, found {scalar.Shown}");
        return false;
    }
}

/// <summary>A field that belongs to a later version: its use is a fault, because ignoring it would change what the user asked for.</summary>
public sealed class LaterField : Field
{
    /// <summary>Makes a field of that name.</summary>
    public LaterField(string name)
        : base(name)
    {
    }
}

/// <summary>A field that holds a section: a map with fields of its own.</summary>
public sealed class SectionField : Field
{
    /// <summary>Makes a field of that name.</summary>
    public SectionField(string name, FieldTable table)
        : base(name) => Table = table;

    /// <summary>The fields of the section.</summary>
    public FieldTable Table { get; }
}

/// <summary>A field that holds sections by names of the user's choice.</summary>
public sealed class NamedSectionsField : Field
{
    /// <summary>Makes a field of that name.</summary>
    public NamedSectionsField(string name, FieldTable table)
        : base(name) => Table = table;

    /// <summary>The fields of each section.</summary>
    public FieldTable Table { get; }

    /// <summary>Whether a name with nothing behind it is a section without fields.</summary>
    public bool EmptyEntryAllowed { get; init; }
}

/// <summary>A field that holds a list of sections.</summary>
public sealed class SectionListField : Field
{
    /// <summary>Makes a field of that name.</summary>
    public SectionListField(string name, FieldTable table)
        : base(name) => Table = table;

    /// <summary>The fields of each section.</summary>
    public FieldTable Table { get; }
}
