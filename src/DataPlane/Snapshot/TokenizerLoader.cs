using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// Loads the vocabularies of a document's <c>tokenizers</c>. That takes up to a second for each, so that one whose file and
/// meaning have not changed is taken over from the configuration in force.
/// </summary>
internal static class TokenizerLoader
{
    /// <summary>The vocabularies that could be loaded; a fault for each other one. Those whose options have faults are passed over.</summary>
    public static TokenizerModel[] Load(ConfigOptions options, ReferencedFiles files, FaultList faults, TokenizerModel[] running)
    {
        var models = new List<TokenizerModel>();
        var hasRead = false;
        foreach (var tokenizer in options.Tokenizers)
        {
            if (!tokenizer.File.IsSet || tokenizer.FormatName is not { } formatName)
                continue;
            if (!VocabularyFormats.TryParse(formatName, out var format))
                continue;
            SplitRule? split = tokenizer.Split.IsSet && SplitRuleNames.TryParse(tokenizer.Split.Value, out var rule) ? rule : null;
            if (format == VocabularyFormat.Tiktoken && split is null)
                continue;
            if (files.Complaint(tokenizer.File.Value) is { } complaint)
            {
                faults.Add(tokenizer.File.Source!, complaint);
                continue;
            }

            var file = files.Stamp(tokenizer.File.Value);
            var identity = IdentityOf(file, format, split);
            var known = Array.Find(running, model => model.Identity == identity);
            hasRead |= known is null;
            var loaded = known?.Named(tokenizer.Name) ?? Read(tokenizer, file.Path, identity, (format, split), files.AreConfined, faults);
            if (loaded is not null)
                models.Add(loaded);
        }

        // Reading takes some hundred megabytes for a moment, which nothing that comes after would ever need again.
        if (hasRead)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return [.. models];
    }

    private static TokenizerModel? Read(
        TokenizerOptions tokenizer, string path, string identity, (VocabularyFormat Format, SplitRule? Split) kind, bool isConfined, FaultList faults)
    {
        var source = tokenizer.File.Source!;
        if (!SourceFile.TryRead(path, VocabularyFile.BytesMax, out var content, out var complaint))
        {
            faults.Add(source, "the file " + complaint);
            return null;
        }

        try
        {
            var imported = VocabularyFile.Read(tokenizer.Name, content, kind.Format, kind.Split);
            return TokenizerModel.FromFile(tokenizer.Name, identity, imported.Vocabulary, imported.NormalizesToNfc);
        }
        catch (VocabularyException e)
        {
            // The library's words quote the file, which might be a secret that whoever may write a document elsewhere wants to see.
            faults.Add(source, isConfined ? "the file cannot be used: it is no vocabulary of its format" : "the file cannot be used: " + e.Message);
            return null;
        }
    }

    private static string IdentityOf(StampedFile file, VocabularyFormat format, SplitRule? split) => string.Create(
        CultureInfo.InvariantCulture,
        $"{format}\n{split}\n{file.Path}\n{file.Stamp.RealPath}\n{file.Stamp.Length}\n{file.Stamp.Written.Ticks}\n{file.Stamp.Born.Ticks}");
}
