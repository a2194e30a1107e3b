namespace AiEdge.ControlPlane.Domain;

/// <summary>Who an entry belongs to: a name of the one cannot be written by the other.</summary>
internal enum EntryOwner : byte
{
    /// <summary>Written by REST, one by one.</summary>
    Api,

    /// <summary>Written whole by <c>PUT /config?owner=git</c>.</summary>
    Git,
}

/// <summary>What an entry holds; never changed, only replaced.</summary>
/// <param name="Json">Compact JSON in the shape of the YAML entry.</param>
/// <param name="Owner">Who may write it.</param>
/// <param name="Position">Its place among the section's entries; they go by position, then by name.</param>
/// <param name="Note">JSON that the control plane keeps beside it and never publishes (the prefix of a key's secret); may be empty.</param>
internal sealed record EntryValue(ReadOnlyMemory<byte> Json, EntryOwner Owner, ulong Position, ReadOnlyMemory<byte> Note);

/// <summary>An entry of the document.</summary>
/// <param name="Name">Its name, unique in its section.</param>
/// <param name="Value">What it holds.</param>
/// <param name="Version">The command that wrote it last.</param>
internal sealed record EdgeEntry(string Name, EntryValue Value, ulong Version);

/// <summary>A change to one entry: another value, or none.</summary>
/// <param name="Section">One of <see cref="Sections.All"/>.</param>
/// <param name="Name">The entry's name.</param>
/// <param name="Value">What it holds from then on; null removes it.</param>
internal sealed record EntryChange(string Section, string Name, EntryValue? Value);
