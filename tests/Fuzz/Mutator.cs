using System.Text;

namespace AiEdge.Fuzz;

/// <summary>Makes new inputs from seeds: bytes changed, pieces removed, doubled, moved, spliced in from other seeds.</summary>
public sealed class Mutator(byte[][] seeds, IReadOnlyList<string> dictionary, Random random)
{
    private const int InputBytesMax = 4096;

    private static readonly byte[] Telling = [0, 9, 10, 11, 12, 13, 32, 34, 35, 44, 47, 48, 58, 59, 61, 63, 64, 91, 92, 93, 127, 128, 255];

    public byte[] Next()
    {
        var bytes = new List<byte>(Pick(seeds));
        for (var rounds = random.Next(0, 6); rounds > 0; rounds--) Change(bytes);
        if (bytes.Count > InputBytesMax) bytes.RemoveRange(InputBytesMax, bytes.Count - InputBytesMax);
        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        var at = random.Next(0, bytes.Count + 1);
        var length = Math.Min(random.Next(1, 24), bytes.Count - at);
        switch (random.Next(0, 9))
        {
            case 0 when length > 0:
                bytes[at] = (byte)random.Next(0, 256);
                break;
            case 1 when length > 0:
                bytes[at] = Telling[random.Next(Telling.Length)];
                break;
            case 2:
                bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                break;
            case 3:
                bytes.RemoveRange(at, random.Next(0, 2) == 0 ? Math.Min(1, length) : length);
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 5:
                bytes.InsertRange(random.Next(0, bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 6 when dictionary.Count > 0:
                bytes.InsertRange(at, Encoding.Latin1.GetBytes(dictionary[random.Next(dictionary.Count)]));
                break;
            case 7:
                Splice(bytes, at);
                break;
            default:
                if (length > 0) bytes[at] ^= (byte)(1 << random.Next(0, 8));
                break;
        }
    }

    private void Splice(List<byte> bytes, int at)
    {
        var other = Pick(seeds);
        var from = random.Next(0, other.Length + 1);
        bytes.RemoveRange(at, bytes.Count - at);
        bytes.AddRange(other[from..]);
    }

    private byte[] Pick(byte[][] from) => from[random.Next(from.Length)];
}
