using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Bpe;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// The tokens of a piece that grows, and of the two pieces that one cut would part it into, in memory that does not grow. Counting is put off:
/// bytes are held until there are many, or until somebody asks.
/// </summary>
/// <remarks>
/// <b>Held.</b> Of a text's encoding, a beginning is settled whatever follows (<see cref="PieceEncoder.TrySettle"/>); in almost any text all but the last
/// few tokens are. Its count is kept and its bytes are forgotten, so that a search from left to right goes over each byte about once. A piece that
/// might still be a token as it is, be it one that no merge makes, keeps all of its bytes. The cut is but a place in what is held, until that place
/// would have to be forgotten; then what is before it is counted, and what is after it is held apart.
/// <para>
/// <b>Run.</b> As long as all bytes are the same they are only numbered: <see cref="ByteRuns"/> says how many tokens they have.
/// </para>
/// <para>
/// <b>Trails.</b> Where no beginning of much text is settled, which takes text made of repetitions, a <see cref="TrailPair"/> goes on from there, byte by byte.
/// What is held begins with a token of the encoding that stays, so that it is encoded by itself as it is within the whole.
/// </para>
/// Counts are told without what <see cref="Settled"/> says, which only grows.
/// </remarks>
internal unsafe struct PieceTokens
{
    /// <summary>Bytes that are held before some are settled, unless the longest token wants more.</summary>
    public const int RoomDefault = 256;

    // Who asks more often than every few bytes is served better by trails.
    private const int LooksMax = 12;

    // With more than so many bytes held somebody who asks settles some, so that he who asks again has few to go over; with many times more
    // that do not settle, it is a matter for trails.
    private const int LookBytes = 20;
    private const int UnsettledMax = 128;
    private const int CharacterBytesMax = 4;
    private const int NotCounted = -1;

    private TrailPair _trails;
    private long _bytes;
    private long _restBytes;
    private long _cutCount;
    private long _countBefore;
    private readonly ushort _room;
    private ushort _held;
    private ushort _restHeld;
    private byte _last;
    private byte _looks;
    private bool _isCut;
    private bool _isApart;
    private bool _isRun;
    private bool _isTrail;

    /// <summary>An empty piece; <paramref name="room"/> is <see cref="RoomOf"/> something, or 0 for trails from the start.</summary>
    public PieceTokens(ushort room)
    {
        _room = room;
        _isTrail = room == 0;
        _isRun = !_isTrail;
    }

    /// <summary>Tokens from the piece's start that stay what they are whatever follows, with those before a cut that has been taken.</summary>
    public long Settled { get; private set; }

    /// <summary>Whether bytes are no longer held, and a count costs nothing.</summary>
    public readonly bool IsTrail => _isTrail;

    /// <summary>Whether there is a cut with something after it, or none at all.</summary>
    public readonly bool EndsInText => !_isCut || _restBytes != 0;

    /// <summary>Bytes of memory that are needed.</summary>
    public static int MemoryBytes(Vocabulary vocabulary) =>
        Math.Max(TrailPair.MemoryBytes(vocabulary), 2 * RoomOf(RoomDefault, vocabulary));

    /// <summary>The room to hold bytes in: what is wanted, but more than the longest token.</summary>
    public static ushort RoomOf(int wanted, Vocabulary vocabulary) => (ushort)Math.Max(wanted, vocabulary.TokenBytesMax + 8);

    /// <summary>Adds one character, or several of one byte; <paramref name="last"/> is how many bytes the last one has.</summary>
    public void Append(Vocabulary vocabulary, Span<byte> memory, ReadOnlySpan<byte> utf8, int last)
    {
        if (_isRun)
            utf8 = AppendToRun(vocabulary, memory, utf8);
        while (!utf8.IsEmpty && !_isTrail)
        {
            // Between characters only, for that is where trails may have to begin.
            var room = _room - (_isApart ? Math.Max(_held, _restHeld) : _held);
            if (room < Math.Min(utf8.Length, CharacterBytesMax))
                MakeRoom(vocabulary, memory);
            else
                utf8 = Hold(memory, utf8, room, last);
        }
        if (!utf8.IsEmpty)
        {
            StepTrails(vocabulary, memory, utf8[..^last]);
            _countBefore = Unsettled(vocabulary, memory, 0);
            StepTrails(vocabulary, memory, utf8[^last..]);
        }
        _last = (byte)last;
    }

