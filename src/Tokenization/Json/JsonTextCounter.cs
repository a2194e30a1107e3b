using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Json;

/// <summary>
/// Counts the tokens of a text that comes as JSON strings, bit by bit: the deltas of a stream, or one long string in pieces. What
/// is appended are the bytes between quotes as they stand; where one string ends and the next begins is the text's own affair, so
/// that a surrogate pair or a piece may go over it. Bounded in memory however long the text grows, and reused by
/// <see cref="Reset"/>. Not for several threads at once.
/// </summary>
public sealed class JsonTextCounter
{
    private const int WindowBytes = 256;

    private readonly IncrementalCounter _counter;
    private JsonUnescaper _unescaper;

    /// <summary>A counter for a vocabulary.</summary>
    public JsonTextCounter(Vocabulary vocabulary) => _counter = new IncrementalCounter(vocabulary);

    /// <summary>Tokens of the text so far, up to the last complete character: exact now. Not monotone.</summary>
    public long Count => _counter.Count;

    /// <summary>What <see cref="Count"/> cannot be above, whatever waits for its rest. Cheap.</summary>
    public long UpperBound => _counter.UpperBound + _unescaper.PendingBytesMax;

    /// <summary>
    /// What <see cref="Count"/> cannot be above once <paramref name="rawBytes"/> more bytes have been added, whichever they are. Costs
    /// nothing.
    /// </summary>
    public long UpperBoundWith(int rawBytes) => _counter.UpperBoundWith(rawBytes) + _unescaper.PendingBytesMax;

    /// <summary>The next bytes of the text, as they stand between the quotes; cut anywhere. Allocates nothing.</summary>
    public void Append(ReadOnlySpan<byte> raw)
    {
        if (_unescaper.IsIdle)
        {
            int plain = raw.IndexOf((byte)'\\');
            if (plain != 0)
                _counter.Append(plain < 0 ? raw : raw[..plain]);
            if (plain < 0)
                return;
            raw = raw[plain..];
        }

        AppendEscaped(raw);
    }

    /// <summary>The text's end: what waits for its rest is counted as U+FFFD. The counter is then to be reset.</summary>
    public long Complete()
    {
        Span<byte> window = stackalloc byte[JsonUnescaper.WindowBytesMin];
        int length = _unescaper.Finish(window);
        if (length > 0)
            _counter.Append(window[..length]);
        return _counter.Complete();
    }

    /// <summary>Ready for another text.</summary>
    public void Reset()
    {
        _unescaper = default;
        _counter.Reset();
    }

    // The window is not cleared first: a delta of a few bytes would pay more for that than for itself.
    [SkipLocalsInit]
    private void AppendEscaped(ReadOnlySpan<byte> raw)
    {
        Span<byte> window = stackalloc byte[WindowBytes];
        while (!raw.IsEmpty)
        {
            int length = _unescaper.Read(ref raw, window);
            _counter.Append(window[..length]);
        }
    }
}
