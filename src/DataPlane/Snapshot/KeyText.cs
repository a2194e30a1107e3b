using System.Buffers;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// Takes the JSON of a key apart into what is its own and the rest, which nearly all keys have in common with others: reading what is known
/// already again and again is what a hundred thousand keys would take their time for.
/// </summary>
internal sealed class KeyText
{
    private const int DigestChars = 64;

    private readonly byte[] _sha256 = new byte[DigestChars / 2];
    private readonly ArrayBufferWriter<byte> _rest = new(256);

    /// <summary>The digest.</summary>
    public ReadOnlySpan<byte> Sha256 => _sha256;

    public long ExpiresUnixMs { get; private set; }

    /// <summary>All other fields as they were written.</summary>
    public ReadOnlySpan<byte> Rest => _rest.WrittenSpan;

    /// <summary>Whether a text refers to something beside it.</summary>
    public static bool Refers(ReadOnlySpan<byte> json) => json.IndexOf("${"u8) >= 0;

    /// <summary>
    /// Reads a key; false where it is anything but the plainest: what is wrong with it, or what it means, is for the rules to find. Its rest is not
    /// judged here.
    /// </summary>
    public bool TryRead(string name, ReadOnlySpan<byte> json)
    {
        _rest.ResetWrittenCount();
        ExpiresUnixMs = long.MaxValue;
        if (Refers(json))
            return false;
        try
        {
            return TryFields(name, json);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool TryFields(string name, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || TextRules.AccountName(name) is not null)
            return false;
        var (hasName, hasDigest, hasExpiry) = (false, false, false);
        _rest.Write("{"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.ValueTextEquals(KeyOptions.NameField.Name))
            {
                if (hasName || !TryText(ref reader) || !reader.ValueTextEquals(name))
                    return false;
                hasName = true;
            }
            else if (reader.ValueTextEquals(KeyOptions.Sha256Field.Name))
            {
                if (hasDigest || !TryText(ref reader) || reader.ValueSpan.Length != DigestChars || !TryDigest(reader.ValueSpan))
                    return false;
                hasDigest = true;
            }
            else if (reader.ValueTextEquals(KeyOptions.ExpiresField.Name))
            {
                if (hasExpiry || !TryText(ref reader) || !InstantField.TryParseText(Encoding.UTF8.GetString(reader.ValueSpan), out var expires))
                    return false;
                hasExpiry = true;
                ExpiresUnixMs = expires.ToUnixTimeMilliseconds();
            }
            else if (reader.ValueTextEquals(KeyOptions.PreviousField.Name))
            {
                return false;
            }
            else
            {
                reader.Read();
                reader.Skip();
                if (_rest.WrittenCount > 1)
                    _rest.Write(","u8);
                _rest.Write(json[start..(int)reader.BytesConsumed]);
            }
        }

        _rest.Write("}"u8);
        return hasDigest && reader.TokenType == JsonTokenType.EndObject && !reader.Read();
    }

    private static bool TryText(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped;

    private bool TryDigest(ReadOnlySpan<byte> text)
    {
        Span<char> digits = stackalloc char[DigestChars];
        return Encoding.ASCII.GetChars(text, digits) == DigestChars
            && Convert.FromHexString(digits, _sha256, out _, out var written) == OperationStatus.Done && written == _sha256.Length;
    }
}
