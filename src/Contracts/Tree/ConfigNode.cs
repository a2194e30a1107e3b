namespace AiEdge.Contracts.Tree;

/// <summary>
/// One value of a configuration document with the place it stands at, free of the format it was written in: a YAML and a
/// JSON source both produce this tree. A map or a list that belongs to a name carries the name's place, because that is
/// the line a reader looks for.
/// </summary>
public abstract class ConfigNode
{
    /// <summary>Makes a node that stands at the given place.</summary>
    /// <param name="line">Line, counted from 1; 0 where there is no file (a command line flag).</param>
    /// <param name="column">Column, counted from 1; 0 where there is none.</param>
    protected ConfigNode(int line, int column)
    {
        Line = line;
        Column = column;
    }

    /// <summary>Line, counted from 1.</summary>
    public int Line { get; }

    /// <summary>Column, counted from 1.</summary>
    public int Column { get; }

    /// <summary>The map or list that holds this node; null at the root.</summary>
    public ConfigNode? Parent { get; private set; }

    /// <summary>The name under which a map holds this node, or null.</summary>
    public string? Name { get; private set; }

    /// <summary>The place in the list that holds this node, counted from 0, or -1.</summary>
    public int Index { get; private set; } = -1;

    /// <summary>What the node is, with its article, for messages: <c>a map</c>, <c>a list</c>, <c>a number</c> …</summary>
    public abstract string KindText { get; }

    /// <summary>The dotted path from the root, built anew at each call: it is asked for by faults only.</summary>
    public string Path => ConfigPath.Of(this);

    internal void Attach(ConfigNode parent, string? name, int index)
    {
        Parent = parent;
        Name = name;
        Index = index;
    }
}
