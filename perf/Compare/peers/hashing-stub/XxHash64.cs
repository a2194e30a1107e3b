// Lets YARP restore from a feed that lacks this package. YARP hashes only for cookie-based session affinity, which no comparison uses.
namespace System.IO.Hashing;

public abstract class NonCryptographicHashAlgorithm;

public sealed class XxHash64 : NonCryptographicHashAlgorithm
{
    public static byte[] Hash(byte[] source) => throw new NotSupportedException();

    public static byte[] Hash(ReadOnlySpan<byte> source, long seed = 0) => throw new NotSupportedException();
}
