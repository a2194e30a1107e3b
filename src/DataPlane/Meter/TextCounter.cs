using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.DataPlane.Meter;

/// <summary>What a text of an answer is.</summary>
internal enum TextKind : byte
{
    Content,
    Refusal,

    /// <summary>What a model thinks, or a summary of it.</summary>
    Reasoning,

    /// <summary>Arguments of a tool that is called, or what is put into it.</summary>
    Arguments,

    /// <summary>What is said in sound.</summary>
    Transcript,

    /// <summary>The name of a tool. It comes whole, and is counted by itself.</summary>
    Name,
}

/// <summary>The counter of one text of a stream: of a choice, of a kind, of a tool's call or an item.</summary>
internal sealed class TextCounter(Vocabulary vocabulary)
{
    private readonly JsonTextCounter _counter = new(vocabulary);
    private long _count;
    private bool _isCounted = true;
    private RepetitionDetector? _repetition;

    /// <summary>Which text it counts; see <see cref="OutputCounter"/>.</summary>
    public ulong Key { get; private set; }

    public TextKind Kind { get; private set; }

    /// <summary>Tokens so far. Costs a look at the last pieces where something was added since.</summary>
    public long Count
    {
        get
        {
            if (!_isCounted)
                (_count, _isCounted) = (_counter.Count, true);
            return _count;
        }
    }

    /// <summary>What no count can be above, were so many bytes added; costs next to nothing.</summary>
    public long UpperBoundWith(int bytes) => _counter.UpperBoundWith(bytes);

    public void Begin(ulong key, TextKind kind)
    {
        _counter.Reset();
        _repetition?.Reset();
        (Key, Kind, _count, _isCounted) = (key, kind, 0, true);
    }

    /// <summary>Adds bytes as they stand between the quotes of a JSON string.</summary>
    public void Append(ReadOnlySpan<byte> raw)
    {
        _counter.Append(raw);
        _isCounted = false;
    }

    /// <summary>Whether the text repeats itself that often within or right before what was added last.</summary>
    public bool Repeats(ReadOnlySpan<byte> added, int times) => (_repetition ??= new RepetitionDetector()).Add(added, times);
}
