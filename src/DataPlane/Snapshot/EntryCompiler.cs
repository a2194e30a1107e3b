using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Rules;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// Compiles changes of a control plane's document. Where only keys change, all else is shared with the snapshot before; where all else
/// changes, keys are not read again but judged by their policies.
/// </summary>
/// <remarks>
/// This way says only whether a change is good. One that is not is judged again as a whole document, so that its faults are those of a
/// document, whichever way it came.
/// </remarks>
internal sealed class EntryCompiler
{
    private static readonly string Keys = ConfigOptions.KeysField.Name;

    private readonly CompiledEntries? _before;
    private readonly EntryChange _change;
    private readonly ReferenceScope _scope;
    private readonly CompileContext _context;
    private readonly FaultList _faults = new();
    private readonly KeyText _text = new();

    /// <summary>The keys that the change puts in, each once.</summary>
    private readonly Dictionary<string, ConfigPiece> _put = new(StringComparer.Ordinal);

    /// <summary>Names of keys of which nothing stays as it was.</summary>
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);

    private ConfigEntries _kept = ConfigEntries.None;
    private KeyPolicies? _policies;
    private ConfigOptions? _options;

    private EntryCompiler(CompiledEntries? before, EntryChange change, ReferenceScope scope, CompileContext context)
    {
        _before = before;
        _change = change;
        _scope = scope;
        _context = context;
    }

    /// <summary>Compiles a change.</summary>
    /// <param name="before">What it is a change to; null where it is all that there is.</param>
    /// <param name="change">The change.</param>
    /// <param name="scope">What the document may refer to here.</param>
    /// <param name="context">What does not stand in it.</param>
    /// <param name="load">What came of it: why it is refused, where it is.</param>
    /// <returns>What the next change is built upon; null where this one is refused.</returns>
    public static CompiledEntries? Compile(
        CompiledEntries? before, EntryChange change, ReferenceScope scope, CompileContext context, out ConfigLoad load)
    {
        var compiler = new EntryCompiler(before, change, scope, context);
        var compiled = compiler.IsOfKeysAlone() ? compiler.Keyed() : compiler.Framed();
        load = compiled?.Load ?? compiler.Whole();
        return compiled;
    }

    /// <summary>Sorts the change; whether all but keys stays as it is.</summary>
    private bool IsOfKeysAlone()
    {
        var isOfKeys = _before is not null && !_change.IsAnew;
        var others = new List<ConfigPiece>();
        var removed = new List<(string, string)>(_change.Removed);
        foreach (var (section, name) in _change.Removed)
        {
            isOfKeys &= section == Keys;
            if (section == Keys)
                _gone.Add(name);
        }

        foreach (var piece in _change.Put)
        {
            if (piece.Section == Keys)
            {
                _gone.Add(piece.Name);
                _put[piece.Name] = piece;
                removed.Add((Keys, piece.Name));
            }
            else
            {
                isOfKeys = false;
                others.Add(piece);
            }
        }

        foreach (var (name, piece) in _put)
        {
            if (!KeyText.Refers(piece.Json))
                continue;
            isOfKeys = false;
            others.Add(piece);
        }

        foreach (var piece in _before?.Kept.All ?? [])
            isOfKeys &= piece.Section != Keys || !_gone.Contains(piece.Name);
        _kept = isOfKeys ? _before!.Kept : (_before?.Kept ?? ConfigEntries.None).With(others, removed);
        return isOfKeys;
    }

    /// <summary>Compiles keys alone.</summary>
    private CompiledEntries? Keyed()
    {
        (_options, _policies) = (_before!.Options, _before.Policies);
        var added = new List<KeyEntry>(_put.Count);
        var warnings = new FaultList();
        if (!TryRead(added, null) || !IsInReach(added, warnings) || _before.Snapshot.Keys.Edit(_gone, added) is not { } table)
            return null;
        WarnOfNone(table, warnings);
        _policies.Sweep(table);
        return new()
        {
            Kept = _kept,
            Options = _options,
            Policies = _policies,
            Load = new()
            {
                Snapshot = _before.Snapshot.WithKeys(table, _context.Generation),
                Faults = [],
                Warnings = warnings.ToList(),
                Files = _before.Load.Files,
            },
        };
    }

    /// <summary>Compiles all but keys, and puts the keys there are under what it says.</summary>
    private CompiledEntries? Framed()
    {
        var load = ConfigFile.Load(_kept, _scope, _context, ReadKeys);
        return load.Snapshot is null ? null : new() { Kept = _kept, Options = _options!, Policies = _policies!, Load = load };
    }

    private KeyTable? ReadKeys(ConfigOptions options, ReferenceResolver resolver, FaultList warnings)
    {
        (_options, _policies) = (options, new KeyPolicies(options));
        foreach (var piece in _kept.All)
        {
            if (piece.Section != Keys)
                continue;
            _gone.Add(piece.Name);
            _put[piece.Name] = piece;
        }

        var staying = _before is null ? KeyTable.Empty : _before.Snapshot.Keys.Repoint(Adopt(_before.Snapshot.Keys));
        var added = new List<KeyEntry>(_put.Count);
        if (!TryRead(added, resolver) || staying.Edit(_gone, added) is not { } table)
            return null;
        var entries = new List<KeyEntry>(table.Size);
        for (var i = 0; i < KeyTable.Shards; i++)
            entries.AddRange(table.Shard(i).Entries);
        WarnOfNone(table, warnings);
        return IsInReach(entries, warnings) ? table : null;
    }

    private static void WarnOfNone(KeyTable table, FaultList warnings)
    {
        if (table.Size == 0)
            warnings.Add(Keys, 0, 0, DocumentRules.NoKeysText);
    }

    /// <summary>What policies of before have become.</summary>
    private Dictionary<KeyPolicy, KeyPolicy> Adopt(KeyTable before)
    {
        var now = new Dictionary<KeyPolicy, KeyPolicy>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < KeyTable.Shards; i++)
        {
            foreach (ref readonly var entry in before.Shard(i).Entries)
            {
                if (!now.ContainsKey(entry.Policy) && !_gone.Contains(entry.Name))
                    now.Add(entry.Policy, _policies!.Adopt(entry.Policy, OptionsOf(in entry)));
            }
        }

        return now;
    }

    /// <summary>Reads what the change puts in; false where something is wrong with a key by itself.</summary>
    /// <param name="added">Takes the entries.</param>
    /// <param name="resolver">Follows references; null where there are none.</param>
    private bool TryRead(List<KeyEntry> added, ReferenceResolver? resolver)
    {
        foreach (var (name, piece) in _put)
        {
            var isPlain = _text.TryRead(name, piece.Json);
            if (!isPlain || !_policies!.TryFind(_text.Rest, out var policy))
            {
                if (TryOptions(piece, resolver) is not { } key)
                    return false;
                if (!isPlain)
                {
                    _policies!.Add(key, piece.Position, added);
                    continue;
                }

                policy = _policies!.Of(key, _text.Rest);
            }

            added.Add(KeyPolicies.Entry(name, _text.Sha256, policy, _text.ExpiresUnixMs, piece.Position));
        }

        return true;
    }

    private KeyOptions? TryOptions(ConfigPiece piece, ReferenceResolver? resolver)
    {
        if (ConfigSource.Parse(piece.Json, ConfigFormat.Json, _faults) is not { } node)
            return null;
        node = EntryTree.Named(node, piece, _faults);
        if (KeyText.Refers(piece.Json))
        {
            if (resolver is null)
                return null;
            resolver.Resolve(node);
        }

        // A reference that cannot be followed is said where it was looked for, and leaves its field unset.
        return KeyOptions.Read(node, _faults) is { Name.IsSet: true, Sha256.IsSet: true } key && _faults.Count == 0 && !IsBroken(node) ? key : null;
    }

    /// <summary>Whether a reference within could not be followed.</summary>
    private static bool IsBroken(ConfigNode node)
    {
        switch (node)
        {
            case ConfigScalar scalar:
                return scalar.IsBroken;
            case ConfigSequence list:
                foreach (var item in list.Items)
                {
                    if (IsBroken(item))
                        return true;
                }

                return false;
            case ConfigMap map:
                foreach (var entry in map.Entries)
                {
                    if (IsBroken(entry.Value))
                        return true;
                }

                return false;
            default:
                return false;
        }
    }

    /// <summary>
    /// Whether what keys name is there, and limits leave them room: looked at once for all keys of one policy that limits do not tell apart by
    /// their names. Warns of those that nothing bounds.
    /// </summary>
    private bool IsInReach(List<KeyEntry> entries, FaultList warnings)
    {
        var byName = new List<LimitOptions>();
        foreach (var limit in _options!.Limits)
        {
            if (limit.Match.Keys.IsSet)
                byName.Add(limit);
        }

        var classes = new Dictionary<(KeyPolicy, string), KeyOptions>();
        var classOf = new KeyOptions?[entries.Count];
        var seen = new List<KeyOptions>();
        for (var i = 0; i < classOf.Length; i++)
        {
            // One key, however many secrets it has.
            if (entries[i].IsPrevious)
                continue;
            var id = (entries[i].Policy, byName.Count == 0 ? "" : Named(byName, entries[i].Name));
            if (!classes.TryGetValue(id, out var one))
            {
                classes.Add(id, one = OptionsOf(entries[i]));
                seen.Add(one);
            }

            classOf[i] = one;
        }

        var unbounded = new HashSet<KeyOptions>(DocumentRules.CheckKeys(_options, seen, _faults), ReferenceEqualityComparer.Instance);
        for (var i = 0; i < classOf.Length && unbounded.Count > 0; i++)
        {
            if (classOf[i] is { } one && unbounded.Contains(one))
                warnings.Add(EntryTree.PlaceOf(Keys, entries[i].Name), 0, 0, LimitReach.UnboundedText);
        }

        return _faults.Count == 0;
    }

    /// <summary>Which of some limits a name comes under.</summary>
    private static string Named(List<LimitOptions> limits, string name)
    {
        var which = new System.Text.StringBuilder();
        for (var i = 0; i < limits.Count; i++)
        {
            foreach (var pattern in limits[i].Match.Keys.Value)
            {
                if (!GlobPattern.Covers(pattern.Value, name))
                    continue;
                which.Append((char)(i & 0x7fff)).Append((char)(i >> 15));
                break;
            }
        }

        return which.ToString();
    }

    /// <summary>A key as it was read; its digest is not among what the rest of a document looks at.</summary>
    private static KeyOptions OptionsOf(in KeyEntry entry)
    {
        var key = (ConfigMap)ConfigSource.Parse(entry.Policy.Text, ConfigFormat.Json, new FaultList())!;
        key.TryAdd(KeyOptions.NameField.Name, new ConfigScalar(ScalarKind.Text, entry.Name, 0, 0), 0, 0);
        return KeyOptions.Read(key, new FaultList())!;
    }

    /// <summary>Judges the document that would result, entry by entry: only where something is wrong with it.</summary>
    private ConfigLoad Whole()
    {
        var put = new List<ConfigPiece>(_put.Values);
        foreach (var piece in _kept.All)
        {
            if (piece.Section == Keys)
                _gone.Add(piece.Name);
        }

        var table = _before?.Snapshot.Keys ?? KeyTable.Empty;
        var previous = table.Previous();
        for (var i = 0; i < KeyTable.Shards; i++)
        {
            foreach (ref readonly var entry in table.Shard(i).Entries)
            {
                if (!entry.IsPrevious && !_gone.Contains(entry.Name))
                    put.Add(new(Keys, entry.Name, KeyJson.Of(in entry, previous.TryGetValue(entry.Name, out var old) ? old : null), entry.Position));
            }
        }

        var load = ConfigFile.Load(_kept.With(put, []), _scope, _context);
        return new()
        {
            Faults = load.Faults.Count > 0 ? load.Faults : _faults.ToList(),
            Warnings = load.Warnings,
            Files = load.Files,
        };
    }
}

/// <summary>A change to a control plane's document.</summary>
/// <param name="Put">Entries that are new or other than before; of two of one name the later holds.</param>
/// <param name="Removed">Entries that are taken away first.</param>
/// <param name="IsAnew">Whether what the document refers to may be another.</param>
internal sealed record EntryChange(IReadOnlyCollection<ConfigPiece> Put, IReadOnlyCollection<(string Section, string Name)> Removed, bool IsAnew = false);
