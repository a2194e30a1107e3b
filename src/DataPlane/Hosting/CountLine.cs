using System.Globalization;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.DataPlane.Hosting;

/// <summary>The arguments of <c>count</c>.</summary>
internal sealed class CountLine
{
    private CountLine()
    {
    }

    /// <summary>What is wrong with the arguments, or null.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Name of a built-in vocabulary; of no meaning where <see cref="Vocabulary"/> is given.</summary>
    public string Encoding { get; private set; } = "o200k_base";

    /// <summary>A vocabulary's file, or null.</summary>
    public string? Vocabulary { get; private set; }

    public VocabularyFormat Format { get; private set; }

    public SplitRule? Split { get; private set; }

    /// <summary>How many bytes the counter is given at a time.</summary>
    public int AppendBytes { get; private set; } = int.MaxValue;

    /// <summary>Whether the tokens are shown in place of their number.</summary>
    public bool ShowsTokens { get; private set; }

    /// <summary>The text's file; null for the standard input.</summary>
    public string? File { get; private set; }

    public static CountLine Parse(ReadOnlySpan<string> arguments)
    {
        var line = new CountLine();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length && line.Complaint is null; i++)
        {
            var equals = arguments[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals > 0 && arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i][..equals] : arguments[i];
            if (name is "--encoding" or "--vocabulary" or "--format" or "--split" or "--append")
            {
                if (equals < 0 && i + 1 == arguments.Length)
                    line.Complaint = $"{name} wants a value";
                else if (!values.TryAdd(name, equals > 0 ? arguments[i][(equals + 1)..] : arguments[++i]))
                    line.Complaint = $"{name} is given twice";
            }
            else if (arguments[i] == "--ids")
            {
                line.ShowsTokens = true;
            }
            else if (arguments[i].StartsWith("--", StringComparison.Ordinal) || !values.TryAdd("FILE", arguments[i]))
            {
                line.Complaint = $"unknown argument: {arguments[i]}";
            }
        }

        line.Complaint ??= line.Take(values);
        return line;
    }

    private string? Take(Dictionary<string, string> values)
    {
        if (values.TryGetValue("FILE", out var file) && file != "-")
            File = file;
        if (values.TryGetValue("--append", out var append))
        {
            if (!int.TryParse(append, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) || bytes == 0)
                return $"--append wants a number of bytes from 1, not {append}";
            if (ShowsTokens)
                return "--append and --ids do not go together";
            AppendBytes = bytes;
        }

        Vocabulary = values.GetValueOrDefault("--vocabulary");
        return Vocabulary is null ? TakeEncoding(values) : TakeVocabulary(values, Vocabulary);
    }

    private string? TakeEncoding(Dictionary<string, string> values)
    {
        if (values.ContainsKey("--split") || values.ContainsKey("--format"))
            return "--split and --format go with --vocabulary";
        Encoding = values.GetValueOrDefault("--encoding", Encoding);
        return TokenizerModel.BuiltIn(Encoding) is null
            ? $"no built-in vocabulary is named {Encoding}: there are {string.Join(", ", TokenizerOptions.BuiltIn)}"
            : null;
    }

    private string? TakeVocabulary(Dictionary<string, string> values, string path)
    {
        if (values.ContainsKey("--encoding"))
            return "--encoding and --vocabulary do not go together";
        var format = values.GetValueOrDefault("--format") ?? TokenizerOptions.FormatOf(path);
        if (format is null)
            return "--format is missing: the file's name ends neither in .tiktoken nor in .json";
        if (!VocabularyFormats.TryParse(format, out var parsed))
            return $"--format wants one of {string.Join(", ", TokenizerOptions.FormatField.Words)}, not {format}";
        Format = parsed;
        if (!values.TryGetValue("--split", out var split))
            return Format == VocabularyFormat.Tiktoken ? "--split is missing: a file of ranks does not say how text is cut into pieces" : null;
        if (Format != VocabularyFormat.Tiktoken)
            return $"--split has no meaning for the format {format}, whose file says how text is cut";
        if (!SplitRuleNames.TryParse(split, out var rule))
            return $"--split wants one of {string.Join(", ", SplitRuleNames.All)}, not {split}";
        Split = rule;
        return null;
    }
}
