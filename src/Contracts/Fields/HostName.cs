using System.Net;

namespace AiEdge.Contracts.Fields;

/// <summary>Names of hosts as RFC 1123 §2.1 has them, with the underscore that container networks use, and IPv4 addresses in four parts.</summary>
public static class HostName
{
    /// <summary>Whether the text names a host.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > 253)
            return false;
        var labelStart = 0;
        var lastIsNumber = true;
        for (var i = 0; i <= name.Length; i++)
        {
            if (i < name.Length && name[i] != '.')
            {
                var c = name[i];
                if (!char.IsAsciiLetterOrDigit(c) && c is not '-' and not '_')
                    return false;
                lastIsNumber &= char.IsAsciiDigit(c);
                continue;
            }

            var label = name[labelStart..i];
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
                return false;
            labelStart = i + 1;
            if (i < name.Length)
                lastIsNumber = true;
        }

        // A last label of digits is an address (WHATWG URL); only the dotted form with four parts is read alike by all.
        return !lastIsNumber || IsDottedQuad(name);
    }

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        var dots = 0;
        var partStart = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '.')
            {
                dots++;
                partStart = i + 1;
            }
            else if (i > partStart && text[partStart] == '0')
            {
                // A leading zero is octal to some parsers.
                return false;
            }
        }

        return dots == 3 && IPAddress.TryParse(text, out _);
    }
}
