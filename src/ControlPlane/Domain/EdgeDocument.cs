using System.Collections.Immutable;

namespace AiEdge.ControlPlane.Domain;

/// <summary>All that the control plane holds at one moment. Immutable: a reader keeps it as long as it likes, a change makes another.</summary>
internal sealed class EdgeDocument
{
    private static readonly ImmutableSortedDictionary<string, EdgeEntry> NoEntries =
        ImmutableSortedDictionary.Create<string, EdgeEntry>(StringComparer.Ordinal);

    private readonly ImmutableDictionary<string, ImmutableSortedDictionary<string, EdgeEntry>> _sections;
    private readonly ImmutableDictionary<string, ulong> _positions;

    private EdgeDocument(
        ulong version,
        ulong generation,
        ImmutableDictionary<string, ImmutableSortedDictionary<string, EdgeEntry>> sections,
        ImmutableDictionary<string, ulong> positions)
    {
        Version = version;
        Generation = generation;
        _sections = sections;
        _positions = positions;
    }

    /// <summary>Nothing, before the first command.</summary>
    public static EdgeDocument Empty { get; } =
        new(0, 0, ImmutableDictionary.Create<string, ImmutableSortedDictionary<string, EdgeEntry>>(StringComparer.Ordinal),
            ImmutableDictionary.Create<string, ulong>(StringComparer.Ordinal));

    /// <summary>The last command that it contains.</summary>
    public ulong Version { get; }

    /// <summary>Grows with each command that changes what data planes get.</summary>
    public ulong Generation { get; }

    /// <summary>Entries of a section by name, in the order of names.</summary>
    public ImmutableSortedDictionary<string, EdgeEntry> Section(string section) => _sections.GetValueOrDefault(section, NoEntries);

    /// <summary>The entry of that name, or null.</summary>
    public EdgeEntry? Find(string section, string name) => Section(section).GetValueOrDefault(name);

    /// <summary>A position behind all entries of a section.</summary>
    public ulong NextPosition(string section) => _positions.GetValueOrDefault(section) + 1;

    /// <summary>The document after some changes.</summary>
    /// <param name="changes">In order.</param>
    /// <param name="version">The command that makes them.</param>
    /// <param name="generation">The generation from then on.</param>
    public EdgeDocument With(IReadOnlyList<EntryChange> changes, ulong version, ulong generation)
    {
        var builders = new Dictionary<string, ImmutableSortedDictionary<string, EdgeEntry>.Builder>(StringComparer.Ordinal);
        var positions = _positions;
        foreach (var change in changes)
        {
            if (change.Value is { } value && value.Position > positions.GetValueOrDefault(change.Section))
                positions = positions.SetItem(change.Section, value.Position);
            if (!builders.TryGetValue(change.Section, out var section))
                builders.Add(change.Section, section = Section(change.Section).ToBuilder());
            if (change.Value is null)
                section.Remove(change.Name);
            else
                section[change.Name] = new EdgeEntry(change.Name, change.Value, version);
        }

        var sections = _sections.ToBuilder();
        foreach (var (name, section) in builders)
            sections[name] = section.ToImmutable();
        return new(version, generation, sections.ToImmutable(), positions);
    }

    /// <summary>The document with the versions of its entries as they were saved.</summary>
    internal static EdgeDocument Restore(ulong version, ulong generation, IEnumerable<(string Section, EdgeEntry Entry)> entries)
    {
        var builders = new Dictionary<string, ImmutableSortedDictionary<string, EdgeEntry>.Builder>(StringComparer.Ordinal);
        var positions = Empty._positions.ToBuilder();
        foreach (var (name, entry) in entries)
        {
            positions[name] = Math.Max(entry.Value.Position, positions.GetValueOrDefault(name));
            if (!builders.TryGetValue(name, out var section))
                builders.Add(name, section = NoEntries.ToBuilder());
            section[entry.Name] = entry;
        }

        var sections = Empty._sections.ToBuilder();
        foreach (var (name, section) in builders)
            sections[name] = section.ToImmutable();
        return new(version, generation, sections.ToImmutable(), positions.ToImmutable());
    }
}
