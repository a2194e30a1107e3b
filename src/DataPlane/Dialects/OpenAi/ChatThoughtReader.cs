using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// Reads the thoughts of a chat's message with what proves them to the provider that had them (<see cref="ChatThoughts"/>), and puts each where it stood:
/// before the calls that were made after it. One whose place is gone is lost.
/// </summary>
internal sealed class ChatThoughtReader
{
    private readonly List<NeutralPart> _thoughts = [];
    private readonly List<int> _callsBefore = [];
    private readonly List<int> _calls = [];
    private readonly List<NeutralPart> _placed = [];
    private NeutralRequest _request = null!;

    /// <summary>A new message.</summary>
    public void Begin(NeutralRequest request)
    {
        _request = request;
        _thoughts.Clear();
        _callsBefore.Clear();
        _calls.Clear();
    }

    /// <summary>The message's next call follows the parts that are there.</summary>
    public void PassCall() => _calls.Add(_request.Parts.Count);

    /// <summary>Reads the elements of the array that was entered. Those that other servers gave say nothing to others.</summary>
    public void Read(ref JsonWalk walk)
    {
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            NeutralPart part = new() { Kind = PartKind.Thinking };
            Piece proof = default;
            while (walk.NextMember())
            {
                if (walk.Is("text"u8) && walk.Token == JsonToken.String)
                    part.Text = walk.Text;
                else if (walk.Is("signature"u8) && walk.Token == JsonToken.String)
                    proof = walk.Text;
            }

            part.IsSealed = SealedThought.TryRead(_request.Source, proof, out part.Signature);
            var isHidden = false;
            if (!part.IsSealed && !ThoughtProof.TryRead(_request.Source, proof, out part.Signature, out isHidden))
            {
                _request.Losses.Add("messages.reasoning_details"u8);
                continue;
            }

            _callsBefore.Add(TakeNumber(ref part.Signature));
            _thoughts.Add(isHidden ? new NeutralPart { Kind = PartKind.HiddenThinking, Text = part.Signature } : part);
        }
    }

    /// <summary>
    /// Puts what was read among the message's parts, which begin at <paramref name="from"/>. A provider takes no thought that nothing of its turn follows,
    /// and none at another place. False where none was put there.
    /// </summary>
    public bool TryPlace(int from)
    {
        if (_thoughts.Count == 0)
            return false;
        var (parts, part, call) = (_request.Parts, from, 0);
        _placed.Clear();
        var isPlaced = false;
        for (var t = 0; t < _thoughts.Count; t++)
        {
            var before = _callsBefore[t];
            if (before < call || (before > 0 && before >= _calls.Count))
            {
                _request.Losses.Add("messages.reasoning_details"u8);
                continue;
            }

            call = before;
            for (var end = call > 0 ? _calls[call] : from; part < end; part++)
                _placed.Add(parts[part]);
            _placed.Add(_thoughts[t]);
            isPlaced = true;
        }

        if (!isPlaced)
            return false;

        for (; part < parts.Count; part++)
            _placed.Add(parts[part]);
        parts.RemoveRange(from, parts.Count - from);
        parts.AddRange(_placed);
        return true;
    }

    /// <summary>How many calls stood before, which is told in front of the proof; what was told before that was so had none.</summary>
    private int TakeNumber(ref Piece proof)
    {
        var text = proof.Of(_request.Source);
        if (!Utf8Parser.TryParse(text, out int calls, out var digits) || calls < 0 || digits == text.Length || text[digits] != (byte)'.')
            return 0;
        proof = new Piece(proof.Start + digits + 1, proof.Length - digits - 1);
        return calls;
    }
}
