using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;
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

    /// <summary>Any (Gemini).</summary>
    Contents,
}

/// <summary>
/// The id of a call, or of the call that a result answers. A dialect that has none counts its calls. One that its provider would refuse, for another has
/// given it, gives way to one that is made of it: the call and its result go on belonging together, and the same in each turn. So does one that a client
/// is told and its own provider would refuse, for the conversation may go on there; as far as there is room for it, who gave it has it back as it was:
/// some models learn from it what was called.
/// </summary>
internal static class CallId
{
    private const int ScratchBytes = 256;
    private const int ChatBytesMax = 40, ResponsesBytesMax = 64, NineBytes = 9;

    // A longer id has no room behind the mark: nobody is sure to take one of more than 64 characters.
    private const int HiddenBytesMax = 42;

    /// <summary>What stands before an id that is told in other characters.</summary>
    private static ReadOnlySpan<byte> Mark => "aiedge_"u8;

    private static ReadOnlySpan<byte> Digits => "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8;

    /// <summary>Writes the id of a request's call or result as a member.</summary>
    public static JsonOut Write(JsonOut json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> source, in NeutralPart part, CallIdForm form)
    {
        Add(json.OpenText(name), source, part, form);
        return json.CloseText();
    }

    /// <summary>Adds it to a text: the inside of a JSON string.</summary>
    public static void Add(TextBuffer to, ReadOnlySpan<byte> source, in NeutralPart part, CallIdForm form)
    {
        if (!part.Id.IsPresent)
        {
            AddCounted(to, part.Ordinal, form);
            return;
        }

        Span<byte> plain = stackalloc byte[ScratchBytes];
        Span<byte> shown = stackalloc byte[ScratchBytes];
        var id = Shown(Plain(part.Id.Of(source), plain), shown);
        if (Fits(id, form))
        {
            to.AddEscaped(id);
            return;
        }

        if (form == CallIdForm.Nine)
            AddDigits(to, StableHash.Of(id), NineBytes);
        else
            AddMade(to, id);
    }

    /// <summary>Writes the id of an answer's call, which is the inside of a string and becomes one.</summary>
    public static void Tell(TextBuffer to, ReadOnlySpan<byte> id, CallIdForm form)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        var plain = Plain(id, scratch);
        if (Fits(plain, form))
            to.Add(id);
        else if (form == CallIdForm.Messages && plain.Length <= HiddenBytesMax)
            Hide(to, plain);
        else
            AddMade(to, plain);
    }

    private static ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> id, Span<byte> scratch) =>
        id.Contains((byte)'\\') && id.Length <= scratch.Length && JsonUnescape.TryUnescape(id, scratch, out var length) ? scratch[..length] : id;

    private static void Hide(TextBuffer to, ReadOnlySpan<byte> id)
    {
        Span<byte> hidden = stackalloc byte[Base64Url.GetEncodedLength(HiddenBytesMax)];
        to.Add(Mark).Add(hidden[..Base64Url.EncodeToUtf8(id, hidden)]);
    }

    /// <summary>What was told in other characters, and all else as it is.</summary>
    private static ReadOnlySpan<byte> Shown(ReadOnlySpan<byte> id, Span<byte> scratch)
    {
        if (!id.StartsWith(Mark) || id.Length > Mark.Length + Base64Url.GetEncodedLength(HiddenBytesMax))
            return id;
        var isOurs = Base64Url.DecodeFromUtf8(id[Mark.Length..], scratch, out _, out var length) == OperationStatus.Done && length > 0;
        return isOurs && Utf8.IsValid(scratch[..length]) ? scratch[..length] : id;
    }

    private static void AddCounted(TextBuffer to, int ordinal, CallIdForm form)
    {
        if (form == CallIdForm.Nine)
            AddDigits(to, (ulong)ordinal, NineBytes);
        else
            to.Add("call_"u8).Add(ordinal);
    }

    private static void AddMade(TextBuffer to, ReadOnlySpan<byte> id) => AddDigits(to.Add("call_"u8), StableHash.Of(id), sizeof(ulong) * 2);

    private static void AddDigits(TextBuffer to, ulong number, int count)
    {
        Span<byte> digits = stackalloc byte[count];
        for (var i = count - 1; i >= 0; i--)
        {
            digits[i] = Digits[(int)(number % (ulong)Digits.Length)];
            number /= (ulong)Digits.Length;
        }

        to.Add(digits);
    }

    private static bool Fits(ReadOnlySpan<byte> id, CallIdForm form) => form switch
    {
        CallIdForm.Chat => id.Length is > 0 and <= ChatBytesMax,
        CallIdForm.Responses => id.Length is > 0 and <= ResponsesBytesMax,
        CallIdForm.Nine => id.Length == NineBytes && !id.ContainsAnyExcept(Alphanumeric),
        CallIdForm.Contents => id.Length > 0,
        _ => id.Length > 0 && !id.ContainsAnyExcept(Signs),
    };

    private static readonly SearchValues<byte> Alphanumeric = SearchValues.Create(Digits);
    private static readonly SearchValues<byte> Signs =
        SearchValues.Create("_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);
}