    /// <summary>Cuts at the end, and nowhere else.</summary>
    public void Cut(Vocabulary vocabulary, Span<byte> memory)
    {
        _cutCount = _isTrail ? _trails.Count(vocabulary.Tables, memory, isRest: false, _bytes) : 0;
        _trails.ClearRest();
        (_isCut, _isApart, _restBytes, _restHeld) = (true, false, 0, 0);
    }

    /// <summary>There is no cut any more.</summary>
    public void Join() => (_isCut, _isApart, _restBytes, _restHeld, _cutCount) = (false, false, 0, 0, 0);

    /// <summary>The cut is final: what is after it, if anything, is the piece now.</summary>
    public void Settle(Vocabulary vocabulary, Span<byte> memory)
    {
        if (_isCut && _restBytes != 0)
        {
            Settled += BeforeCut(vocabulary, memory);
            if (_isTrail)
                _trails.TakeRest();
            else
                TakeRest(memory);
            _bytes = _restBytes;
        }
        Join();
    }

    /// <summary>Tokens from the piece's start, as if nothing came after it, without <see cref="Settled"/>. What is held may be settled meanwhile.</summary>
    public long Count(Vocabulary vocabulary, Span<byte> memory)
    {
        if (_isTrail || _isRun || _held <= LookBytes)
            return Unsettled(vocabulary, memory, 0);
        return SettleSome(vocabulary, memory) is var count && count >= 0 ? count : Unsettled(vocabulary, memory, 0);
    }

    /// <summary>The same without the last character, which must not have made the cut.</summary>
    public readonly long CountBefore(Vocabulary vocabulary, Span<byte> memory) =>
        _isTrail ? _countBefore : Unsettled(vocabulary, memory, _last);

    /// <summary>Not less than the count, and what it would be without the last character and that for itself; without <see cref="Settled"/>.</summary>
    public readonly long Bound(Vocabulary vocabulary, Span<byte> memory, bool isLastApart)
    {
        if (!_isTrail && !_isRun)
            return Math.Max(_held, _isApart ? _cutCount + _restHeld : 0);
        var count = Unsettled(vocabulary, memory, 0);
        return isLastApart && EndsInText && _bytes != 0 ? Math.Max(count, CountBefore(vocabulary, memory) + _last) : count;
    }

    /// <summary>Not less than the count of one piece that begins as this does and has so many bytes more; without <see cref="Settled"/>.</summary>
    public readonly long BoundIfGrown(int bytes) => (_isTrail || _isRun ? _bytes : _held) + bytes;

    /// <summary>The start of what is held of the text after the cut.</summary>
    private static int Rest(Span<byte> memory) => memory.Length / 2;

    private readonly long Unsettled(Vocabulary vocabulary, Span<byte> memory, int without)
    {
        if (_isTrail)
            return _cutCount + _trails.Count(vocabulary.Tables, memory, _isCut, _isCut ? _restBytes : _bytes);
        if (_isRun)
        {
            return _isCut
                ? CountRun(vocabulary, memory, _bytes - _restBytes) + CountRun(vocabulary, memory, _restBytes - without)
                : CountRun(vocabulary, memory, _bytes - without);
        }
        if (!_isCut)
            return CountHeld(vocabulary, memory[..(_held - without)], _bytes - without);
        var rest = _isApart ? memory.Slice(Rest(memory), _restHeld - without) : memory[(_held - (int)_restBytes)..(_held - without)];
        return BeforeCut(vocabulary, memory) + CountHeld(vocabulary, rest, _restBytes - without);
    }

