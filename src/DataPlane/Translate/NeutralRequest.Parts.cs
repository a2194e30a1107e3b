using System.Buffers;
using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Translate;

/// <summary>What is put into a request, and taken out of it, for want of a place in the provider's dialect.</summary>
internal sealed partial class NeutralRequest
{
    /// <summary>Puts a text behind the source.</summary>
    /// <param name="text">The inside of a JSON string.</param>
    /// <param name="json">What of the source is quoted behind it; absent for nothing.</param>
    public Piece Put(ReadOnlySpan<byte> text, Piece json = default)
    {
        var from = _source.Length;
        _source.Add(text);
        if (json.IsPresent)
            _source.AddEscaped(json.Start, json.Length);
        return new Piece(from, _source.Length - from);
    }

    /// <summary>Puts two texts of the source behind it, as one.</summary>
    public Piece Put(Piece first, ReadOnlySpan<byte> between, Piece second)
    {
        var from = _source.Length;
        _source.Repeat(first.Start, first.Length).Add(between).Repeat(second.Start, second.Length);
        return new Piece(from, _source.Length - from);
    }

    /// <summary>Puts a text of the source behind it once more, between two others.</summary>
    public Piece Put(ReadOnlySpan<byte> before, Piece text, ReadOnlySpan<byte> behind)
    {
        var from = _source.Length;
        _source.Add(before).Repeat(text.Start, text.Length).Add(behind);
        return new Piece(from, _source.Length - from);
    }

    /// <summary>Says something to the model behind all that the system prompt says at the request's beginning.</summary>
    public void Instruct(Piece text)
    {
        var part = new NeutralPart { Kind = PartKind.Text, Text = text };
        if (Messages.Count == 0 || Messages[0].Role != NeutralRole.System)
        {
            Messages.Insert(0, new NeutralMessage(NeutralRole.System, Parts.Count, 1));
            Parts.Add(part);
            return;
        }

        var at = Messages[0].From + Messages[0].Count;
        Parts.Insert(at, part);
        Messages[0] = Messages[0] with { Count = Messages[0].Count + 1 };
        for (var m = 1; m < Messages.Count; m++)
        {
            if (Messages[m].From >= at)
                Messages[m] = Messages[m] with { From = Messages[m].From + 1 };
        }
    }

    /// <summary>What the system prompt says is the user's, where nobody else says anything and the provider wants a turn; reported.</summary>
    public void TurnSystem()
    {
        for (var m = 0; m < Messages.Count; m++)
        {
            LoseIf(Messages[m].Role == NeutralRole.System, Names.Role);
            if (Messages[m].Role == NeutralRole.System)
                Messages[m] = Messages[m] with { Role = NeutralRole.User };
        }
    }

    /// <summary>The message behind the last one of a turn: of what its speaker says until another speaks, and of what is left out between.</summary>
    /// <param name="from">The turn's first message.</param>
    /// <param name="speaker">Whose turn it is.</param>
    /// <param name="isLeftOut">Which messages are no turns of others.</param>
    public int EndOfTurn(int from, NeutralRole speaker, Func<NeutralRequest, NeutralMessage, bool> isLeftOut)
    {
        var to = from + 1;
        while (to < Messages.Count && (Messages[to].Role == speaker || isLeftOut(this, Messages[to])))
            to++;
        return to;
    }

    /// <summary>The message that begins the answer: the assistant's, if it is the last and calls nothing.</summary>
    /// <param name="isLeftOut">Which messages the provider is not told in their place.</param>
    public NeutralMessage? Begun(Func<NeutralRequest, NeutralMessage, bool> isLeftOut)
    {
        for (var m = Messages.Count - 1; m >= 0; m--)
        {
            var message = Messages[m];
            if (message.Count > 0 && !isLeftOut(this, message))
                return message.Role == NeutralRole.Assistant && !Calls(message) ? message : null;
        }

        return null;
    }

    private bool Calls(in NeutralMessage message)
    {
        for (var p = message.From; p < message.From + message.Count; p++)
        {
            if (Parts[p].Kind == PartKind.ToolCall)
                return true;
        }

        return false;
    }

    /// <summary>Asks for the rest of an answer that the request begins, where the provider would refuse it or may not go on with it; reported.</summary>
    public void AskToGoOn()
    {
        Losses.Add(Names.Prefill);
        Parts.Add(new NeutralPart { Kind = PartKind.Text, Text = Put("Go on from where your last message stops, and repeat nothing of it."u8) });
        EndMessage(NeutralRole.User, Parts.Count - 1);
    }

    /// <summary>Takes out the parts that are lost, and messages that have none left.</summary>
    public void RemoveLost()
    {
        // Where each part is to be found afterwards; one that goes has the place of the one behind it.
        var places = ArrayPool<int>.Shared.Rent(Parts.Count + 1);
        var kept = 0;
        for (var p = 0; p < Parts.Count; p++)
        {
            places[p] = kept;
            if (!Parts[p].IsLost)
                Parts[kept++] = Parts[p];
        }

        places[Parts.Count] = kept;
        Parts.RemoveRange(kept, Parts.Count - kept);
        var messages = 0;
        foreach (var message in CollectionsMarshal.AsSpan(Messages))
        {
            var from = places[message.From];
            var count = places[message.From + message.Count] - from;
            if (count > 0 || message.Count == 0)
                Messages[messages++] = message with { From = from, Count = count };
        }

        Messages.RemoveRange(messages, Messages.Count - messages);
        ArrayPool<int>.Shared.Return(places);
    }
}
