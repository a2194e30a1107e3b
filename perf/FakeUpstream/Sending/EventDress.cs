namespace AiEdge.FakeUpstream;

/// <summary>Gives one event the line ends and comments that the script asks for.</summary>
internal static class EventDress
{
    public static void Apply(ByteWriter payload, int start, FakeScript script, int number)
    {
        var commented = script.CommentEvery > 0 && (number - 1) % script.CommentEvery == 0;
        if (!commented && script.LineEnd == "\n")
            return;
        var text = payload.Span[start..].ToArray();
        payload.Truncate(start);
        if (commented)
            payload.Add(": comment caf\u00e9 "u8).Add(number).Add(script.LineEnd).Add(script.LineEnd);
        foreach (var octet in text)
        {
            if (octet == '\n')
                payload.Add(script.LineEnd);
            else
                payload.Reserve(1)[0] = octet;
        }
    }
}
