using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold for the user's own vocabularies and for the models that name one.</summary>
public static class TokenizerRules
{
    /// <summary>All rules for one vocabulary.</summary>
    public static void Check(TokenizerOptions tokenizer, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(faults);
        if (TextRules.PlainName(tokenizer.Name) is { } complaint)
            faults.Add(tokenizer.Node, complaint);
        else if (TokenizerOptions.BuiltIn.Contains(tokenizer.Name))
            faults.Add(tokenizer.Node, "is the name of a built-in vocabulary, which needs no file");
        CheckSplit(tokenizer, faults);
    }

    /// <summary>The name that a model gives is a built-in vocabulary's or one of the document's.</summary>
    public static void CheckName(ModelOptions model, ConfigOptions document, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(faults);
        if (!model.Tokenizer.IsSet || TokenizerOptions.BuiltIn.Contains(model.Tokenizer.Value) || document.TokenizerNames.Contains(model.Tokenizer.Value))
            return;
        var source = (ConfigScalar)model.Tokenizer.Source!;
        var hint = source.ByReference ? "" : Suggestion.For(source.Text, [.. TokenizerOptions.BuiltIn, .. document.TokenizerNames]);
        faults.Add(source, source.ByReference ? "no tokenizer has the name referred to" : $"no tokenizer named {source.Shown}{hint}");
    }

    /// <summary>A split is written where, and only where, the file does not say it. What a field that is not readable would mean is left open.</summary>
    private static void CheckSplit(TokenizerOptions tokenizer, FaultList faults)
    {
        if (!tokenizer.File.IsSet || (tokenizer.Node.Entry(TokenizerOptions.FormatField.Name) is not null && !tokenizer.Format.IsSet))
            return;
        var split = tokenizer.Node.Entry(TokenizerOptions.SplitField.Name);
        if (tokenizer.FormatName is not { } format)
            faults.Add(tokenizer.Node, TokenizerOptions.FormatField.Name, "is required: the file's name ends neither in .tiktoken nor in .json");
        else if (format == TokenizerOptions.Tiktoken && split is null)
            faults.Add(tokenizer.Node, TokenizerOptions.SplitField.Name, "is required: a file of ranks does not say how text is cut into pieces");
        else if (format != TokenizerOptions.Tiktoken && split is not null)
            faults.Add(tokenizer.Node, TokenizerOptions.SplitField.Name, $"has no meaning for the format {format}, whose file says how text is cut");
    }
}
