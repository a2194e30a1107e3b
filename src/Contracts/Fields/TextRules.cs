using System.Buffers;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// What texts may look like. Each rule returns what is wrong, without showing the text, or null. Names end up in header
/// fields, metric labels and URLs, so that they are kept to what needs no escaping there.
/// </summary>
public static class TextRules
{
    /// <summary>Longest name of a provider, team, key or tag.</summary>
    public const int NameCharsMax = 64;

    /// <summary>Longest name of a model.</summary>
    public const int ModelCharsMax = 256;

    /// <summary>Longest value of a header field or a credential.</summary>
    public const int HeaderValueCharsMax = 8192;

    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Stands before the name of a tag where something else might be named.</summary>
    public const string TagPrefix = "tag:";

    private static readonly SearchValues<char> PlainNameChars = SearchValues.Create(Alphanumeric + "._-");
    private static readonly SearchValues<char> AccountNameChars = SearchValues.Create(Alphanumeric + "._-@/+:");
    private static readonly SearchValues<char> PlainPatternChars = SearchValues.Create(Alphanumeric + "._-*");
    private static readonly SearchValues<char> AccountPatternChars = SearchValues.Create(Alphanumeric + "._-@/+:*");

    /// <summary>RFC 9110 §5.6.2.</summary>
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(Alphanumeric + "!#$%&'*+-.^_`|~");

    /// <summary>Names of providers and tags: letters, digits, dot, dash and underscore.</summary>
    public static string? PlainName(string text) =>
        Bounded(text, NameCharsMax) ?? (text.AsSpan().ContainsAnyExcept(PlainNameChars) ? "may hold letters, digits, '.', '-' and '_' only" : null);

    /// <summary>Names of teams and keys: those, and what addresses and paths are made of.</summary>
    public static string? AccountName(string text) =>
        Bounded(text, NameCharsMax) ?? (text.AsSpan().ContainsAnyExcept(AccountNameChars) ? "may hold letters, digits and . - _ @ / + : only" : null);

    /// <summary>Globs over names of providers and tiers.</summary>
    public static string? PlainPattern(string text) =>
        Bounded(text, NameCharsMax) ?? (text.AsSpan().ContainsAnyExcept(PlainPatternChars) ? "may hold letters, digits, '.', '-', '_' and '*' only" : null);

    /// <summary>Globs over names of teams and keys.</summary>
    public static string? AccountPattern(string text) =>
        Bounded(text, NameCharsMax) ?? (text.AsSpan().ContainsAnyExcept(AccountPatternChars) ? "may hold letters, digits and . - _ @ / + : * only" : null);

    /// <summary>Names of models and globs over them: printable ASCII without a space at either end.</summary>
    public static string? ModelPattern(string text) => Bounded(text, ModelCharsMax) ?? Printable(text);

    /// <summary>Name of a model as a provider knows it: no glob.</summary>
    public static string? ModelName(string text) =>
        ModelPattern(text) ?? (text.Contains('*', StringComparison.Ordinal) ? "must be an exact name; leave it out to pass the asked name on" : null);

    /// <summary>Words of <see cref="Capability"/>.</summary>
    public const int CapabilitiesMax = 6;

    /// <summary>What a model takes besides text, which stands for nothing besides.</summary>
    public static string? Capability(string text) => text is "text" or "tools" or "vision" or "json" or "audio" or "files"
        ? null
        : "must be text, tools, vision, json, audio or files";

    /// <summary>Words of <see cref="CascadeRule"/>.</summary>
    public const int CascadeRulesMax = 3;

    /// <summary>What a cheaper model's answer is given up for.</summary>
    public static string? CascadeRule(string text) => text is "refusal" or "length" or "json" ? null : "must be refusal, length or json";

    /// <summary>What requests stay with a target by: their key, their user, or the value of one of their tags.</summary>
    public static string? Sticky(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text switch
        {
            "key" or "user" => null,
            _ when !text.StartsWith(TagPrefix, StringComparison.Ordinal) => "must be key, user or tag:NAME",
            _ => PlainName(text[TagPrefix.Length..]) is { } complaint ? "names a tag that " + complaint : null,
        };
    }

    /// <summary>Values of tags: printable ASCII without a space at either end.</summary>
    public static string? TagValue(string text) => Bounded(text, ModelCharsMax) ?? Printable(text);

    /// <summary>Names of header fields: tokens.</summary>
    public static string? HeaderName(string text) =>
        Bounded(text, NameCharsMax) ?? (text.AsSpan().ContainsAnyExcept(TokenChars) ? "is not the name of a header field" : null);

    /// <summary>Values of header fields: printable ASCII without a space at either end; may be empty.</summary>
    public static string? HeaderValue(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 0 ? null : Bounded(text, HeaderValueCharsMax) ?? Printable(text);
    }

    /// <summary>Credentials: printable ASCII without any space.</summary>
    public static string? Credential(string text) =>
        Bounded(text, HeaderValueCharsMax) ?? Printable(text) ?? (text.Contains(' ', StringComparison.Ordinal) ? "holds a space" : null);

    /// <summary>Paths of files.</summary>
    public static string? FilePath(string text) =>
        Bounded(text, 4096) ?? (text.AsSpan().ContainsAnyInRange('\0', '\u001f') ? "holds a control character" : null);

    /// <summary>What clients may put before the paths of an API: one segment.</summary>
    public static string? PathPrefix(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is < 2 or > 33 || text[0] != '/' || text.AsSpan(1).ContainsAnyExcept(PlainNameChars) || text.AsSpan(1).Trim('.').IsEmpty)
            return "must be one segment of a path, such as /v2: / and up to 32 letters, digits, '.', '-' and '_'";
        return text == "/passthrough" ? "is the beginning of the paths of providers" : null;
    }

    /// <summary>What a request may ask a host for: a path from its root on, with a query if need be.</summary>
    public static string? RequestPath(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith('/') || text.StartsWith("//", StringComparison.Ordinal))
            return "must be a path that begins with one /";
        if (Bounded(text, 1024) is { } complaint)
            return complaint;
        return text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.Contains('#', StringComparison.Ordinal)
            ? "may hold printable ASCII without spaces and '#' only"
            : null;
    }

    private static string? Bounded(string text, int charsMax)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 0 ? "is empty" : text.Length > charsMax ? $"is longer than {charsMax} characters" : null;
    }

    private static string? Printable(string text)
    {
        if (text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return "holds a control character or one beyond ASCII";
        return text[0] == ' ' || text[^1] == ' ' ? "begins or ends with a space" : null;
    }
}
