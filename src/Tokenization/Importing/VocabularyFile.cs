using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Importing;

/// <summary>Makes vocabularies out of the files in which they are published.</summary>
public static class VocabularyFile
{
    /// <summary>Largest file that is worth reading, in bytes. The largest known are a third of it.</summary>
    public const int BytesMax = 64 * 1024 * 1024;

    /// <summary>Reads a file's content.</summary>
    /// <param name="name">The name that the vocabulary gets.</param>
    /// <param name="content">The whole file.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="split">How text is cut: needed for <see cref="VocabularyFormat.Tiktoken"/>, of no meaning for what says so itself.</param>
    /// <exception cref="VocabularyException">
    /// The file is not what it should be, or asks for something that would make counts inexact here. The text names the field and its value.
    /// </exception>
    public static ImportedVocabulary Read(string name, ReadOnlyMemory<byte> content, VocabularyFormat format, SplitRule? split)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (content.Length > BytesMax)
            throw new VocabularyException($"is larger than {BytesMax / (1024 * 1024)} MiB");
        switch (format)
        {
            case VocabularyFormat.Tiktoken:
                if (split is not { } rule)
                    throw new VocabularyException("does not say how text is cut into pieces: a split has to be given");
                return new(Vocabulary.Compile(name, rule, TiktokenFile.Read(content.Span)), NormalizesToNfc: false);
            case VocabularyFormat.Tekken:
                var (entries, tekkenSplit) = TekkenFile.Read(content);
                return new(Vocabulary.Compile(name, tekkenSplit, entries), NormalizesToNfc: false);
            case VocabularyFormat.HuggingFace:
                var file = HuggingFaceFile.Read(content);
                return new(Vocabulary.Compile(name, file.Split, file.Entries, file.Merges, file.WholePieceFirst), file.NormalizesToNfc);
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }
    }
}
