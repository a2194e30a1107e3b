namespace AiEdge.Tokenization.Vocabularies;

/// <summary>A vocabulary that cannot be counted exactly, or tables that are not what they say they are; the message tells what to mend.</summary>
public sealed class VocabularyException : Exception
{
    /// <summary>Makes one without a message.</summary>
    public VocabularyException()
    {
    }

    /// <summary>Makes one that says what is wrong with the vocabulary.</summary>
    public VocabularyException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one that says what is wrong with the vocabulary, and what led to it.</summary>
    public VocabularyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
