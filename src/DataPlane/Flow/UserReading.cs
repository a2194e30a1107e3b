using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Gives an exchange the number of whom its request names as its user, where somebody keeps a user's requests together
/// (<see cref="DialectForm.User"/>). The body is read once more for that: those who ask for other
/// models pay nothing. One for each pipeline, and reused.
/// </summary>
internal sealed class UserReading
{
    private byte[]? _capture;
    private JsonScanner _scanner;
    private Member _member;
    private bool _isInside;
    private ulong _user;
    private ulong _other;

    private enum Member : byte
    {
        None,
        User,
        Other,
        Within,
    }

    public void Read(Exchange exchange, RequestBody body)
    {
        if (!exchange.Model!.IsByUser || exchange.UserHash != 0 || exchange.Endpoint is not { TakesBody: true, Shape: not RequestShape.Multipart } endpoint)
            return;
        exchange.UserHash = Find(body.Bytes, endpoint.Dialect);
    }

    /// <summary>The number of a body's user; 0 where it names none, or by a text that is too long to be one.</summary>
    public ulong Find(ReadOnlySequence<byte> body, Dialect dialect)
    {
        if (DialectTable.Of(dialect).User is not { } words)
            return 0;
        _scanner.Reset(_capture ??= new byte[JsonScanner.CaptureMax], checkUtf8: false);
        (_member, _isInside, _user, _other) = (Member.None, false, 0, 0);
        foreach (var part in body)
        {
            var bytes = part.Span;
            while (_scanner.Read(bytes))
                OnToken(bytes, words);
        }

        return _user != 0 ? _user : _other;
    }

    private void OnToken(ReadOnlySpan<byte> bytes, UserWords words)
    {
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                _member = Of(_scanner.Text(bytes), words);
                return;
            case JsonToken.StartObject when _scanner.Depth == 1:
                _scanner.Enter();
                return;
            case JsonToken.StartObject when _member == Member.Within:
                _scanner.Enter();
                _isInside = true;
                break;
            case JsonToken.EndObject when _isInside && _scanner.Depth == 1:
                _isInside = false;
                break;
            case JsonToken.String when _member == Member.User && _user == 0:
                _user = Hash(bytes);
                break;
            case JsonToken.String when _member == Member.Other && _other == 0:
                _other = Hash(bytes);
                break;
        }

        _member = Member.None;
    }

    /// <summary>A name with escapes is nobody's: no client writes these so.</summary>
    private Member Of(ReadOnlySpan<byte> name, UserWords words)
    {
        if (!_isInside && words.Within.Length > 0)
            return name.SequenceEqual(words.Within) ? Member.Within : Member.None;
        if (name.SequenceEqual(words.Name))
            return Member.User;
        return words.Other.Length > 0 && name.SequenceEqual(words.Other) ? Member.Other : Member.None;
    }

    private ulong Hash(ReadOnlySpan<byte> bytes)
    {
        if (_scanner.TokenEnd - _scanner.TokenStart is <= 2 or > JsonScanner.CaptureMax)
            return 0;
        var text = _scanner.Text(bytes);
        Span<byte> plain = stackalloc byte[JsonScanner.CaptureMax];
        return StableHash.Of(_scanner.IsEscaped && JsonUnescape.TryUnescape(text, plain, out var length) ? plain[..length] : text);
    }
}
