using System.Buffers;
using AiEdge.Tokenization.Models;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Json;

/// <summary>
/// Counts the tokens of texts as they stand in a JSON body: one without a backslash in place, another through a window into which
/// it is unescaped, one that is longer than the window or lies in several pieces by a <see cref="JsonTextCounter"/>. Safe for any
/// number of threads; allocates nothing in steady state.
/// </summary>
public sealed class JsonTokenizer
{
    /// <summary>Longest text, in bytes as it stands, that is unescaped in one go.</summary>
    public const int WindowBytesMax = 32 * 1024;

    private const int CountersMax = 8;

    private static readonly JsonTokenizer?[] Known = new JsonTokenizer?[2];
    private static int _lastId;

    private readonly Tokenizer _tokenizer;
    private readonly JsonTextCounter?[] _counters = new JsonTextCounter?[CountersMax];

    /// <summary>Counts with any vocabulary.</summary>
    public JsonTokenizer(Vocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        _tokenizer = new Tokenizer(vocabulary);
        Id = Interlocked.Increment(ref _lastId);
    }

    /// <summary>The vocabulary that is counted with.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>Different for each instance in the process: counts of one are not to be taken for another's.</summary>
    public int Id { get; }

    /// <summary>The one instance for a published encoding. Its vocabulary is loaded when it is asked for first.</summary>
    public static JsonTokenizer Of(TokenEncoding encoding)
    {
        // The two of o200k have the same ranks, and ordinary text the same tokens.
        ref JsonTokenizer? known = ref Known[encoding == TokenEncoding.Cl100kBase ? 1 : 0];
        if (Volatile.Read(ref known) is { } made)
            return made;
        var tokenizer = new JsonTokenizer(encoding == TokenEncoding.Cl100kBase ? Vocabulary.Cl100kBase : Vocabulary.O200kBase);
        return Interlocked.CompareExchange(ref known, tokenizer, null) ?? tokenizer;
    }

    /// <summary>Tokens of a string, given by the bytes between its quotes.</summary>
    public long CountText(ReadOnlySpan<byte> raw)
    {
        if (raw.IndexOf((byte)'\\') < 0)
            return _tokenizer.Count(raw);
        return raw.Length <= WindowBytesMax ? CountInWindow(raw) : CountInPieces(new Pieces(raw));
    }

    /// <summary>Tokens of a string that may lie in several pieces.</summary>
    public long CountText(in ReadOnlySequence<byte> raw) =>
        raw.IsSingleSegment ? CountText(raw.FirstSpan) : CountInPieces(new Pieces(raw));

    /// <summary>Tokens of bytes as they stand, escapes and all: JSON that is itself the text.</summary>
    public long CountJson(in ReadOnlySequence<byte> json) => _tokenizer.Count(json);

    private long CountInWindow(ReadOnlySpan<byte> raw)
    {
        byte[] window = ArrayPool<byte>.Shared.Rent(JsonUnescaper.TextBytesMax(raw.Length));
        var unescaper = new JsonUnescaper();
        int length = unescaper.Read(ref raw, window);
        length += unescaper.Finish(window.AsSpan(length));
        long count = _tokenizer.Count(window.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(window);
        return count;
    }

    private long CountInPieces(scoped Pieces pieces)
    {
        JsonTextCounter counter = Rent();
        while (pieces.TryTake(out ReadOnlySpan<byte> piece))
            counter.Append(piece);
        long count = counter.Complete();
        counter.Reset();
        Return(counter);
        return count;
    }

    private JsonTextCounter Rent()
    {
        foreach (ref JsonTextCounter? place in _counters.AsSpan())
        {
            if (Volatile.Read(ref place) is not null && Interlocked.Exchange(ref place, null) is { } counter)
                return counter;
        }

        return new JsonTextCounter(Vocabulary);
    }

    private void Return(JsonTextCounter counter)
    {
        foreach (ref JsonTextCounter? place in _counters.AsSpan())
        {
            if (Volatile.Read(ref place) is null && Interlocked.CompareExchange(ref place, counter, null) is null)
                return;
        }
    }

    /// <summary>The pieces of a span, which is one, or of a sequence.</summary>
    private ref struct Pieces
    {
        private readonly ReadOnlySpan<byte> _span;
        private ReadOnlySequence<byte>.Enumerator _enumerator;
        private readonly bool _isSequence;
        private bool _isTaken;

        public Pieces(ReadOnlySpan<byte> span) => _span = span;

        public Pieces(in ReadOnlySequence<byte> sequence)
        {
            _isSequence = true;
            _enumerator = sequence.GetEnumerator();
        }

        public bool TryTake(out ReadOnlySpan<byte> piece)
        {
            if (_isSequence)
            {
                bool isThere = _enumerator.MoveNext();
                piece = isThere ? _enumerator.Current.Span : default;
                return isThere;
            }

            piece = _span;
            bool isFirst = !_isTaken;
            _isTaken = true;
            return isFirst;
        }
    }
}
