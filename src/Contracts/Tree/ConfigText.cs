using System.Globalization;
using System.Text;

namespace AiEdge.Contracts.Tree;

/// <summary>Text of a document as it is shown in a message.</summary>
public static class ConfigText
{
    /// <summary>
    /// Puts text in double quotes, cut after <paramref name="charsMax"/> characters, control characters and lone
    /// surrogates escaped, so that what a file holds cannot forge a line of a log.
    /// </summary>
    public static string Quote(string text, int charsMax = 64)
    {
        ArgumentNullException.ThrowIfNull(text);
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            if (i >= charsMax)
            {
                quoted.Append('…');
                break;
            }

            var c = text[i];
            if (c is '"' or '\\')
                quoted.Append('\\').Append(c);
            else if (char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029')
                quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }
}
