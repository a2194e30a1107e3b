using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// The policies of a document's keys: one object for all keys that are written alike, but for what is each one's own. Keys without faults only.
/// </summary>
/// <remarks>Of one thread at a time. What it holds beyond the policies in use is bounded by <see cref="Sweep"/>.</remarks>
internal sealed class KeyPolicies
{
    /// <summary>Policies, used or not, below which nobody looks which are.</summary>
    private const int UnsweptMax = 1024;

    private const string Mask = "***";

    private readonly Dictionary<byte[], KeyPolicy> _byText = new(TextComparer.Instance);
    private readonly Dictionary<byte[], KeyPolicy>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly Dictionary<string, TeamOptions> _teams = new(StringComparer.Ordinal);
    private int _sweepAt = UnsweptMax;

    /// <param name="options">The document: its teams.</param>
    public KeyPolicies(ConfigOptions options)
    {
        _lookup = _byText.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (var team in options.Teams)
            _teams.TryAdd(team.Name, team);
    }

    public int Count => _byText.Count;

    /// <summary>Whether a field is each key's own and no part of its policy.</summary>
    public static bool IsOwn(string field) =>
        field == KeyOptions.NameField.Name || field == KeyOptions.Sha256Field.Name || field == KeyOptions.ExpiresField.Name
        || field == KeyOptions.PreviousField.Name;

    /// <summary>The keys of a whole document; null where two have the same digest, which its rules have found.</summary>
    public KeyTable? TableOf(IReadOnlyList<KeyOptions> keys)
    {
        var entries = new List<KeyEntry>(keys.Count);
        foreach (var key in keys)
            Add(key, (ulong)entries.Count, entries);
        return KeyTable.Empty.Edit(KeyTable.NoNames, entries);
    }

    /// <summary>The policy that is written so, if it is known.</summary>
    public bool TryFind(ReadOnlySpan<byte> text, [MaybeNullWhen(false)] out KeyPolicy policy) => _lookup.TryGetValue(text, out policy);

    /// <summary>Adds a key's entries.</summary>
    public void Add(KeyOptions key, ulong position, List<KeyEntry> to)
    {
        var text = TextOf(key.Node, isShown: false);
        var shown = TextOf(key.Node, isShown: true);

        // What came by reference may come to be another text, so that such a policy is nobody else's.
        var policy = text.AsSpan().SequenceEqual(shown) ? Of(key, text) : Make(key, text, shown);
        var expires = ExpiresUnixMs(key.Expires);
        to.Add(Entry(key.Name.Value, key.Sha256.Value, policy, expires, position) with { HidesName = key.Name.ByReference });
        if (key.Previous is not { } previous)
            return;
        var until = ExpiresUnixMs(previous.Until);
        to.Add(Entry(key.Name.Value, previous.Sha256.Value, policy, Math.Min(expires, until), (ulong)until) with { IsPrevious = true });
    }

    /// <summary>An entry of a table.</summary>
    public static KeyEntry Entry(string name, ReadOnlySpan<byte> sha256, KeyPolicy policy, long expiresUnixMs, ulong position) => new()
    {
        Digest = KeyDigest.Of(sha256),
        Name = name,
        NameHash = KeyEntry.HashOf(name),
        Policy = policy,
        ExpiresUnixMs = expiresUnixMs,
        Position = position,
    };

    /// <summary>The policy of a key, of which <paramref name="text"/> is what is not its own; the same object for the same text.</summary>
    public KeyPolicy Of(KeyOptions key, ReadOnlySpan<byte> text)
    {
        if (_lookup.TryGetValue(text, out var known))
            return known;
        var own = text.ToArray();
        var policy = Make(key, own, own);
        _byText.Add(own, policy);
        return policy;
    }

    /// <summary>Takes over a policy of the document before this one: itself where nothing around it has changed, else another.</summary>
    public KeyPolicy Adopt(KeyPolicy before, KeyOptions key)
    {
        if (_lookup.TryGetValue(before.Text, out var known))
            return known;
        var policy = Make(key, before.Text, before.Shown);
        if (policy.IsSame(before))
            policy = before;
        _byText.Add(before.Text, policy);
        return policy;
    }

