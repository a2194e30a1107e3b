namespace AiEdge.DataPlane.Translate;

/// <summary>What form an answer is to have, said to the model in a sentence of the system prompt, where the provider has no field for it.</summary>
internal static class FormatSentence
{
    /// <summary>Asks for JSON by a sentence.</summary>
    /// <param name="request">The request.</param>
    /// <param name="schema">The schema that it is to follow, quoted as it stands; absent for any.</param>
    public static void Add(NeutralRequest request, Piece schema)
    {
        var calls = request.Tools.Count > 0;
        if (schema.IsPresent)
            request.Instruct(request.Put(calls
                ? "Unless you call a tool, answer with one JSON value that follows this JSON Schema, and with nothing else:\\n"u8
                : "Answer with one JSON value that follows this JSON Schema, and with nothing else:\\n"u8, schema));
        else
            request.Instruct(request.Put(calls
                ? "Unless you call a tool, answer with one JSON object and nothing else."u8
                : "Answer with one JSON object and nothing else."u8));
    }

    /// <summary>Servers with a JSON mode refuse it where nothing that is said has the word in it.</summary>
    public static void AddWord(NeutralRequest request)
    {
        if (request.Format == AnswerFormat.Text || (request.Format == AnswerFormat.Schema && request.FormatSchema.IsPresent))
            return;
        foreach (var part in request.Parts)
        {
            if (part.Kind == PartKind.Text && HasWord(part.Text.Of(request.Source)))
                return;
        }

        Add(request, default);
    }

    private static bool HasWord(ReadOnlySpan<byte> text)
    {
        var word = "json"u8;
        while (text.IndexOfAny((byte)'j', (byte)'J') is var at and >= 0 && text.Length - at >= word.Length)
        {
            text = text[at..];
            if (System.Text.Ascii.EqualsIgnoreCase(text[..word.Length], word))
                return true;
            text = text[1..];
        }

        return false;
    }
}
