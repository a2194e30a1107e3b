using System.Buffers.Binary;
using System.Text.Json;
using AiEdge.Contracts.Options;

namespace AiEdge.ControlPlane.Validate;

/// <summary>
/// Which keys hold a digest, so that a key is judged against a hundred thousand others without reading them. It may name too many: whom it
/// names is looked at by the rules.
/// </summary>
internal sealed class KeyIndex
{
    private const int DigestChars = 64;

    /// <summary>Names by the first half of a digest; of more than one a list.</summary>
    private readonly Dictionary<UInt128, object> _holders = [];

    private readonly HashSet<string> _misnamed = new(StringComparer.Ordinal);

    /// <summary>Whether some key calls itself by another name than it is kept under, so that names may be taken twice.</summary>
    public bool HasMisnamed => _misnamed.Count > 0;

    /// <summary>Takes a key in.</summary>
    public void Add(string name, ReadOnlySpan<byte> json)
    {
        var digests = Read(json, name, out var isMisnamed);
        foreach (var digest in digests)
        {
            if (!_holders.TryAdd(digest, name) && _holders[digest] is var known && !Holds(known, name))
                _holders[digest] = known is List<string> list ? [.. list, name] : new List<string> { (string)known, name };
        }

        if (isMisnamed)
            _misnamed.Add(name);
    }

    /// <summary>Takes a key out, as it was taken in.</summary>
    public void Remove(string name, ReadOnlySpan<byte> json)
    {
        foreach (var digest in Read(json, name, out _))
        {
            if (!_holders.TryGetValue(digest, out var known))
                continue;
            if (known is List<string> { Count: > 1 } list)
                _holders[digest] = list.FindAll(other => other != name);
            else if (Holds(known, name))
                _holders.Remove(digest);
        }

        _misnamed.Remove(name);
    }

    /// <summary>Adds the keys that hold a digest of this one to <paramref name="names"/>; whether it calls itself by its own name.</summary>
    public bool Find(string name, ReadOnlySpan<byte> json, ISet<string> names)
    {
        var digests = Read(json, name, out var isMisnamed);
        foreach (var digest in digests)
        {
            if (_holders.TryGetValue(digest, out var known))
                names.UnionWith(known as List<string> ?? [(string)known]);
        }

        return !isMisnamed;
    }

    private static bool Holds(object known, string name) => known is List<string> list ? list.Contains(name) : (string)known == name;

    /// <summary>Every text in it that may be a digest, wherever it stands.</summary>
    private static List<UInt128> Read(ReadOnlySpan<byte> json, string name, out bool isMisnamed)
    {
        var digests = new List<UInt128>(1);
        isMisnamed = true;
        Span<byte> digest = stackalloc byte[DigestChars / 2];
        try
        {
            var reader = new Utf8JsonReader(json);
            var isName = false;
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    isName = reader.CurrentDepth == 1 && reader.ValueTextEquals(KeyOptions.NameField.Name);
                    continue;
                }

                if (reader.TokenType != JsonTokenType.String)
                    continue;
                if (isName && reader.CurrentDepth == 1)
                    isMisnamed = !reader.ValueTextEquals(name);
                if (reader.ValueSpan.Length >= DigestChars && reader.GetString() is { Length: DigestChars } text
                    && Convert.FromHexString(text, digest, out _, out _) == System.Buffers.OperationStatus.Done)
                    digests.Add(BinaryPrimitives.ReadUInt128LittleEndian(digest));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What is no JSON is a fault for the rules to find, and is never kept.
            isMisnamed = true;
        }

        return digests;
    }
}
