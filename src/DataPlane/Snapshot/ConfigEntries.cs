using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>One entry of a document, as a control plane sends it.</summary>
/// <param name="Section">The document's section; <see cref="ConfigEntries.SettingsSection"/> for what stands at its root by itself.</param>
/// <param name="Name">The entry's name.</param>
/// <param name="Json">The entry in the JSON of its YAML, in UTF-8.</param>
/// <param name="Position">Its place among the section's entries, which go by position, then by name.</param>
internal sealed record ConfigPiece(string Section, string Name, byte[] Json, ulong Position)
{
    /// <summary>The few words that nearly all entries have in common are kept once.</summary>
    public string Section { get; } = ConfigEntries.Shared(Section);

    /// <summary>Whether the entry says of itself that it is switched off.</summary>
    public bool IsSwitchedOff()
    {
        if (Json.AsSpan().IndexOf("\"disabled\""u8) < 0)
            return false;
        var reader = new Utf8JsonReader(Json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("disabled"u8))
                return reader.Read() && reader.TokenType == JsonTokenType.True;
        }

        return false;
    }
}

/// <summary>A document as entries by section and name, in that order, by bytes. Immutable.</summary>
internal sealed class ConfigEntries
{
    /// <summary>Where single settings are, such as <c>timeouts</c>.</summary>
    public const string SettingsSection = "settings";

    private static readonly string[] Sections = ["keys", "limits", "models", "prices", "providers", SettingsSection, "teams"];

    private readonly ConfigPiece[] _pieces;

    private ConfigEntries(ConfigPiece[] pieces) => _pieces = pieces;

    public static ConfigEntries None { get; } = new([]);

    public IReadOnlyList<ConfigPiece> All => _pieces;

    /// <summary>What becomes of these entries by a change. Of two of one name the later holds.</summary>
    public ConfigEntries With(IReadOnlyCollection<ConfigPiece> put, IReadOnlyCollection<(string Section, string Name)> removed)
    {
        var all = new Dictionary<(string, string), ConfigPiece>(_pieces.Length + put.Count);
        foreach (var piece in _pieces)
            all[(piece.Section, piece.Name)] = piece;
        foreach (var name in removed)
            all.Remove(name);
        foreach (var piece in put)
            all[(piece.Section, piece.Name)] = piece;
        var sorted = new ConfigPiece[all.Count];
        all.Values.CopyTo(sorted, 0);
        Array.Sort(sorted, Compare);
        return new(sorted);
    }

    /// <summary>SHA-256 over all, see <see cref="Sha256(IEnumerable{ConfigPiece})"/>.</summary>
    public byte[] Sha256() => Sha256(_pieces);

    /// <summary>SHA-256 over entries in their order, each as section, 0, name, 0, json, 0: what a control plane tells a copy by.</summary>
    public static byte[] Sha256(IEnumerable<ConfigPiece> pieces)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> zero = [0];
        foreach (var piece in pieces)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(piece.Section));
            hash.AppendData(zero);
            hash.AppendData(Encoding.UTF8.GetBytes(piece.Name));
            hash.AppendData(zero);
            hash.AppendData(piece.Json);
            hash.AppendData(zero);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Takes out of <paramref name="secrets"/> what no entry refers to: a secret that nobody needs is not kept.</summary>
    public void ForgetUnused(Dictionary<string, string> secrets)
    {
        if (secrets.Count == 0)
            return;
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var piece in _pieces)
        {
            var rest = piece.Json.AsSpan();
            for (var at = rest.IndexOf("${store:"u8); at >= 0; at = rest.IndexOf("${store:"u8))
            {
                rest = rest[(at + 8)..];
                if (rest.IndexOf((byte)'}') is var end and >= 0)
                    used.Add(Encoding.UTF8.GetString(rest[..end]));
            }
        }

        foreach (var name in secrets.Keys)
        {
            if (!used.Contains(name))
                secrets.Remove(name);
        }
    }

    internal static string Shared(string section) => Array.IndexOf(Sections, section) is var i and >= 0 ? Sections[i] : section;

    /// <summary>The order of entries: by section and name, by code points, which is the order of UTF-8's bytes.</summary>
    public static int Compare(ConfigPiece one, ConfigPiece other)
    {
        var sections = CompareUtf8(one.Section, other.Section);
        return sections != 0 ? sections : CompareUtf8(one.Name, other.Name);
    }

    private static int CompareUtf8(string one, string other)
    {
        // UTF-16's order differs from that only where one text has a surrogate and the other a character above them.
        var at = one.AsSpan().CommonPrefixLength(other);
        if (at == one.Length || at == other.Length)
            return one.Length - other.Length;
        var (a, b) = (one[at], other[at]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
    }
}
