using System.Buffers;
using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// Ids of what lies at a provider, as one exchange has them: the one that its request goes on from, which says whom alone it can be sent to, and the one
/// of its answer, which its client is told sealed. Part of the exchange, and reused with it.
/// </summary>
internal sealed class StoredIds
{
    /// <summary>Bytes of an id as clients send it that are kept; what is longer was not made here.</summary>
    public const int TextBytesMax = 256;

    private static readonly SearchValues<byte> IdBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:"u8);

    private static readonly SearchValues<byte> WordBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);

    private readonly byte[] _owner = new byte[IdSeal.OwnerBytesMax];
    private readonly byte[] _before = new byte[IdSeal.IdBytesMax + 2];
    private readonly byte[] _beforeTold = new byte[TextBytesMax + 2];
    private readonly byte[] _answer = new byte[IdSeal.IdBytesMax + 2];
    private readonly byte[] _answerTold = new byte[TextBytesMax + 2];
    private int _ownerLength;
    private int _beforeLength;
    private int _beforeToldLength;
    private int _answerLength;
    private int _answerToldLength;
    private byte[] _mark = [];
    private uint _target;

    /// <summary>Whether the answer's id is told sealed.</summary>
    public bool IsKept => _mark.Length > 0;

    /// <summary>Whether the request goes on from something that lies at a provider.</summary>
    public bool IsReferred { get; set; }

    /// <summary>Whom alone the request can be sent to; null for anybody.</summary>
    public ProviderModel? Provider { get; private set; }

    /// <summary>As whom alone that one is asked.</summary>
    public AccountModel? Account { get; private set; }

    /// <summary>Whose ids these are: the key's team, or the key itself where it has none; empty where the name is too long for any.</summary>
    public ReadOnlySpan<byte> Owner => _owner.AsSpan(0, _ownerLength);

    /// <summary>The provider's own id of what the request goes on from, as a JSON string; empty where the client's is sent as it is.</summary>
    public ReadOnlyMemory<byte> BeforeJson => _before.AsMemory(0, _beforeLength);

    private ReadOnlySpan<byte> BeforeId => _before.AsSpan(1, _beforeLength - 2);

    private ReadOnlySpan<byte> BeforeIdTold => _beforeTold.AsSpan(1, _beforeToldLength - 2);

    /// <summary>What bytes of an answer are looked through for.</summary>
    public bool HasEdits => _beforeLength > 0 || _answerLength > 0;

    public void Reset()
    {
        _ownerLength = _beforeLength = _beforeToldLength = 0;
        ForgetAnswer();
        _mark = [];
        IsReferred = false;
        Provider = null;
        Account = null;
        _target = 0;
    }

    /// <summary>Begins a request of a key's.</summary>
    public void Begin(KeyModel key)
    {
        _owner[0] = key.Team is null ? (byte)'k' : (byte)'t';
        _ownerLength = Encoding.UTF8.TryGetBytes(key.Team ?? key.Name, _owner.AsSpan(1), out var length) ? length + 1 : 0;
    }

    /// <summary>The answer's id is to be sealed, behind a mark.</summary>
    public void Keep(byte[] mark) => _mark = _ownerLength > 0 ? mark : [];

    /// <summary>The request can be sent to nobody else.</summary>
    /// <param name="provider">Whom.</param>
    /// <param name="account">As whom.</param>
    /// <param name="target">Which of its targets, by a part of <see cref="TargetModel.Identity"/>; 0 for any.</param>
    public void Pin(ProviderModel provider, AccountModel account, uint target = 0) => (Provider, Account, _target) = (provider, account, target);

    /// <summary>Whether the request can be sent there.</summary>
    public bool Allows(TargetModel target) =>
        Provider is null || (ReferenceEquals(Provider, target.Provider) && (_target == 0 || _target == (uint)target.Identity));

    /// <summary>The request goes on from that.</summary>
    /// <param name="id">The provider's id.</param>
    /// <param name="told">As the client has it.</param>
    public void GoOnFrom(ReadOnlySpan<byte> id, ReadOnlySpan<byte> told)
    {
        _beforeLength = Quote(id, _before);
        _beforeToldLength = Quote(told, _beforeTold);
    }

    /// <summary>Nothing of an answer is known any more.</summary>
    public void ForgetAnswer() => _answerLength = _answerToldLength = 0;

    /// <summary>The answer's own id, as it comes; sealed from here on where it can be.</summary>
    /// <param name="id">The first that is not empty counts.</param>
    /// <param name="seal">Of the account that it lies with.</param>
    /// <param name="target">A part of <see cref="TargetModel.Identity"/>.</param>
    public void Learn(ReadOnlySpan<byte> id, IdSeal seal, uint target)
    {
        if (!IsKept || _answerLength > 0 || id.Length is 0 or > IdSeal.IdBytesMax || id.ContainsAnyExcept(IdBytes))
            return;
        _answerLength = Quote(id, _answer);
        Span<byte> told = stackalloc byte[IdSeal.TextBytesMax + 32];
        _mark.CopyTo(told);
        var length = seal.Seal(Owner, target, id, told[_mark.Length..]);
        _answerToldLength = Quote(told[..(_mark.Length + length)], _answerTold);
    }

    /// <summary>What a client is told in the place of a JSON string of the provider's, both with their quotes; empty where that is as it is.</summary>
    public ReadOnlySpan<byte> Instead(ReadOnlySpan<byte> json)
    {
        if (_answerLength > 0 && json.SequenceEqual(_answer.AsSpan(0, _answerLength)))
            return _answerTold.AsSpan(0, _answerToldLength);
        return _beforeLength > 0 && json.SequenceEqual(_before.AsSpan(0, _beforeLength)) ? _beforeTold.AsSpan(0, _beforeToldLength) : default;
    }

    /// <summary>
    /// The first place in JSON that the client is told something else for: the answer's id as a string of its own, or the one that it goes on from wherever
    /// that stands. False where there is none.
    /// </summary>
    /// <param name="json">Some of it, with no string cut.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="instead">What is told in its place.</param>
    public bool TryFind(ReadOnlySpan<byte> json, out int start, out int length, out ReadOnlySpan<byte> instead)
    {
        start = IndexOf(json, _answer.AsSpan(0, _answerLength));
        length = _answerLength;
        instead = _answerTold.AsSpan(0, _answerToldLength);
        if (_beforeLength == 0)
            return start >= 0;

        // It may stand in the words of an error too: without its quotes.
        var other = IndexOfWord(start < 0 ? json : json[..start], BeforeId);
        if (other < 0)
            return start >= 0;
        (start, length) = (other, _beforeLength - 2);
        instead = BeforeIdTold;
        return true;
    }

    /// <summary>Puts the id that the client has in the place of the provider's in a text of an error; the text's new length.</summary>
    /// <param name="text">The text, and room behind it.</param>
    /// <param name="length">Its bytes.</param>
    public int Conceal(ref byte[] text, int length)
    {
        if (_beforeLength == 0)
            return length;
        ReadOnlySpan<byte> id = BeforeId, told = BeforeIdTold;
        for (var from = 0; IndexOfWord(text.AsSpan(from, length - from), id) is var at and >= 0;)
        {
            at += from;
            var longer = length + told.Length - id.Length;
            if (longer > text.Length)
                Array.Resize(ref text, longer * 2);
            text.AsSpan(at + id.Length, length - at - id.Length).CopyTo(text.AsSpan(at + told.Length));
            told.CopyTo(text.AsSpan(at));
            (from, length) = (at + told.Length, longer);
        }

        return length;
    }

    /// <summary>Where a word stands that is no part of a longer one.</summary>
    private static int IndexOfWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (var from = 0; text[from..].IndexOf(word) is var at and >= 0; from += at + 1)
        {
            var (start, end) = (from + at, from + at + word.Length);
            if ((start == 0 || !WordBytes.Contains(text[start - 1])) && (end == text.Length || !WordBytes.Contains(text[end])))
                return start;
        }

        return -1;
    }

    /// <summary>Where a string stands that is no part of another.</summary>
    private static int IndexOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> text)
    {
        for (var from = 0; !text.IsEmpty && json[from..].IndexOf(text) is var at and >= 0; from += at + 1)
        {
            if (from + at == 0 || json[from + at - 1] != (byte)'\\')
                return from + at;
        }

        return -1;
    }

    private static int Quote(ReadOnlySpan<byte> text, byte[] to)
    {
        to[0] = (byte)'"';
        text.CopyTo(to.AsSpan(1));
        to[text.Length + 1] = (byte)'"';
        return text.Length + 2;
    }
}
