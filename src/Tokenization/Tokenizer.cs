using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using AiEdge.Tokenization.Bpe;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization;

/// <summary>
/// Counts and encodes whole texts exactly as tiktoken's <c>encode_ordinary</c> does: what looks like a special token is text. Texts are UTF-8;
/// each maximal subpart of an ill-formed sequence counts as U+FFFD, as in the WHATWG decoder. Immutable and shared by all threads; counting
/// allocates nothing in steady state.
/// </summary>
public sealed unsafe class Tokenizer
{
    private readonly PieceEncoder _encoder;
    private readonly SplitRule _rule;

    /// <summary>Counts with a vocabulary and the cut that belongs to it.</summary>
    public Tokenizer(Vocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Vocabulary = vocabulary;
        _encoder = vocabulary.Encoder;
        _rule = vocabulary.Split;
    }

    /// <summary>The tokens that are counted.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The number of tokens of a text. Time is linear in its length.</summary>
    public long Count(ReadOnlySpan<byte> utf8)
    {
        if (Utf8.IsValid(utf8))
            return CountPieces(utf8, open: false, out _);
        var window = new TextWindow();
        var count = CountThrough(ref window, utf8);
        count += CountRest(ref window);
        window.Dispose();
        return count;
    }

    /// <summary>The number of tokens of a text in segments, wherever it is cut.</summary>
    public long Count(in ReadOnlySequence<byte> utf8)
    {
        if (utf8.IsSingleSegment)
            return Count(utf8.FirstSpan);
        var window = new TextWindow();
        long count = 0;
        foreach (var segment in utf8)
            count += CountThrough(ref window, segment.Span);
        count += CountRest(ref window);
        window.Dispose();
        return count;
    }

    /// <summary>Writes the ids of a text's tokens.</summary>
    public void Encode(ReadOnlySpan<byte> utf8, IBufferWriter<int> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        if (Utf8.IsValid(utf8))
        {
            EncodePieces(utf8, into, open: false);
            return;
        }
        var window = new TextWindow();
        while (utf8.Length != 0)
        {
            utf8 = utf8[window.Append(utf8)..];
            if (window.IsFull)
                window.Drop(EncodePieces(window.Text, into, open: true));
        }
        window.Complete();
        EncodePieces(window.Text, into, open: false);
        window.Dispose();
    }

    private long CountThrough(ref TextWindow window, ReadOnlySpan<byte> part)
    {
        long count = 0;
        while (part.Length != 0)
        {
            part = part[window.Append(part)..];
            if (!window.IsFull)
                continue;
            count += CountPieces(window.Text, open: true, out var done);
            window.Drop(done);
        }
        return count;
    }

    private long CountRest(ref TextWindow window)
    {
        window.Complete();
        return CountPieces(window.Text, open: false, out _);
    }

    /// <summary>Counts the pieces of valid text; if more is to follow, only those that it cannot change.</summary>
    [SkipLocalsInit]
    private long CountPieces(ReadOnlySpan<byte> text, bool open, out int done)
    {
        Span<int> ends = stackalloc int[PieceCutter.PiecesMax];
        long tokens = 0;
        var at = 0;
        fixed (byte* start = text)
        {
            while (at < text.Length)
            {
                var pieces = PieceCutter.Cut(_rule, text, at, ends, out var final);
                foreach (var end in ends[..(open && !final ? pieces - 1 : pieces)])
                {
                    tokens += _encoder.Count(start + at, end - at);
                    at = end;
                }
                if (open && !final)
                    break;
            }
        }
        done = at;
        return tokens;
    }

    /// <summary>As <see cref="CountPieces"/>, with the tokens' ids.</summary>
    /// <returns>How many bytes are done with.</returns>
    private int EncodePieces(ReadOnlySpan<byte> text, IBufferWriter<int> into, bool open)
    {
        var scanner = new PieceScanner(_rule, text);
        while (scanner.TryNext(out var start, out var length, out var final))
        {
            if (open && !final)
                return start;
            into.Advance(_encoder.Encode(text.Slice(start, length), into.GetSpan(length)));
        }
        return text.Length;
    }
}
