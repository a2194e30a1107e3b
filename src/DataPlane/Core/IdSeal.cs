using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// Seals ids of what lies with one account at its provider, so that they can be opened by the team alone that they were told to, on every plane that
/// asks as the same account, and by nobody else. The same id is always sealed alike (docs/adr/0018).
/// </summary>
/// <remarks>
/// A synthetic initialisation vector (Rogaway and Shrimpton, 2006) over HMAC-SHA-256: the tag is that of owner, target and id, and is what the id is
/// encrypted by. What comes out is base64url of account (4 bytes) | target (4) | tag (16) | id. Any number of threads.
/// </remarks>
internal sealed class IdSeal
{
    /// <summary>Longer ids are not sealed.</summary>
    public const int IdBytesMax = 128;

    /// <summary>The longest name of an owner that is taken, in bytes of UTF-8.</summary>
    public const int OwnerBytesMax = 512;

    /// <summary>Bytes of text that a sealed id has at most.</summary>
    public const int TextBytesMax = ((HeadBytes + TagBytes + IdBytesMax) * 4 / 3) + 1;

    private const int HeadBytes = 2 * sizeof(uint);
    private const int TagBytes = 16;

    private readonly byte[] _tagKey;
    private readonly byte[] _textKey;

    /// <summary>The seal of an account.</summary>
    /// <param name="provider">Its provider's name.</param>
    /// <param name="account">Its own name; empty for the only one.</param>
    /// <param name="credential">What it is asked with, which all planes have alike and no client knows.</param>
    public IdSeal(string provider, string account, ReadOnlySpan<byte> credential)
    {
        var secret = HMACSHA256.HashData(credential, Encoding.UTF8.GetBytes($"stored ids\n{provider}\n{account}"));
        _tagKey = HMACSHA256.HashData(secret, "tag"u8);
        _textKey = HMACSHA256.HashData(secret, "text"u8);
        Account = (uint)StableHash.Of(account, StableHash.Of(provider));
    }

    /// <summary>Tells the account from others: of its provider's name and its own.</summary>
    public uint Account { get; }

    /// <summary>Whose account an id lies with, as a sealed id says it; nobody has checked that. False for what is no sealed id.</summary>
    public static bool TryReadAccount(ReadOnlySpan<byte> text, out uint account)
    {
        Span<byte> packed = stackalloc byte[HeadBytes + TagBytes + IdBytesMax + 2];
        var isPacked = TryUnpack(text, packed, out _);
        account = isPacked ? BinaryPrimitives.ReadUInt32LittleEndian(packed) : 0;
        return isPacked;
    }

    /// <summary>Seals an id of 1 to <see cref="IdBytesMax"/> bytes.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="target">Where it was made: a number of the target.</param>
    /// <param name="id">The provider's.</param>
    /// <param name="text">At least <see cref="TextBytesMax"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Seal(ReadOnlySpan<byte> owner, uint target, ReadOnlySpan<byte> id, Span<byte> text)
    {
        Span<byte> packed = stackalloc byte[HeadBytes + TagBytes + IdBytesMax];
        packed = packed[..(HeadBytes + TagBytes + id.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(packed, Account);
        BinaryPrimitives.WriteUInt32LittleEndian(packed[sizeof(uint)..], target);
        var tag = packed.Slice(HeadBytes, TagBytes);
        Tag(owner, packed[..HeadBytes], id, tag);
        id.CopyTo(packed[(HeadBytes + TagBytes)..]);
        Mask(tag, packed[(HeadBytes + TagBytes)..]);
        return Base64Url.EncodeToUtf8(packed, text);
    }

    /// <summary>Opens what <see cref="Seal"/> has made for the same owner; false for all else.</summary>
    /// <param name="owner">Who asks.</param>
    /// <param name="text">The sealed id.</param>
    /// <param name="id">At least <see cref="IdBytesMax"/> bytes.</param>
    /// <param name="length">Bytes of the id.</param>
    /// <param name="target">Where it was made.</param>
    public bool TryOpen(ReadOnlySpan<byte> owner, ReadOnlySpan<byte> text, Span<byte> id, out int length, out uint target)
    {
        Span<byte> packed = stackalloc byte[HeadBytes + TagBytes + IdBytesMax + 2];
        (length, target) = (0, 0);
        if (!TryUnpack(text, packed, out var bytes))
            return false;
        packed = packed[..bytes];
        var tag = packed.Slice(HeadBytes, TagBytes);
        var told = packed[(HeadBytes + TagBytes)..];
        Mask(tag, told);
        Span<byte> right = stackalloc byte[TagBytes];
        Tag(owner, packed[..HeadBytes], told, right);
        if (BinaryPrimitives.ReadUInt32LittleEndian(packed) != Account || !CryptographicOperations.FixedTimeEquals(tag, right))
            return false;
        told.CopyTo(id);
        length = told.Length;
        target = BinaryPrimitives.ReadUInt32LittleEndian(packed[sizeof(uint)..]);
        return true;
    }

    private static bool TryUnpack(ReadOnlySpan<byte> text, Span<byte> packed, out int bytes)
    {
        bytes = 0;
        return text.Length <= TextBytesMax && Base64Url.DecodeFromUtf8(text, packed, out var taken, out bytes) == OperationStatus.Done
            && taken == text.Length && bytes is > HeadBytes + TagBytes and <= HeadBytes + TagBytes + IdBytesMax;
    }

    private void Tag(ReadOnlySpan<byte> owner, ReadOnlySpan<byte> head, ReadOnlySpan<byte> id, Span<byte> tag)
    {
        Span<byte> told = stackalloc byte[HeadBytes + sizeof(int) + OwnerBytesMax + IdBytesMax];
        head.CopyTo(told);
        BinaryPrimitives.WriteInt32LittleEndian(told[HeadBytes..], owner.Length);
        owner.CopyTo(told[(HeadBytes + sizeof(int))..]);
        id.CopyTo(told[(HeadBytes + sizeof(int) + owner.Length)..]);
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_tagKey, told[..(HeadBytes + sizeof(int) + owner.Length + id.Length)], whole);
        whole[..TagBytes].CopyTo(tag);
    }

    private void Mask(ReadOnlySpan<byte> tag, Span<byte> text)
    {
        Span<byte> source = stackalloc byte[TagBytes + 1];
        Span<byte> block = stackalloc byte[HMACSHA256.HashSizeInBytes];
        tag.CopyTo(source);
        for (var (at, number) = (0, (byte)0); at < text.Length; at += block.Length, number++)
        {
            source[TagBytes] = number;
            HMACSHA256.HashData(_textKey, source, block);
            for (var i = 0; i < block.Length && at + i < text.Length; i++)
                text[at + i] ^= block[i];
        }
    }
}
