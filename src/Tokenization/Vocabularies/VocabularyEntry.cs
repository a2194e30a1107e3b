namespace AiEdge.Tokenization.Vocabularies;

/// <summary>A token of a vocabulary that is to be compiled.</summary>
/// <param name="Bytes">Its bytes, 1 to 255.</param>
/// <param name="Id">The number by which it is known outside.</param>
/// <param name="Rank">
/// When merges make it: of two merges that are possible, the one that makes the token of the lower rank comes first. Single bytes are
/// there from the beginning, whatever their rank. Often the same as the id, but not always.
/// </param>
public readonly record struct VocabularyEntry(byte[] Bytes, int Id, int Rank);
