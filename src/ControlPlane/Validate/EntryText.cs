using AiEdge.Contracts.Tree;

namespace AiEdge.ControlPlane.Validate;

/// <summary>An entry as it is judged.</summary>
/// <param name="Section">One of <see cref="ConfigSections.All"/>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Json">What it holds.</param>
/// <param name="Source">Its node in what the user sent, which still knows its lines; null for what was there already.</param>
internal sealed record EntryText(string Section, string Name, ReadOnlyMemory<byte> Json, ConfigNode? Source);
