using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// The thoughts of a chat's answer that their provider wants to see again, each with what proves it: <c>reasoning_details</c>, as chats of other
/// makers' models have them. A client that sends a message back as it got it sends them along. A thought is told whole, once its proof is, with how many
/// calls were made before it: the message has its calls elsewhere.
/// </summary>
internal sealed class ChatThoughts
{
    /// <summary>What is kept of one thought until its proof comes; the proof of a longer one is lost.</summary>
    public const int ThoughtBytesMax = 4 * 1024 * 1024;

    private readonly TextBuffer _text = new();
    private readonly TextBuffer _proof = new();
    private bool _isTooLong;
    private bool _isLost;
    private int _told;
    private int _calls;

    public void Begin()
    {
        Release();
        _told = _calls = 0;
    }

    public void Release()
    {
        _text.Release();
        _proof.Release();
        _isTooLong = _isLost = false;
    }

    /// <summary>Whether a thought that is proved ends before such an event. One that was not proved until then will not be.</summary>
    public bool IsEndedBy(NeutralKind next)
    {
        if (next is NeutralKind.Signature or NeutralKind.Logprobs || (next == NeutralKind.Thinking && _proof.Length == 0 && !_isLost))
            return false;
        if (_proof.Length > 0)
            return true;
        Clear();
        return false;
    }

    /// <summary>A call is told.</summary>
    public void PassCall() => _calls++;

    /// <summary>Adds to the thought at hand.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        _isTooLong |= _text.Length + text.Length > ThoughtBytesMax;
        if (!_isTooLong)
            _text.Add(text);
    }

    /// <summary>Proves the thought at hand; a proof may come in pieces. False where it has to be lost.</summary>
    public bool Prove(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> proof)
    {
        if (_isTooLong || _isLost || _proof.Length + proof.Length > ThoughtBytesMax)
        {
            Clear();
            _isLost = true;
            return false;
        }

        if (_proof.Length == 0)
            Mark(mark.IsEmpty ? ThoughtProof.Signed : mark);
        _proof.Add(proof);
        return true;
    }

    /// <summary>A thought that only its provider can read. False where it has to be lost.</summary>
    public bool Hide(ReadOnlySpan<byte> thought)
    {
        if (thought.Length > ThoughtBytesMax)
            return false;
        _text.Clear();
        Mark(ThoughtProof.Hidden);
        _proof.Add(thought);
        return true;
    }

    /// <summary>Writes the thought that is proved, and is ready for the next.</summary>
    public void Write(TextBuffer to)
    {
        to.Add("{\"type\":\"reasoning.text\",\"text\":\""u8).Add(_text.Written).Add("\",\"signature\":\""u8).Add(_proof.Written)
            .Add("\",\"index\":"u8).Add(_told++).Add("}"u8);
        Clear();
    }

    private void Clear()
    {
        _text.Clear();
        _proof.Clear();
        _isTooLong = _isLost = false;
    }

    private void Mark(ReadOnlySpan<byte> mark) => _proof.Add(mark).Add(_calls).Add("."u8);
}