    /// <summary>Forgets what no key of a table has, where much has come together.</summary>
    public void Sweep(KeyTable table)
    {
        if (_byText.Count < _sweepAt)
            return;
        var used = new HashSet<KeyPolicy>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < KeyTable.Shards; i++)
        {
            foreach (ref readonly var entry in table.Shard(i).Entries)
                used.Add(entry.Policy);
        }

        foreach (var (text, policy) in _byText)
        {
            if (!used.Contains(policy))
                _byText.Remove(text);
        }

        _sweepAt = Math.Max(UnsweptMax, 2 * _byText.Count);
    }

    private KeyPolicy Make(KeyOptions key, byte[] text, byte[] shown)
    {
        var map = new KeyValuePair<byte[], ModelName>[key.ModelMap.Or([]).Count];
        for (var i = 0; i < map.Length; i++)
            map[i] = new(Encoding.ASCII.GetBytes(key.ModelMap.Value[i].Key), new ModelName(key.ModelMap.Value[i].Value.Value));
        var team = key.Team.IsSet ? _teams.GetValueOrDefault(key.Team.Value) : null;
        return new KeyPolicy
        {
            Team = key.Team.IsSet ? key.Team.Value : null,
            Models = Bytes(key.Models),
            ModelMap = map,
            Regions = Bytes(key.Regions),
            TeamRegions = team is null ? null : Bytes(team.Regions),
            Tags = Tags(key),
            Tier = key.Tier.IsSet ? key.Tier.Value : null,
            Priority = key.Priority.Or(KeyOptions.PriorityField.Default!) switch
            {
                "high" => PriorityClass.High,
                "low" => PriorityClass.Low,
                _ => PriorityClass.Normal,
            },
            Weight = key.Weight.Or(KeyOptions.WeightField.Default),
            OnDisconnect = new DisconnectPolicy(key.OnDisconnect.Or(TimeSpan.Zero)),
            ClientTags = Texts(key.ClientTags),
            Passthrough = Array.ConvertAll(Texts(key.Passthrough), PassthroughGrant.Of),
            IsDisabled = key.IsDisabled || team is { IsDisabled: true },
            Text = text,
            Shown = shown,
        };
    }

    private static long ExpiresUnixMs(Setting<DateTimeOffset> expires) => expires.IsSet ? expires.Value.ToUnixTimeMilliseconds() : long.MaxValue;

    private static string[] Texts(Setting<IReadOnlyList<Setting<string>>> written)
    {
        var texts = new string[written.Or([]).Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = written.Value[i].Value;
        return texts;
    }

    private static byte[][]? Bytes(Setting<IReadOnlyList<Setting<string>>> written) =>
        written.IsSet ? Array.ConvertAll(Texts(written), Encoding.ASCII.GetBytes) : null;

    /// <summary>The team's tags, then the key's, which win.</summary>
    private KeyValuePair<string, string>[] Tags(KeyOptions key)
    {
        var tags = new List<KeyValuePair<string, string>>();
        if (key.Team.IsSet && _teams.GetValueOrDefault(key.Team.Value)?.Tags is { IsSet: true } teamTags)
            AddTags(teamTags.Value);
        if (key.Tags.IsSet)
            AddTags(key.Tags.Value);
        return [.. tags];

        void AddTags(IReadOnlyList<KeyValuePair<string, Setting<string>>> written)
        {
            foreach (var (name, value) in written)
            {
                tags.RemoveAll(tag => tag.Key == name);
                tags.Add(new(name, value.Value));
            }
        }
    }

    private static byte[] TextOf(ConfigMap key, bool isShown)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var entry in key.Entries)
            {
                if (IsOwn(entry.Name))
                    continue;
                writer.WritePropertyName(entry.Name);
                Write(entry.Value, isShown, writer);
            }

            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Write(ConfigNode node, bool isShown, Utf8JsonWriter writer)
    {
        switch (node)
        {
            case ConfigMap map:
                writer.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Name);
                    Write(entry.Value, isShown, writer);
                }

                writer.WriteEndObject();
                break;
            case ConfigSequence list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(item, isShown, writer);
                writer.WriteEndArray();
                break;
            case ConfigScalar { ByReference: true } when isShown:
                writer.WriteStringValue(Mask);
                break;
            default:
                TreeJson.Write(node, writer);
                break;
        }
    }

    private sealed class TextComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly TextComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
