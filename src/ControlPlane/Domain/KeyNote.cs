using System.Text.Json;

namespace AiEdge.ControlPlane.Domain;

/// <summary>What is kept beside a key and never published: how its secrets begin, and when one of them was taken away with all that came by it.</summary>
/// <param name="Prefixes">How a secret begins, by the first 16 digits of its hash.</param>
/// <param name="RevokedIn">The last generation that revoked one of its secrets while the key itself went on; 0 for none.</param>
/// <param name="Off">What is kept of its switch, as it is written; null where REST has not switched it off.</param>
internal sealed record KeyNote(IReadOnlyDictionary<string, string> Prefixes, ulong RevokedIn, string? Off = null)
{
    /// <summary>The field of a note that says that REST has switched the entry off.</summary>
    public const string OffField = "off";

    private const int HashDigits = 16;

    private static readonly KeyNote None = new(new Dictionary<string, string>(StringComparer.Ordinal), 0);

    /// <summary>The note of a key's entry.</summary>
    public static KeyNote Read(ReadOnlyMemory<byte> note)
    {
        if (note.IsEmpty)
            return None;
        using var json = JsonDocument.Parse(note);
        var prefixes = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.RootElement.TryGetProperty("prefixes", out var all))
        {
            foreach (var one in all.EnumerateObject())
                prefixes[one.Name] = one.Value.GetString() ?? "";
        }

        return new(
            prefixes, json.RootElement.TryGetProperty("revokedIn", out var revoked) ? revoked.GetUInt64() : 0,
            json.RootElement.TryGetProperty(OffField, out var off) ? off.GetRawText() : null);
    }

    /// <summary>How the secret of a hash begins; null where it was not made here.</summary>
    public string? PrefixOf(string? sha256) => sha256 is { Length: >= HashDigits } ? Prefixes.GetValueOrDefault(Short(sha256)) : null;

    /// <summary>The note once the key has these secrets and no others.</summary>
    /// <param name="sha256">Hashes of its secrets, as they stand in its entry; null for one that is not there.</param>
    /// <param name="made">The secret that was made just now with how it begins; null for none.</param>
    public KeyNote For(IEnumerable<string?> sha256, (string Sha256, string Prefix)? made = null)
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var hash in sha256)
        {
            if (PrefixOf(hash) is { } prefix)
                kept[Short(hash!)] = prefix;
        }

        if (made is var (its, begin))
            kept[Short(its)] = begin;
        return new(kept, RevokedIn, Off);
    }

    public byte[] ToJson() => JsonBytes.Of(writer =>
    {
        writer.WriteStartObject("prefixes");
        foreach (var (hash, prefix) in Prefixes)
            writer.WriteString(hash, prefix);
        writer.WriteEndObject();
        if (RevokedIn > 0)
            writer.WriteNumber("revokedIn", RevokedIn);
        if (Off is not null)
        {
            writer.WritePropertyName(OffField);
            writer.WriteRawValue(Off);
        }
    });

    private static string Short(string sha256) => sha256[..HashDigits].ToLowerInvariant();
}
