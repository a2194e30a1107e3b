using AiEdge.DataPlane.Core;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Meter;

/// <summary>What is known of a prompt without looking at its texts: what stands around them, and guesses at what is no text.</summary>
internal static class PromptEstimates
{
    // Around a call of a tool, and at the head of a list of tools. Not published.
    private const int CallTokens = 4;
    private const int CallTokensMax = 16;
    private const int ToolsTokens = 12;
    private const int ToolsTokensMax = 600;

    // Ten tokens a second, of which base64 has four bytes for three: at 16 kB a second for most sound, at 4 kB for the densest.
    private const int AudioBytesPerToken = 2133;
    private const int AudioBytesPerTokenMin = 533;

    // A page of a document has some 1,500 tokens and 100 kB in base64; a file of plain text has a token for every byte at worst.
    private const int FileBytesPerToken = 66;

    // Four bytes a token are usual; what is not looked at is taken for somewhat more.
    private const int FoldedBytesPerToken = 3;

    /// <summary>Tokens around the messages.</summary>
    public static long Overhead(PromptText prompt, in ModelEncoding model, RequestShape shape)
    {
        if (ShapeTraits.Of(shape).Overhead == PromptOverhead.None)
            return 0;
        ChatOverhead chat = model.Chat;
        return ((long)prompt.Messages * chat.Message) + prompt.KnownRoles + ((long)prompt.Names * chat.Name) + chat.Reply;
    }

    /// <summary>Tokens of what is no text, the JSON of tools and schemas aside.</summary>
    public static long Typical(PromptText prompt, in ModelEncoding model)
    {
        ImageCost image = model.Image;
        return ((long)prompt.Images * image.Typical) + ((long)prompt.ImagesLow * image.Low)
            + ((long)prompt.ToolCalls * CallTokens) + (prompt.Tools > 0 ? ToolsTokens : 0)
            + prompt.Audios + (prompt.AudioBytes / AudioBytesPerToken)
            + prompt.Files + (prompt.FileBytes / FileBytesPerToken)
            + OfBytes(prompt.FoldedBytes);
    }

    /// <summary>Tokens of text of which nothing but its bytes is known.</summary>
    public static long OfBytes(long bytes) => (bytes + FoldedBytesPerToken - 1) / FoldedBytesPerToken;

    /// <summary>
    /// What no count can be above: a token is a byte of text at least, and what is no text is taken at its dearest. Free: nothing
    /// of the body is looked at.
    /// </summary>
    public static long UpperBound(PromptText prompt, in ModelEncoding model, RequestShape shape)
    {
        ImageCost image = model.Image;
        return prompt.Bytes + prompt.TokenIds + Overhead(prompt, model, shape)
            + ((long)(prompt.Images + prompt.ImagesLow) * image.Most)
            + ((long)prompt.ToolCalls * CallTokensMax) + (prompt.Tools > 0 ? ToolsTokensMax : 0)
            + prompt.Audios + (prompt.AudioBytes / AudioBytesPerTokenMin)
            + prompt.Files + prompt.FileBytes;
    }

    /// <summary>Why a count may be off: what the prompt is made of, and what is not known of the model.</summary>
    public static PromptDoubt Doubts(PromptText prompt, in ModelEncoding model, RequestShape shape)
    {
        PromptDoubt doubts = prompt.Doubts;
        if (!model.IsExact)
            doubts |= PromptDoubt.Encoding;
        var overhead = ShapeTraits.Of(shape).Overhead;
        if (overhead == PromptOverhead.Unpublished || (overhead == PromptOverhead.Published && !model.Chat.IsExact))
            doubts |= PromptDoubt.Overhead;
        return doubts;
    }
}
