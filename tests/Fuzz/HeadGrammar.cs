using System.Text.RegularExpressions;

namespace AiEdge.Fuzz;

/// <summary>The grammar of heads as regular expressions: slow, and written from the RFC without a look at the readers.</summary>
internal static partial class HeadGrammar
{
    private const string Token = "[!#$%&'*+.^_`|~0-9A-Za-z-]";
    private const string Fields = "(?:" + Token + @"+:[\t\x20-\x7E\x80-\xFF]*\r\n)*\r\n";

    /// <summary>A request head at the start of the text.</summary>
    [GeneratedRegex(@"\A(?:\r\n){0,2}" + Token + @"{1,32} [\x21\x22\x24-\x7E]+ HTTP/[0-9]\.[0-9]\r\n" + Fields)]
    public static partial Regex Request();

    /// <summary>A response head at the start of the text.</summary>
    [GeneratedRegex(@"\AHTTP/1\.[0-9] [0-9]{3}(?: [\t\x20-\x7E\x80-\xFF]*)?\r\n" + Fields)]
    public static partial Regex Response();
}
