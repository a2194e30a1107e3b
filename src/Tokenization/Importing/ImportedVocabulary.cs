using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Importing;

/// <summary>A vocabulary out of a file, and what its file says beyond it.</summary>
/// <param name="Vocabulary">The vocabulary, ready for use.</param>
/// <param name="NormalizesToNfc">
/// Whether the file asks for Unicode's Normalization Form C before the split. That step is not taken here: counts are exact for
/// text that is in this form already, as nearly all is, and may differ for the rest (a letter and its mark written apart).
/// </param>
public sealed record ImportedVocabulary(Vocabulary Vocabulary, bool NormalizesToNfc);
