using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Transport;
using AiEdge.Tokenization.Estimation;
using AiEdge.Tokenization.Memo;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.DataPlane.Meter;

/// <summary>What counting needs that a process has once. For any number of threads; nothing of it is made before something is counted.</summary>
internal sealed class TokenMeter
{
    /// <summary>Counters of one vocabulary that are kept for reuse, some 1.3 KB each; what is given back beyond it is left to the garbage collector.</summary>
    public const int CountersKept = 1024;

    private readonly Lazy<PromptCounter> _prompts = new(static () => new PromptCounter(new TextMemo()));
    private readonly ConditionalWeakTable<Vocabulary, IndexStack<TextCounter>> _counters = [];

    /// <summary>Counts prompts, and remembers texts that come again.</summary>
    public PromptCounter Prompts => _prompts.Value;

    /// <summary>What stands in for tokenizers that are not public.</summary>
    public TokenEstimators Estimators { get; } = new();

    /// <summary>Where counters of a vocabulary lie that no stream uses now.</summary>
    public IndexStack<TextCounter> CountersOf(Vocabulary vocabulary) =>
        _counters.GetValue(vocabulary, static _ => new IndexStack<TextCounter>(CountersKept));
}
