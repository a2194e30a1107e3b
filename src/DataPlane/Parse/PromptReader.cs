using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>
/// Notes where the texts of a prompt lie, while <see cref="RequestReader"/> reads the body: it is given the tokens of the
/// top-level members and enters those that the prompt is in. It judges nothing: what is not of a known form is the provider's to
/// refuse, and is noted as JSON whose tokens can only be estimated. A member given twice counts twice.
/// </summary>
internal abstract class PromptReader
{
    /// <summary>Whether the next token belongs to a container that was entered, or ends one that is passed over.</summary>
    public abstract bool IsInside { get; }

    /// <summary>Starts a body. <paramref name="prompt"/> has been reset.</summary>
    public abstract void Begin(PromptText prompt, RequestShape shape);

    /// <summary>Takes the name of a top-level member.</summary>
    public abstract void OnName(ref JsonScanner scanner, ReadOnlySpan<byte> bytes);

    /// <summary>Takes the value of the top-level member named before.</summary>
    public abstract void OnValue(ref JsonScanner scanner);

    /// <summary>
    /// While <see cref="IsInside"/>: takes the token that the scanner stands at and those behind it, in one go, up to where it is outside
    /// again (true), or no more are to be had of these bytes (false).
    /// </summary>
    public bool TakeAll(ref JsonScanner scanner, ReadOnlySpan<byte> bytes)
    {
        do
        {
            Take(ref scanner, bytes);
            if (!IsInside)
                return true;
        }
        while (scanner.Read(bytes));
        return false;
    }

    /// <summary>Takes the token that the scanner stands at, while <see cref="IsInside"/>.</summary>
    protected abstract void Take(ref JsonScanner scanner, ReadOnlySpan<byte> bytes);
}
