namespace AiEdge.Sdk.Tests;

/// <summary>A test of what a run of node has told; skipped where node or npm is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = Lacking;

    /// <summary>Why nothing is run by node; null where it is.</summary>
    public static string? Lacking { get; } = Tools.Lacking("node", "npm");
}

/// <summary>The same of a test with rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeTheoryAttribute : TheoryAttribute
{
    public NodeTheoryAttribute() => Skip = NodeFactAttribute.Lacking;
}