    private readonly long BeforeCut(Vocabulary vocabulary, Span<byte> memory)
    {
        if (_isTrail || _isApart)
            return _cutCount;
        var bytes = _bytes - _restBytes;
        return _isRun ? CountRun(vocabulary, memory, bytes) : CountHeld(vocabulary, memory[..(_held - (int)_restBytes)], bytes);
    }

    /// <summary>Tokens of a piece from where it is held on; if all of it is, it may be a token that no merge makes.</summary>
    private static long CountHeld(Vocabulary vocabulary, ReadOnlySpan<byte> held, long bytes) =>
        held.IsEmpty ? 0 : held.Length == bytes ? vocabulary.Encoder.Count(held) : vocabulary.Encoder.CountMerges(held);

    private readonly long CountRun(Vocabulary vocabulary, Span<byte> memory, long bytes)
    {
        if (bytes <= _held)
            return CountHeld(vocabulary, memory[..(int)bytes], bytes);
        var isCounted = vocabulary.Encoder.Runs.TryCount(memory[0], bytes, out var count);
        Debug.Assert(isCounted, "Only runs that repeat are not held.");
        return count;
    }

    /// <summary>Holds what there is room for, and gives back the rest.</summary>
    private ReadOnlySpan<byte> Hold(Span<byte> memory, ReadOnlySpan<byte> utf8, int room, int last)
    {
        room = Math.Min(room, utf8.Length);
        utf8[..room].CopyTo(memory[_held..]);
        _held += (ushort)room;
        _bytes += room;
        if (_isApart)
        {
            utf8[..room].CopyTo(memory[(Rest(memory) + _restHeld)..]);
            _restHeld += (ushort)room;
        }
        if (_isCut)
            _restBytes += room;
        _last = (byte)last;
        return utf8[room..];
    }

    private void StepTrails(Vocabulary vocabulary, Span<byte> memory, ReadOnlySpan<byte> utf8)
    {
        _trails.Step(vocabulary.Tables, memory, utf8, _isCut);
        _bytes += utf8.Length;
        if (_isCut)
            _restBytes += utf8.Length;
    }

    /// <summary>Adds the bytes that go on with a run, and gives back the rest.</summary>
    private ReadOnlySpan<byte> AppendToRun(Vocabulary vocabulary, Span<byte> memory, ReadOnlySpan<byte> utf8)
    {
        if (_bytes == 0 && !utf8.IsEmpty)
            memory[0] = utf8[0];
        var same = utf8.IndexOfAnyExcept(memory[0]);
        same = same < 0 ? utf8.Length : same;
        var held = Math.Min(same, _room - _held);
        // Beyond what is held it has to repeat itself.
        if (held < same && _bytes <= _room && !vocabulary.Encoder.Runs.Repeats(memory[0]))
        {
            _isRun = false;
            return utf8;
        }
        memory.Slice(_held, held).Fill(memory[0]);
        _held += (ushort)held;
        _bytes += same;
        if (_isCut)
            _restBytes += same;
        if (same != 0)
            _last = 1;
        if (same == utf8.Length)
            return default;
        if (_bytes > _held)
        {
            _cutCount = _isCut ? CountRun(vocabulary, memory, _bytes - _restBytes) : 0;
            _trails.BeginRuns(vocabulary.Tables, memory, vocabulary.Encoder.Runs, memory[0], _bytes, _restBytes);
            _isTrail = true;
        }
        _isRun = false;
        return utf8[same..];
    }

    /// <summary>Forgets at least half of what there is no room beside, or goes over to trails.</summary>
    private void MakeRoom(Vocabulary vocabulary, Span<byte> memory)
    {
        var half = _room / 2;
        _looks = 0;
        if (_room - _held < CharacterBytesMax)
        {
            var isDone = TryShorten(vocabulary, memory, half, out _);
            if (!isDone && _isCut && !_isApart)
            {
                Part(vocabulary, memory);
                isDone = TryShorten(vocabulary, memory, half, out _);
            }
            if (!isDone)
            {
                BeginTrails(vocabulary, memory);
                return;
            }
        }
        if (_isApart && _room - _restHeld < CharacterBytesMax && !TryShortenRest(vocabulary, memory, half, out _))
            BeginTrails(vocabulary, memory);
    }

