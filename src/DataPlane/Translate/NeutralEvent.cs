namespace AiEdge.DataPlane.Translate;

/// <summary>What happens in an answer.</summary>
internal enum NeutralKind : byte
{
    /// <summary>It begins; <see cref="NeutralEvent.Name"/> is the model's name, if it is told.</summary>
    Start,
    Text,
    Refusal,
    Thinking,

    /// <summary>The signature of the thought before.</summary>
    Signature,

    /// <summary>Thought that only its provider can read.</summary>
    HiddenThinking,

    /// <summary>A tool is called; its arguments follow.</summary>
    ToolCall,

    /// <summary>A part of a call's arguments: the inside of a string that holds JSON.</summary>
    Arguments,

    /// <summary>A call's arguments, as the object that they are.</summary>
    ArgumentsObject,

    /// <summary>How probable tokens of calls or thought were; no text belongs to it, and what is open stays so.</summary>
    Logprobs,

    /// <summary>An embedding: its numbers, with commas between.</summary>
    Vector,

    /// <summary>It has come to its end, for <see cref="NeutralEvent.Reason"/>. The usage may still follow.</summary>
    Finish,

    /// <summary>It failed at the provider; <see cref="NeutralEvent.Name"/> is the kind, <see cref="NeutralEvent.Text"/> the message.</summary>
    Error,

    /// <summary>Nothing follows.</summary>
    End,
}

/// <summary>Why an answer has ended.</summary>
internal enum FinishReason : byte
{
    None,
    Stop,

    /// <summary>At a sequence that the client named; <see cref="NeutralEvent.Text"/>, where it is told.</summary>
    StopSequence,
    Length,
    ToolCalls,
    Filtered,

    /// <summary>It failed: what is there is no answer.</summary>
    Failed,
}

/// <summary>One event of an answer. Texts are the insides of JSON strings, escapes as they stand.</summary>
internal readonly ref struct NeutralEvent(NeutralKind kind, ReadOnlySpan<byte> text = default)
{
    public NeutralKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Text { get; } = text;

    public ReadOnlySpan<byte> Name { get; init; }

    public ReadOnlySpan<byte> Id { get; init; }

    /// <summary>What the provider wants to see again with a call; empty for nothing.</summary>
    public ReadOnlySpan<byte> Proof { get; init; }

    /// <summary>What tells a thought's proof from those of the client's own dialect; empty where it has to be told from none.</summary>
    public ReadOnlySpan<byte> Mark { get; init; }

    /// <summary>How probable each token of a text was (<see cref="TokenLogprobs"/>); the text itself may be empty then.</summary>
    public ReadOnlySpan<byte> Logprobs { get; init; }

    /// <summary>It is about a call whose input is a text, which stands as the inside of a string.</summary>
    public bool IsCustom { get; init; }

    /// <summary>Which of the answer's calls it is about, from 0 on.</summary>
    public int Call { get; init; }

    public FinishReason Reason { get; init; }

    /// <summary>Which of several answers it is about, from 0 on.</summary>
    public int Choice { get; init; }
}
