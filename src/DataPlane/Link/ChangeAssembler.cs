using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Link;

/// <summary>A change of the configuration, whole.</summary>
internal sealed class WholeChange
{
    public required long Generation { get; init; }

    /// <summary>What it changes; 0 where it is all that there is.</summary>
    public required long BaseGeneration { get; init; }

    public List<ConfigPiece> Entries { get; private set; } = [];

    public List<ConfigRemoval> Removals { get; } = [];

    public Dictionary<string, string> Secrets { get; } = new(StringComparer.Ordinal);

    /// <summary>Lets go of the entries, which may be very many, for as long as somebody still looks at the rest.</summary>
    public void ForgetEntries() => Entries = [];
}

/// <summary>Puts the parts of a change together, within a bound. What breaks the order of parts is a fault of the stream.</summary>
internal sealed class ChangeAssembler
{
    /// <summary>Bytes of one change: eight times what a file may have, for a control plane's document may hold keys by the hundred thousand.</summary>
    public const long BytesMax = 64L << 20;

    /// <summary>Entries and removals of one change.</summary>
    public const int EntriesMax = 1 << 20;

    private WholeChange? _parts;
    private long _bytes;
    private int _entries;

    /// <summary>Whether more parts are to come: nothing else may come between.</summary>
    public bool IsUnderWay => _parts is not null;

    /// <summary>Takes a part. The change once it is whole, else null; a complaint where the part cannot be right.</summary>
    public WholeChange? Take(ConfigChange part, out string? complaint)
    {
        complaint = Judge(part);
        if (complaint is not null)
            return null;
        _parts ??= new() { Generation = (long)part.Generation, BaseGeneration = (long)part.BaseGeneration };
        foreach (var entry in part.Entries)
            _parts.Entries.Add(new(entry.Section, entry.Name, entry.Json.ToByteArray(), entry.Position));
        _parts.Removals.AddRange(part.Removals);
        foreach (var secret in part.Secrets)
            _parts.Secrets[secret.Name] = secret.Value.ToStringUtf8();
        if (part.HasMore)
            return null;
        var whole = _parts;
        (_parts, _bytes, _entries) = (null, 0, 0);
        return whole;
    }

    private string? Judge(ConfigChange part)
    {
        if (part.Generation is 0 or > long.MaxValue || part.BaseGeneration > long.MaxValue)
            return "a generation that is none";
        if (part.BaseGeneration >= part.Generation)
            return $"generation {part.Generation} as a change to {part.BaseGeneration}";
        if (_parts is not null && ((ulong)_parts.Generation != part.Generation || (ulong)_parts.BaseGeneration != part.BaseGeneration))
            return $"a part of generation {part.Generation} among those of {_parts.Generation}";
        _bytes += part.CalculateSize();
        _entries += part.Entries.Count + part.Removals.Count + part.Secrets.Count;
        return _bytes > BytesMax || _entries > EntriesMax ? $"generation {part.Generation} is larger than a plane takes" : null;
    }
}