    /// <summary>
    /// Settles what can be, so that there is little to count; what has not settled for long, or is asked for all the time, goes over to trails.
    /// Gives the count if it is a by-product, else -1.
    /// </summary>
    private long SettleSome(Vocabulary vocabulary, Span<byte> memory)
    {
        if (_isCut && !_isApart && _restBytes > LookBytes)
            Part(vocabulary, memory);
        if ((_isApart ? _restBytes : _bytes) <= vocabulary.TokenBytesMax)
            return NotCounted;
        long count = NotCounted;
        if (!_isApart)
            TryShorten(vocabulary, memory, 1, out count);
        else if (_restHeld > LookBytes)
            TryShortenRest(vocabulary, memory, 1, out count);
        if (++_looks > LooksMax || (_isApart ? _restHeld : _held) > Math.Max(UnsettledMax, vocabulary.TokenBytesMax))
            BeginTrails(vocabulary, memory);
        return _isTrail || (_isCut && !_isApart) ? NotCounted : count;
    }

    private bool TryShorten(Vocabulary vocabulary, Span<byte> memory, int bytesMin, out long count)
    {
        var end = _isCut && !_isApart ? Math.Min(_held - (int)_restBytes, _held - _last) : _held - _last;
        var isDone = vocabulary.Encoder.TrySettle(memory[.._held], end, out var bytes, out var tokens, out var all) && bytes >= bytesMin;
        count = all;
        if (!isDone)
            return false;
        memory[bytes.._held].CopyTo(memory);
        _held -= (ushort)bytes;
        Settled += tokens;
        count -= tokens;
        if (_isApart)
            _cutCount -= tokens;
        return true;
    }

    private bool TryShortenRest(Vocabulary vocabulary, Span<byte> memory, int bytesMin, out long count)
    {
        var rest = memory.Slice(Rest(memory), _restHeld);
        var isDone = vocabulary.Encoder.TrySettle(rest, _restHeld - _last, out var bytes, out var tokens, out var all) && bytes >= bytesMin;
        count = all < 0 ? NotCounted : _cutCount + all;
        if (!isDone)
            return false;
        rest[bytes..].CopyTo(rest);
        _restHeld -= (ushort)bytes;
        _cutCount += tokens;
        return true;
    }

    /// <summary>Holds what is after the cut apart.</summary>
    private void Part(Vocabulary vocabulary, Span<byte> memory)
    {
        _cutCount = BeforeCut(vocabulary, memory);
        _restHeld = (ushort)_restBytes;
        memory[(_held - _restHeld).._held].CopyTo(memory[Rest(memory)..]);
        _isApart = true;
    }

    private void TakeRest(Span<byte> memory)
    {
        var held = _isApart ? _restHeld : (int)Math.Min(_restBytes, _held);
        var from = _isApart ? Rest(memory) : _held - held;
        memory.Slice(from, held).CopyTo(memory);
        _held = (ushort)held;
    }

    [SkipLocalsInit]
    private void BeginTrails(Vocabulary vocabulary, Span<byte> memory)
    {
        if (_isCut && !_isApart)
            Part(vocabulary, memory);
        _countBefore = EndsInText ? Unsettled(vocabulary, memory, _last) : 0;
        Span<byte> both = stackalloc byte[_held + _restHeld];
        memory[.._held].CopyTo(both);
        memory.Slice(Rest(memory), _restHeld).CopyTo(both[_held..]);
        _trails.Begin(vocabulary.Tables, memory, both[.._held], both[_held..]);
        _isTrail = true;
    }
}
