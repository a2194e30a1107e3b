using System.Collections.Concurrent;
using System.Text;

namespace AiEdge.DataPlane.Identify;

/// <summary>
/// Strings for short texts of clients that come again and again, so that only the first of each costs one. Beyond its bound a text
/// that is not known gets a string of its own each time. For any number of threads.
/// </summary>
internal sealed class KnownTexts(int max)
{
    private readonly ConcurrentDictionary<string, string> _all = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The string of a text in ASCII of at most 128 bytes.</summary>
    public string Of(ReadOnlySpan<byte> text)
    {
        Span<char> chars = stackalloc char[128];
        var length = Encoding.ASCII.GetChars(text, chars);
        var known = _all.GetAlternateLookup<ReadOnlySpan<char>>();
        if (known.TryGetValue(chars[..length], out var found))
            return found;
        var made = new string(chars[..length]);
        if (Volatile.Read(ref _count) >= max)
            return made;
        if (_all.TryAdd(made, made))
            Interlocked.Increment(ref _count);
        return made;
    }
}
