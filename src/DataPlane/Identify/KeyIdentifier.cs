using System.Security.Cryptography;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Identify;

/// <summary>
/// Whose request it is. A connection remembers its last credential, so that only the first request of a connection (as long as no key near it
/// in the table changes) pays for the hash; the comparison takes the same time wherever the two differ.
/// </summary>
internal sealed class KeyIdentifier(EdgeClock clock)
{
    /// <summary>Longer credentials are hashed each time.</summary>
    public const int RememberedBytesMax = 256;

    private byte[] _remembered = [];
    private KeyModel? _rememberedKey;
    private KeyShard? _rememberedIn;
    private byte _rememberedFirst;

    /// <summary>A new connection knows nothing of the last one's client.</summary>
    public void Forget()
    {
        CryptographicOperations.ZeroMemory(_remembered);
        _remembered = [];
        _rememberedKey = null;
        _rememberedIn = null;
    }

    public EdgeError Identify(Exchange exchange, RequestHead head)
    {
        var error = FindCredential(head, DialectTraits.Of(exchange.Dialect).KeyQuery, out var credential);
        if (error.IsError)
            return error;
        var key = Find(exchange.Config, credential);
        if (key is null)
            return EdgeError.Client(ErrorKind.InvalidKey, "Incorrect API key provided.");
        if (clock.CoarseUnixMs >= key.ExpiresUnixMs)
            return EdgeError.Client(ErrorKind.InvalidKey, "The API key has expired.");
        exchange.Key = key;
        return default;
    }

    private KeyModel? Find(ConfigSnapshot config, ReadOnlySpan<byte> credential)
    {
        if (ReferenceEquals(_rememberedIn, config.Keys.Shard(_rememberedFirst))
            && CryptographicOperations.FixedTimeEquals(credential, _remembered))
            return _rememberedKey;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(credential, digest);
        var key = config.Keys.Find(digest);
        if (key is not null && credential.Length <= RememberedBytesMax)
        {
            _remembered = credential.ToArray();
            _rememberedKey = key;
            _rememberedFirst = digest[0];
            _rememberedIn = config.Keys.Shard(digest[0]);
        }

        return key;
    }

    /// <summary>The one credential of the request, wherever it stands; two that differ are refused.</summary>
    private static EdgeError FindCredential(RequestHead head, ReadOnlySpan<byte> inQuery, out ReadOnlySpan<byte> credential)
    {
        credential = QueryKey.Find(head.Query, inQuery);
        for (var i = 0; i < head.HeaderCount; i++)
        {
            var value = head.Value(i);
            switch (head.Id(i))
            {
                case HeaderId.Authorization:
                    if (!TryBearer(value, out value))
                        return EdgeError.Client(ErrorKind.InvalidKey, "The Authorization header must be of the form 'Bearer KEY'.");
                    break;
                case HeaderId.XApiKey or HeaderId.ApiKey or HeaderId.XGoogApiKey:
                    break;
                default:
                    continue;
            }

            if (!credential.IsEmpty && !CryptographicOperations.FixedTimeEquals(credential, value))
                return EdgeError.Client(ErrorKind.InvalidKey, "The request carries two different API keys.");
            credential = value;
        }

        return credential.IsEmpty ? EdgeError.Client(ErrorKind.InvalidKey, "You did not provide an API key.") : default;
    }

    private static bool TryBearer(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> credential)
    {
        credential = default;
        if (value.Length < 8 || !Ascii.EqualsIgnoreCase(value[..6], "bearer"u8) || value[6] != (byte)' ')
            return false;
        credential = value[7..].Trim((byte)' ');
        return !credential.IsEmpty;
    }
}
