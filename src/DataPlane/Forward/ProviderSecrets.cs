using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Forward;

/// <summary>Finds what a provider was sent in confidence in what it says.</summary>
internal static class ProviderSecrets
{
    /// <summary>Shorter values may stand anywhere by chance, and are no credentials.</summary>
    public const int SecretBytesMin = 12;

    /// <summary>Whether <paramref name="text"/> repeats the credential of an account or another configured header's value.</summary>
    public static bool IsIn(ProviderModel provider, ReadOnlySpan<byte> text)
    {
        foreach (var account in provider.Accounts)
        {
            if (IsIn(account.FixedHeaders, text))
                return true;
        }

        return false;
    }

    private static bool IsIn(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> text)
    {
        while (lines.IndexOf("\r\n"u8) is var end and >= 0)
        {
            var line = lines[..end];
            lines = lines[(end + 2)..];
            var value = line[(line.IndexOf((byte)':') + 1)..].Trim((byte)' ');
            if (value.StartsWith("Bearer "u8))
                value = value["Bearer ".Length..];
            if (value.Length >= SecretBytesMin && text.IndexOf(value) >= 0)
                return true;
        }

        return false;
    }
}
