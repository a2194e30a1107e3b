using System.Text;

namespace AiEdge.DataPlane.Forward;

/// <summary>Names of headers, and beginnings of such, sorted by their first letter: most names are in none. Made once, and asked for every header.</summary>
internal sealed class HeaderNameSet
{
    private const int Letters = 32;

    private readonly Entry[]?[] _byLetter = new Entry[]?[Letters];

    /// <param name="names">Whole names.</param>
    /// <param name="prefixes">Beginnings; what is no longer than that counts, too.</param>
    public HeaderNameSet(IEnumerable<string> names, IEnumerable<string> prefixes)
    {
        foreach (var name in names)
            Add(name, isPrefix: false);
        foreach (var prefix in prefixes)
            Add(prefix, isPrefix: true);
    }

    public bool Contains(ReadOnlySpan<byte> name)
    {
        if (_byLetter[name[0] & (Letters - 1)] is not { } entries)
            return false;
        foreach (var entry in entries)
        {
            var length = entry.Text.Length;
            if ((entry.IsPrefix ? name.Length >= length : name.Length == length) && Ascii.EqualsIgnoreCase(name[..length], entry.Text))
                return true;
        }

        return false;
    }

    private void Add(string text, bool isPrefix)
    {
        var utf8 = Encoding.ASCII.GetBytes(text);
        ref var entries = ref _byLetter[utf8[0] & (Letters - 1)];
        entries = [.. entries ?? [], new Entry(utf8, isPrefix)];
    }

    private readonly record struct Entry(byte[] Text, bool IsPrefix);
}
