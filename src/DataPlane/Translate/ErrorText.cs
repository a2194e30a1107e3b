using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Where the message of an error's body stands, in whatever form the server has it: <c>error.message</c>, an <c>error</c> that is a text itself (Ollama),
/// a <c>message</c> at the top (Mistral, older vLLM) or what is found wrong with the request, in a <c>detail</c> or a list of them (Mistral, FastAPI). Google
/// puts the first of these into an array.
/// </summary>
internal static class ErrorText
{
    private const int ScratchBytes = 64;

    /// <summary>The inside of the message's string, or empty. Of a list of faults it is the first.</summary>
    public static ReadOnlySpan<byte> MessageIn(ReadOnlySpan<byte> body)
    {
        var walk = new JsonWalk(body, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin() && !(walk.TryEnter(JsonToken.StartArray) && walk.NextElement() && walk.TryEnter(JsonToken.StartObject)))
            return default;
        Piece inside = default, beside = default;
        while (walk.NextMember())
        {
            if (walk.Is("error"u8))
                Read(ref walk, ref inside);
            else if (walk.Is("message"u8) || walk.Is("detail"u8))
                Read(ref walk, ref beside);
        }

        if (!walk.IsWhole())
            return default;
        return inside.Length > 0 ? inside.Of(body) : beside.IsPresent ? beside.Of(body) : default;
    }

    /// <summary>A text, or an object or a list with one in it.</summary>
    private static void Read(ref JsonWalk walk, ref Piece message)
    {
        if (walk.Token == JsonToken.String)
            Take(walk.Text, ref message);
        else if (walk.TryEnter(JsonToken.StartObject))
            ReadObject(ref walk, ref message);
        else if (walk.TryEnter(JsonToken.StartArray))
            ReadList(ref walk, ref message);
    }

    private static void ReadObject(ref JsonWalk walk, ref Piece message)
    {
        while (walk.NextMember())
        {
            if (walk.Is("message"u8) && walk.Token == JsonToken.String)
                Take(walk.Text, ref message);
            else if (walk.Is("detail"u8) && walk.TryEnter(JsonToken.StartArray))
                ReadList(ref walk, ref message);
        }
    }

    private static void ReadList(ref JsonWalk walk, ref Piece message)
    {
        while (walk.NextElement())
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            while (walk.NextMember())
            {
                if (walk.Is("msg"u8) && walk.Token == JsonToken.String)
                    Take(walk.Text, ref message);
            }
        }
    }

    private static void Take(Piece text, ref Piece message)
    {
        if (message.Length == 0)
            message = text;
    }
}
