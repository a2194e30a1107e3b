using System.Buffers.Binary;
using System.Security.Cryptography;
using AiEdge.DataPlane.Core;

namespace AiEdge.Micro;

/// <summary>Whose request it is, among very many.</summary>
internal static class IdentifyStages
{
    private const int Keys = 100_000;
    private const int Asked = 32;

    /// <summary>32 keys by their digests, among 100,000; half of them unknown.</summary>
    public static Action Find()
    {
        var keys = new KeyModel[Keys];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = new KeyModel { Name = "k" + i, Sha256 = Digest(i), ExpiresUnixMs = long.MaxValue };
        var table = new KeyTable(keys);
        var asked = new byte[Asked][];
        for (var i = 0; i < Asked; i++)
            asked[i] = Digest(i * (2 * Keys / Asked));
        return () =>
        {
            var found = 0;
            foreach (var digest in asked)
                found += table.Find(digest) is null ? 0 : 1;
            HttpStages.Expect(found == Asked / 2);
        };
    }

    private static byte[] Digest(int i)
    {
        Span<byte> secret = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(secret, i);
        return SHA256.HashData(secret);
    }
}
