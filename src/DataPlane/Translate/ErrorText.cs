using System.Buffers.Text;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Where the message of an error's body stands, in whatever form the server has it: <c>error.message</c>, an <c>error</c> that is a text itself (Ollama),
/// a <c>message</c> at the top (Mistral, older vLLM) or what is found wrong with the request, in a <c>detail</c> or a list of them (Mistral, FastAPI). Google
/// puts the first of these into an array.
/// </summary>
internal static class ErrorText
{
    /// <summary>Longer messages are not told.</summary>
    public const int MessageBytesMax = 4096;

    private const int ScratchBytes = 64;
    private const int StatusMin = 400, StatusMax = 599;

    /// <summary>The status that an error's <c>code</c> is, a number or its digits; 0 where it is none, but a word or a number of the provider's own.</summary>
    public static int StatusOf(long number, ReadOnlySpan<byte> code)
    {
        if (number == 0 && (!Utf8Parser.TryParse(code, out number, out var used) || used != code.Length))
            return 0;
        return number is >= StatusMin and <= StatusMax ? (int)number : 0;
    }

    /// <summary>
    /// The kind of an error in a stream, by the word that those who write it know: what its <c>code</c> says as a status, else the word that it has itself.
    /// </summary>
    public static ReadOnlySpan<byte> KindOf(long number, ReadOnlySpan<byte> word) => StatusOf(number, word) switch
    {
        0 => word,
        429 => "rate_limit_exceeded"u8,
        409 or 425 or 498 or 499 or 503 or 529 => "overloaded"u8,
        408 or 504 => "timeout"u8,
        400 or 413 or 422 => "invalid_request_error"u8,
        _ => "upstream_error"u8,
    };

    /// <summary>What the inside of a string says; null where it is empty, or longer than <see cref="MessageBytesMax"/>.</summary>
    public static string? Plain(ReadOnlySpan<byte> text)
    {
        Span<byte> plain = stackalloc byte[MessageBytesMax];
        return !text.IsEmpty && text.Length <= MessageBytesMax && JsonUnescape.TryUnescape(text, plain, out var length)
            ? Encoding.UTF8.GetString(plain[..length])
            : null;
    }

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
