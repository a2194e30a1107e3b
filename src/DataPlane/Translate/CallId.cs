using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>What ids of calls a provider takes.</summary>
internal enum CallIdForm : byte
{
    /// <summary>Of at most 40 bytes (OpenAI's chat completions).</summary>
    Chat,

    /// <summary>Of at most 64 bytes (OpenAI's Responses).</summary>
    Responses,

    /// <summary>Letters, digits, <c>_</c> and <c>-</c> (Anthropic).</summary>
    Messages,

    /// <summary>Nine letters and digits (Mistral).</summary>
    Nine,
}

/// <summary>
/// The id of a call, or of the call that a result answers. A dialect that has none counts its calls. One that its provider would refuse, for another has
/// given it, gives way to one that is made of it: the call and its result go on belonging together, and the same in each turn.
/// </summary>
internal static class CallId
{
    private const int ScratchBytes = 256;
    private const int ChatBytesMax = 40, ResponsesBytesMax = 64, NineBytes = 9;

    private static ReadOnlySpan<byte> Digits => "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8;

    public static JsonOut Write(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, in NeutralPart part, CallIdForm form)
    {
        if (!part.Id.IsPresent)
            return WriteCounted(json, name, part.Ordinal, form);
        scoped var id = part.Id.Of(source);
        Span<byte> plain = stackalloc byte[ScratchBytes];
        if (id.IndexOf((byte)'\\') >= 0 && id.Length <= ScratchBytes && JsonUnescape.TryUnescape(id, plain, out var length))
            id = plain[..length];
        if (Fits(id, form))
        {
            json.OpenText(name).AddEscaped(id);
            return json.CloseText();
        }

        var made = StableHash.Of(id);
        return form == CallIdForm.Nine
            ? WriteDigits(json, json.OpenText(name), made, NineBytes)
            : WriteDigits(json, json.OpenText(name).Add("call_"u8), made, sizeof(ulong) * 2);
    }

    private static JsonOut WriteCounted(JsonOut json, ReadOnlySpan<byte> name, int ordinal, CallIdForm form)
    {
        if (form == CallIdForm.Nine)
            return WriteDigits(json, json.OpenText(name), (ulong)ordinal, NineBytes);
        json.OpenText(name).Add("call_"u8).Add(ordinal);
        return json.CloseText();
    }

    private static JsonOut WriteDigits(JsonOut json, TextBuffer to, ulong number, int count)
    {
        Span<byte> digits = stackalloc byte[count];
        for (var i = count - 1; i >= 0; i--)
        {
            digits[i] = Digits[(int)(number % (ulong)Digits.Length)];
            number /= (ulong)Digits.Length;
        }

        to.Add(digits);
        return json.CloseText();
    }

    private static bool Fits(ReadOnlySpan<byte> id, CallIdForm form) => form switch
    {
        CallIdForm.Chat => id.Length is > 0 and <= ChatBytesMax,
        CallIdForm.Responses => id.Length is > 0 and <= ResponsesBytesMax,
        CallIdForm.Nine => id.Length == NineBytes && !id.ContainsAnyExcept(Alphanumeric),
        _ => id.Length > 0 && !id.ContainsAnyExcept(Plain),
    };

    private static readonly System.Buffers.SearchValues<byte> Alphanumeric = System.Buffers.SearchValues.Create(Digits);
    private static readonly System.Buffers.SearchValues<byte> Plain =
        System.Buffers.SearchValues.Create("_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);
}
