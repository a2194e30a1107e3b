namespace AiEdge.Contracts.Fields;

/// <summary>The fields that one kind of section knows. Every other name is a fault.</summary>
public sealed class FieldTable
{
    private readonly Field[] _fields;

    /// <summary>Makes a table.</summary>
    /// <param name="title">What the section is, for messages: <c>a provider</c>.</param>
    /// <param name="fields">Its fields.</param>
    public FieldTable(string title, params Field[] fields)
    {
        Title = title;
        _fields = fields;
    }

    /// <summary>What the section is, with its article.</summary>
    public string Title { get; }

    /// <summary>The fields.</summary>
    public IReadOnlyList<Field> Fields => _fields;

    /// <summary>The field of that name, or null.</summary>
    public Field? Find(string name)
    {
        foreach (var field in _fields)
        {
            if (field.Name == name)
                return field;
        }

        return null;
    }

    /// <summary>The names of all fields that may be used.</summary>
    public IEnumerable<string> Names()
    {
        foreach (var field in _fields)
        {
            if (field is not LaterField)
                yield return field.Name;
        }
    }
}
