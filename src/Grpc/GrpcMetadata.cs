using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace AiEdge.Grpc;

/// <summary>One entry of metadata: text, or bytes where the name ends in <c>-bin</c>.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Text">The value; base64 for bytes, as it travels.</param>
public readonly record struct GrpcEntry(string Name, string Text);

/// <summary>
/// Custom metadata of a call or of its end, in order, names repeated where they were. Names of the protocol itself and of HTTP are
/// not metadata: adding one is an error, and received ones are left out. Bounded by what headers may hold on both sides.
/// </summary>
public sealed class GrpcMetadata : IEnumerable<GrpcEntry>
{
    private const string BinarySuffix = "-bin";

    private static readonly string[] NotOurs =
    [
        "te", "content-type", "content-length", "content-encoding", "transfer-encoding", "host", "user-agent", "connection", "keep-alive",
        "proxy-connection", "upgrade", "trailer", "accept-encoding", "expect", "date", "server",
    ];

    private readonly List<GrpcEntry> _entries = [];

    /// <summary>How many entries.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds text: visible ASCII and spaces, none at the edges.</summary>
    /// <exception cref="ArgumentException">The name or the value cannot be sent.</exception>
    public GrpcMetadata Add(string name, string text)
    {
        if (!IsName(name) || name.EndsWith(BinarySuffix, StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' is no name of text metadata", nameof(name));
        if (!IsText(text))
            throw new ArgumentException($"the value of '{name}' is no visible ASCII", nameof(text));
        _entries.Add(new(name, text));
        return this;
    }

    /// <summary>Adds bytes, under a name that ends in <c>-bin</c>; sent as base64 without padding.</summary>
    /// <exception cref="ArgumentException">The name cannot be sent.</exception>
    public GrpcMetadata Add(string name, ReadOnlySpan<byte> bytes)
    {
        if (!IsName(name) || !name.EndsWith(BinarySuffix, StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' is no name of binary metadata", nameof(name));
        _entries.Add(new(name, Convert.ToBase64String(bytes).TrimEnd('=')));
        return this;
    }

    /// <summary>The first value of a name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out string? text)
    {
        foreach (var entry in _entries)
        {
            if (entry.Name != name)
                continue;
            text = entry.Text;
            return true;
        }

        text = null;
        return false;
    }

    /// <summary>The first value of a name that ends in <c>-bin</c>; false too where it is no base64.</summary>
    public bool TryGetBytes(string name, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        return TryGet(name, out var text) && TryDecode(text, out bytes);
    }

    /// <summary>How many values a name has.</summary>
    public int CountOf(string name)
    {
        var count = 0;
        foreach (var entry in _entries)
        {
            if (entry.Name == name)
                count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public IEnumerator<GrpcEntry> GetEnumerator() => _entries.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Takes a received header, if it is metadata at all. Values of bytes that were joined with commas are taken apart.</summary>
    internal void Receive(string name, string? value)
    {
        var lower = name.ToLowerInvariant();
        if (value is null || !IsName(lower))
            return;
        if (!lower.EndsWith(BinarySuffix, StringComparison.Ordinal))
        {
            if (IsText(value))
                _entries.Add(new(lower, value));
            return;
        }

        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
            _entries.Add(new(lower, part));
    }

    private static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        // Padded and unpadded are to be accepted both.
        var bare = text.TrimEnd('=');
        var padded = bare.PadRight((bare.Length + 3) / 4 * 4, '=');
        var block = new byte[padded.Length / 4 * 3];
        if (bare.Length % 4 == 1 || !Convert.TryFromBase64String(padded, block, out var count))
        {
            bytes = null;
            return false;
        }

        bytes = block[..count];
        return true;
    }

    private static bool IsName(string name)
    {
        if (name.Length == 0 || name.StartsWith("grpc-", StringComparison.Ordinal) || Array.IndexOf(NotOurs, name) >= 0)
            return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_' or '.'))
                return false;
        }

        return true;
    }

    private static bool IsText(string text)
    {
        if (text.StartsWith(' ') || text.EndsWith(' '))
            return false;
        foreach (var c in text)
        {
            if (c is < ' ' or > '~')
                return false;
        }

        return true;
    }
}
