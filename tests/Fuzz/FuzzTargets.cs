namespace AiEdge.Fuzz;

/// <summary>The table of targets: one line each.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new RequestHeadTarget(),
        new ResponseHeadTarget(),
        new ChunkedTarget(),
        new SseTarget(),
    ];
}
