using System.Buffers;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// Who asks, as Anthropic takes it (its reference, <c>metadata.user_id</c>): an opaque word. In which it finds an address of e-mail or a number of a phone,
/// that it refuses.
/// </summary>
internal static class UserId
{
    /// <summary>The longest, in bytes.</summary>
    public const int BytesMax = 256;

    private const int PhoneDigitsMin = 7;

    private static readonly SearchValues<byte> PhoneLetters = SearchValues.Create("0123456789 -./()"u8);

    /// <summary>Whether it is sent.</summary>
    public static bool IsTaken(ReadOnlySpan<byte> user) => user.Length <= BytesMax && !HasAddress(user) && !IsPhone(user);

    /// <summary>A name, an @, and a host with a point in it.</summary>
    private static bool HasAddress(ReadOnlySpan<byte> user)
    {
        for (var i = 1; i < user.Length; i++)
        {
            if (user[i] != '@' || user[i - 1] == ' ')
                continue;
            var host = user[(i + 1)..];
            if (host.IndexOfAny(" @"u8) is var end and >= 0)
                host = host[..end];
            if (host.LastIndexOf((byte)'.') is var point and > 0 && point < host.Length - 1)
                return true;
        }

        return false;
    }

    /// <summary>As they are written across countries; digits alone are a number like any other.</summary>
    private static bool IsPhone(ReadOnlySpan<byte> user) =>
        user is [(byte)'+' or (byte)'(', ..] && user[1..].IndexOfAnyExcept(PhoneLetters) < 0 && user.Length > PhoneDigitsMin;
}
