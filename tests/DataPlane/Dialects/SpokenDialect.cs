using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>
/// What tests have to know of a dialect. Each has one in its own folder, beside what is tried of it alone, and is found by that: nobody else names it.
/// </summary>
internal abstract class SpokenDialect
{
    public static IReadOnlyList<SpokenDialect> All { get; } =
    [
        .. typeof(SpokenDialect).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(SpokenDialect)))
            .Select(type => (SpokenDialect)Activator.CreateInstance(type)!),
    ];

    /// <summary>Its forms of chats.</summary>
    public abstract IReadOnlyList<SpokenShape> Shapes { get; }

    /// <summary>Its forms of embeddings, by their names in the names of golden files.</summary>
    public virtual IReadOnlyDictionary<string, RequestShape> Vectors { get; } = new Dictionary<string, RequestShape>();

    /// <summary>Kinds of bodies whose prompts are not counted by their tokens, or that are no JSON.</summary>
    public virtual IReadOnlyList<RequestShape> Uncounted => [];
}
