using System.Buffers.Binary;

namespace AiEdge.Contracts.Prices;

/// <summary>
/// Values by the name of a model. A name is looked for as it is, then without the date or <c>-latest</c> at its end, then among the
/// names that end in <c>*</c>, the longest first. A name that merely begins like another one is not taken for it: <c>gpt-5-pro</c>
/// costs twelve times <c>gpt-5</c>. Immutable, and a look-up allocates nothing.
/// </summary>
/// <typeparam name="T">What stands behind a name.</typeparam>
public sealed class ModelNameTable<T>
    where T : class
{
    private readonly Slot[] _slots;
    private readonly int _mask;
    private readonly Slot[] _prefixes;

    /// <summary>Makes a table; of two equal names the first counts.</summary>
    /// <param name="entries">Names in ASCII, a <c>*</c> at their end only, each with its value.</param>
    public ModelNameTable(IReadOnlyList<KeyValuePair<string, T>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var size = 4;
        while (size < entries.Count * 2)
            size *= 2;
        _slots = new Slot[size];
        _mask = size - 1;
        var prefixes = new List<Slot>();
        foreach (var (name, value) in entries)
        {
            var isPrefix = name.EndsWith('*');
            var bytes = System.Text.Encoding.UTF8.GetBytes(isPrefix ? name[..^1] : name);
            if (isPrefix)
                prefixes.Add(new Slot(bytes, value));
            else if (Exact(bytes) is null)
                _slots[Free(bytes)] = new Slot(bytes, value);
        }

        // Stable, so that of two equal names the first counts here, too.
        _prefixes = [.. prefixes];
        Array.Sort(Keys(_prefixes), _prefixes);
        Count = entries.Count;
    }

    /// <summary>How many entries it was made of.</summary>
    public int Count { get; }

    /// <summary>The value for a model's name in UTF-8, or null.</summary>
    public T? Find(ReadOnlySpan<byte> name)
    {
        if (Exact(name) is { } exact)
            return exact;
        if (TryUndated(name, out var undated) && Exact(undated) is { } found)
            return found;
        foreach (var prefix in _prefixes)
        {
            if (name.StartsWith(prefix.Name))
                return prefix.Value;
        }

        return null;
    }

    /// <summary>The value for a model's name, or null.</summary>
    public T? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Find(System.Text.Encoding.UTF8.GetBytes(name));
    }

    /// <summary>Takes <c>-2024-11-20</c>, <c>-20241120</c>, <c>@20241120</c> or <c>-latest</c> off a name's end; false where none is there.</summary>
    private static bool TryUndated(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> undated)
    {
        undated = name;
        if (name.EndsWith("-latest"u8))
            undated = name[..^7];
        else if (name.Length > 11 && name[^11] == '-' && name[^6] == '-' && name[^3] == '-'
            && AreDigits(name[^10..^6]) && AreDigits(name[^5..^3]) && AreDigits(name[^2..]))
            undated = name[..^11];
        else if (name.Length > 9 && name[^9] is (byte)'-' or (byte)'@' && AreDigits(name[^8..]))
            undated = name[..^9];
        return undated.Length < name.Length;
    }

    private static bool AreDigits(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static (int Length, int Index)[] Keys(Slot[] prefixes)
    {
        var keys = new (int, int)[prefixes.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = (-prefixes[i].Name.Length, i);
        return keys;
    }

    private T? Exact(ReadOnlySpan<byte> name)
    {
        for (var i = Hash(name) & _mask; _slots[i].Value is { } value; i = (i + 1) & _mask)
        {
            if (_slots[i].Name.AsSpan().SequenceEqual(name))
                return value;
        }

        return null;
    }

    private int Free(ReadOnlySpan<byte> name)
    {
        var i = Hash(name) & _mask;
        while (_slots[i].Value is not null)
            i = (i + 1) & _mask;
        return i;
    }

    private static int Hash(ReadOnlySpan<byte> name)
    {
        // The names are the operator's and the catalogue's; a client can only probe, not fill, the table.
        const ulong Odd = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)name.Length;
        for (; name.Length >= sizeof(ulong); name = name[sizeof(ulong)..])
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * Odd ^ hash >> 32;
        foreach (var b in name)
            hash = (hash ^ b) * Odd;
        return (int)(hash >> 33);
    }

    private readonly record struct Slot(byte[] Name, T Value);
}
