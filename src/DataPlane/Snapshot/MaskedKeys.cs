using System.Buffers;
using System.Text.Json;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Writes the keys of the effective document out of their table.</summary>
internal sealed class MaskedKeys
{
    private const string Mask = "***";

    private readonly Utf8JsonWriter _json;
    private readonly Dictionary<KeyPolicy, ConfigMap> _policies = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, KeyEntry> _previous;

    private MaskedKeys(Utf8JsonWriter json, KeyTable keys)
    {
        _json = json;
        _previous = keys.Previous();
    }

    /// <summary>A document: what stands before the value of its keys, the keys, what stands behind.</summary>
    public static byte[] Write(byte[] head, KeyTable keys, byte[] tail)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, MaskedDocument.Layout))
        {
            // Written as the one field of a document, they are as far in as in the whole.
            json.WriteStartObject();
            json.WriteStartArray(ConfigOptions.KeysField.Name);
            new MaskedKeys(json, keys).WriteAll(keys);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        var alone = buffer.WrittenSpan;
        var value = alone[alone.IndexOf((byte)'[')..(alone.LastIndexOf((byte)']') + 1)];
        var all = new byte[head.Length + value.Length + tail.Length];
        head.CopyTo(all, 0);
        value.CopyTo(all.AsSpan(head.Length));
        tail.CopyTo(all, head.Length + value.Length);
        return all;
    }

    private void WriteAll(KeyTable keys)
    {
        var entries = new List<KeyEntry>(keys.Size);
        for (var i = 0; i < KeyTable.Shards; i++)
            entries.AddRange(keys.Shard(i).Entries);
        entries.Sort(static (one, other) =>
            one.Position != other.Position ? one.Position.CompareTo(other.Position) : string.CompareOrdinal(one.Name, other.Name));
        foreach (var entry in entries)
        {
            if (!entry.IsPrevious)
                Write(entry);
        }
    }

    private void Write(in KeyEntry entry)
    {
        var policy = PolicyOf(entry.Policy);
        _json.WriteStartObject();
        _json.WriteString(KeyOptions.NameField.Name, entry.HidesName ? Mask : entry.Name);
        _json.WriteString(KeyOptions.Sha256Field.Name, Begin(entry));
        WriteField(policy, KeyOptions.TeamField);
        WriteField(policy, KeyOptions.TagsField);
        WriteField(policy, KeyOptions.ModelsField);
        WriteField(policy, KeyOptions.ModelMapField);
        WriteField(policy, KeyOptions.RegionsField);
        if (entry.ExpiresUnixMs != long.MaxValue)
            _json.WriteString(KeyOptions.ExpiresField.Name, DateTimeOffset.FromUnixTimeMilliseconds(entry.ExpiresUnixMs));
        WriteField(policy, KeyOptions.TierField);
        _json.WriteString(KeyOptions.PriorityField.Name, Text(policy, KeyOptions.PriorityField) ?? KeyOptions.PriorityField.Default!);
        WriteField(policy, KeyOptions.WeightField);
        WriteDisconnect(policy);
        WriteField(policy, KeyOptions.ClientTagsField);
        WriteField(policy, KeyOptions.PassthroughField);
        if (_previous.TryGetValue(entry.Name, out var previous))
        {
            _json.WriteStartObject(KeyOptions.PreviousField.Name);
            _json.WriteString(PreviousSecretOptions.Sha256Field.Name, Begin(previous));
            _json.WriteString(PreviousSecretOptions.UntilField.Name, DateTimeOffset.FromUnixTimeMilliseconds((long)previous.Position));
            _json.WriteEndObject();
        }

        if (Text(policy, KeyOptions.DisabledField) is { } isDisabled && isDisabled.Equals("true", StringComparison.OrdinalIgnoreCase))
            _json.WriteBoolean(KeyOptions.DisabledField.Name, true);
        _json.WriteEndObject();
    }

    /// <summary>Eight digits tell secrets apart and are of no use for finding one.</summary>
    private static string Begin(in KeyEntry entry) => Convert.ToHexStringLower(entry.Digest.ToArray().AsSpan(0, 4)) + "…";

    private ConfigMap PolicyOf(KeyPolicy policy)
    {
        if (!_policies.TryGetValue(policy, out var map))
            _policies.Add(policy, map = ConfigSource.Parse(policy.Shown, ConfigFormat.Json, new FaultList()) as ConfigMap ?? new ConfigMap(0, 0));
        return map;
    }

    private void WriteField(ConfigMap policy, Field field)
    {
        if (policy.Entry(field.Name) is not { } entry)
            return;
        _json.WritePropertyName(field.Name);
        TreeJson.Write(entry.Value, _json);
    }

    private void WriteDisconnect(ConfigMap policy)
    {
        var field = KeyOptions.OnDisconnectField;
        var node = policy.Entry(field.Name)?.Value;
        var text = node is null ? DisconnectField.Format(TimeSpan.Zero)
            : field.TryRead(node, new FaultList(), out var drainFor) ? DisconnectField.Format(drainFor)
            : Mask;
        _json.WriteString(field.Name, text);
    }

    private static string? Text(ConfigMap policy, Field field) => (policy.Entry(field.Name)?.Value as ConfigScalar)?.Text;
}
