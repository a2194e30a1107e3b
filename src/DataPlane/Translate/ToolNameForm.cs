using System.Buffers;
using System.Buffers.Text;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>What names of functions a provider takes, and what becomes of one that it would refuse.</summary>
/// <param name="lengthMax">The longest that it takes.</param>
/// <param name="signs">What may stand in one besides letters, digits and <c>_</c>.</param>
/// <param name="beginsAnyhow">Whether it may begin with any of these, and not with a letter or <c>_</c> alone.</param>
internal sealed class ToolNameForm(int lengthMax, string signs, bool beginsAnyhow)
{
    /// <summary>The longest name that any provider takes.</summary>
    public const int LengthMax = 128;

    private const int HashDigits = 8;

    private static readonly SearchValues<byte> Letters = SearchValues.Create("_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    private readonly SearchValues<byte> _plain = SearchValues.Create(
        Encoding.ASCII.GetBytes("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + signs));

    public bool Fits(ReadOnlySpan<byte> name) =>
        name.Length > 0 && name.Length <= lengthMax && (beginsAnyhow || Letters.Contains(name[0])) && !name.ContainsAnyExcept(_plain);

    /// <summary>
    /// Writes the name that one gives way to: as much of it as can stand, and a number of all of it, so that it is the same in each request and another's is
    /// another.
    /// </summary>
    /// <param name="name">The name, in plain.</param>
    /// <param name="attempt">How many that were made of it before belong to others.</param>
    /// <param name="to">Room for <see cref="LengthMax"/>.</param>
    /// <returns>Its length.</returns>
    public int Fit(ReadOnlySpan<byte> name, int attempt, Span<byte> to)
    {
        var (length, bound) = (0, lengthMax - 1 - HashDigits);
        foreach (var octet in name)
        {
            // A character that is no ASCII has its first byte's place alone.
            if ((octet & 0xC0) == 0x80)
                continue;
            var isPlain = _plain.Contains(octet);
            if (length == 0 && isPlain && !beginsAnyhow && !Letters.Contains(octet))
                to[length++] = (byte)'_';
            if (length == bound)
                break;
            to[length++] = isPlain ? octet : (byte)'_';
        }

        to[length++] = (byte)'_';
        var hash = (uint)StableHash.Of(name, StableHash.Start + (ulong)attempt);
        Utf8Formatter.TryFormat(hash, to[length..], out var digits, new StandardFormat('x', HashDigits));
        return length + digits;
    }
}
