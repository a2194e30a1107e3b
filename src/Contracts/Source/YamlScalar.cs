using System.Buffers;
using AiEdge.Contracts.Tree;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AiEdge.Contracts.Source;

/// <summary>What a plain scalar is by the core schema of YAML 1.2 (§10.3.2): <c>yes</c>, <c>off</c> and <c>2027-01-01</c> are texts.</summary>
internal static class YamlScalar
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    public static ScalarKind KindOf(Scalar scalar) => scalar.Style == ScalarStyle.Plain ? KindOf(scalar.Value) : ScalarKind.Text;

    public static ScalarKind KindOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        _ when IsWhole(text) => ScalarKind.Whole,
        _ when IsFraction(text) => ScalarKind.Fraction,
        _ => ScalarKind.Text,
    };

    private static bool IsWhole(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("0o"))
            return text.Length > 2 && !text[2..].ContainsAnyExceptInRange('0', '7');
        if (text.StartsWith("0x"))
            return text.Length > 2 && !text[2..].ContainsAnyExcept(HexDigits);
        var digits = Unsigned(text);
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
    }

    /// <summary><c>[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?</c>, infinity, or not a number.</summary>
    private static bool IsFraction(ReadOnlySpan<char> text)
    {
        var rest = Unsigned(text);
        if (rest is ".inf" or ".Inf" or ".INF")
            return true;
        if (text is ".nan" or ".NaN" or ".NAN")
            return true;
        var whole = Digits(ref rest);
        var part = 0;
        if (rest.Length > 0 && rest[0] == '.')
        {
            rest = rest[1..];
            part = Digits(ref rest);
        }

        if (whole + part == 0)
            return false;
        if (rest.IsEmpty)
            return true;
        if (rest[0] is not ('e' or 'E'))
            return false;
        rest = Unsigned(rest[1..]);
        return Digits(ref rest) > 0 && rest.IsEmpty;
    }

    private static ReadOnlySpan<char> Unsigned(ReadOnlySpan<char> text) => text.Length > 0 && text[0] is '-' or '+' ? text[1..] : text;

    private static int Digits(ref ReadOnlySpan<char> text)
    {
        var count = text.IndexOfAnyExceptInRange('0', '9');
        if (count < 0)
            count = text.Length;
        text = text[count..];
        return count;
    }
}
