using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>What becomes of an event's frame.</summary>
internal enum EventAction : byte
{
    Forward,

    /// <summary>The client did not ask for this event and does not get it.</summary>
    Drop,

    /// <summary>Forward without one run of bytes.</summary>
    Cut,
}

/// <summary>
/// Reads the events of a streamed answer as they pass: usage, texts, how far it is, whether the end was reached. One for each dialect;
/// reused by <see cref="Reset"/>, and events allocate nothing.
/// </summary>
internal abstract class EventReader
{
    private DeltaTexts? _texts;
    private TierName _tier;

    /// <summary>Whether the event that ends a stream was seen, or an error.</summary>
    public bool IsTerminal { get; protected set; }

    /// <summary>Whether the stream ended in an error event.</summary>
    public bool EndedInError { get; protected set; }

    /// <summary>Whether text, tool arguments, reasoning or the like was seen.</summary>
    public bool SawContent { get; protected set; }

    /// <summary>The last usage reported.</summary>
    public Usage Usage { get; protected set; }

    /// <summary>The tier of service that the stream says it is served by, the last one said; empty where it says none.</summary>
    public ReadOnlySpan<byte> ServedTier => _tier.Utf8;

    /// <summary>The id by which a client can go on from the answer; empty as long as it is not told, or where there is none.</summary>
    public virtual ReadOnlySpan<byte> AnswerId => default;

    /// <summary>Events with JSON data.</summary>
    public long Events { get; protected set; }

    /// <summary>The texts of the last event; empty unless they are wanted.</summary>
    public DeltaTexts Texts => _texts ??= new DeltaTexts();

    /// <summary>Starts a stream.</summary>
    /// <param name="shape">The request's shape.</param>
    /// <param name="stripUsage">Whether the stream's usage was asked for in the client's stead.</param>
    /// <param name="wantsTexts">Whether the texts of each event are noted.</param>
    /// <param name="wantsDraft">Whether what it takes to end the stream in the provider's stead is kept.</param>
    public abstract void Reset(RequestShape shape, bool stripUsage, bool wantsTexts = false, bool wantsDraft = false);

    /// <summary>Reads one event.</summary>
    /// <param name="frame">Its bytes, blank line included.</param>
    /// <param name="data">Its data; a slice of the frame unless it spans several lines.</param>
    /// <param name="cutStart">On <see cref="EventAction.Cut"/>: offset in the frame of the first byte to leave out.</param>
    /// <param name="cutLength">On <see cref="EventAction.Cut"/>: bytes to leave out.</param>
    public abstract EventAction OnEvent(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, out int cutStart, out int cutLength);

    /// <summary>
    /// Whether the last event only says that an answer begins, or is awaited: it brings no text, call, thought or the like, no error and no reason to end. What
    /// the dialect does not have is no prelude, but for what says nothing at all. A stream that is over with nothing else (<see cref="IsTerminal"/>) is none.
    /// </summary>
    /// <param name="data">Its data.</param>
    public abstract bool IsPrelude(ReadOnlySpan<byte> data);

    /// <summary>Whether the stream is whole.</summary>
    /// <param name="cleanFramingEnd">Whether the body ended as its framing said it would.</param>
    public abstract bool IsComplete(bool cleanFramingEnd);

    /// <summary>The last event is passed on.</summary>
    public virtual void Keep(ReadOnlySpan<byte> data)
    {
    }

    /// <summary>The stream is over: gives back what was kept of it.</summary>
    public virtual void Release()
    {
    }

    /// <summary>Empties what every reader has, and gives the texts if they are wanted.</summary>
    protected DeltaTexts? BeginStream(bool wantsTexts)
    {
        IsTerminal = EndedInError = SawContent = false;
        Usage = default;
        _tier = default;
        Events = 0;
        ClearTexts();
        return wantsTexts ? Texts : null;
    }

    /// <summary>An event named a tier; an empty name says nothing.</summary>
    protected void LearnTier(ReadOnlySpan<byte> name) => _tier.Learn(name);

    protected void ClearTexts() => _texts?.Clear();
}
